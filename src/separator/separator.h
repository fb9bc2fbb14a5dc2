// SPDX-License-Identifier: Apache-2.0
// AudioSep: lifts the sound that a query names out of a recording. The door of the module; for recordings
// longer than a few seconds see windowed_separation.h, which stands on it.
//
//     Separator separator("audiosep_base.ckpt");
//     const Query query = separator.query(embedding);
//     std::vector<float> bark = separator.separate(samples, query);

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/precision.h"

namespace pupil::separator {

/// Rate of all audio that goes in and comes out.
inline constexpr std::int32_t kSampleRateHz = 32000;

struct SeparatorOptions {
  /// Of the network's maps and convolutions. bf16: 16-bit numbers, sums in float32: bfloat16 through oneDNN,
  /// or IEEE half on processors with AVX512-FP16.
  nn::Precision precision = nn::Precision::f32;
  /// "cpu", "cuda", or "auto": the GPU when libtorch sees one.
  std::string device = "auto";
};

/// A query the network has been turned to. Cheap to copy; belongs to the Separator that made it.
class Query {
 public:
  struct State;
  explicit Query(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// One loaded model. Threads: const functions may be called from several; each takes as many threads as
/// libtorch was told to in the calling one.
class Separator {
 public:
  /// Reads a checkpoint, a Lightning `.ckpt` or safetensors with the same names (`ss_model.base...` or
  /// `base...`), with or without DFT matrices; sizes come from its tensors. A folder stands for the one such
  /// file in it. Error, with the path in front: not such a file, or all that is missing, left over or of
  /// another shape.
  explicit Separator(const std::filesystem::path& checkpoint, const SeparatorOptions& options = {});
  ~Separator();
  Separator(Separator&&) noexcept;
  Separator& operator=(Separator&&) noexcept;

  /// Length D of a condition.
  std::int64_t condition_size() const;

  /// From a ready condition [D]: an L2-normalised embedding of the query's text. Error: another length, or a
  /// value that is not finite.
  Query query(std::span<const float> condition) const;

  /// From the query's words, through the checkpoint's own text tower, which is loaded at the first call.
  /// Error: the checkpoint has none, its tokenizer is not there, or an empty query.
  Query query(std::string_view text) const;

  /// Why what comes of these words means little, for a model that says which words it was trained on
  /// (trained_words.txt beside the checkpoint); else empty.
  std::string unfamiliar_words(std::string_view text) const;

  /// The wanted sound in `mixture` (mono, 32 kHz, full scale [-1, 1] but not limited to it), computed at
  /// once, with the same number of samples. Memory: some 40 MB per second for the full-size network. Error: a
  /// sample that is not finite.
  std::vector<float> separate(std::span<const float> mixture, const Query& query) const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace pupil::separator
