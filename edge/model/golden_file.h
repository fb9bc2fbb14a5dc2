// A golden file (`.golden`): some windows of sound and what a model makes of them, step by step, as the
// reference kernels computed it when the model was exported. Whoever has the model, the file and this library
// can say whether a machine, a compiler or a kernel set computes the very same numbers, and if not, where
// they part. Bytes: docs/format.md. Written by golden_writer.h.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/format.h"
#include "pupil/edge/log_mel.h"
#include "pupil/edge/model.h"
#include "pupil/edge/network.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

/// A checked view of a golden file; the file's bytes must outlive it.
class GoldenFile {
 public:
  /// Checks all of `file`, which needs no alignment. bad_argument: it belongs to another model.
  /// wrong_version, bad_checksum, bad_model: as they say, of the golden file. On failure nothing changes.
  Status load(std::span<const std::byte> file, const Model& model) noexcept;

  std::int32_t window_count() const noexcept { return window_count_; }
  std::int32_t layer_count() const noexcept { return layer_count_; }

  /// Samples of window `i`, full scale [-1, 1]; `samples` [Model::window_samples()].
  void read_samples(std::int32_t i, std::span<float> samples) const noexcept;

  // CRC-32 of what each step makes of window `i`; the bytes that go into it stand in docs/format.md.
  std::uint32_t frames_checksum(std::int32_t i) const noexcept;
  std::uint32_t layer_checksum(std::int32_t i, std::int32_t layer) const noexcept;

  /// [K] each.
  void read_logits(std::int32_t i, std::span<float> logits) const noexcept;
  void read_scores(std::int32_t i, std::span<float> scores) const noexcept;

 private:
  std::int64_t window_at(std::int32_t i) const noexcept;

  std::span<const std::byte> file_;
  std::int32_t window_count_ = 0;
  std::int32_t layer_count_ = 0;
  std::int32_t class_count_ = 0;
  std::int64_t sample_count_ = 0;
};

/// What came out of one window here.
struct WindowChecksums {
  std::uint32_t frames = 0;
  std::array<std::uint32_t, format::kMaxLayers>
      layers{};  ///< 0 for the average over time and the head, which show no rows
};

/// Runs samples through `front_end` (which is reset) and `network` (whose observer is switched off) and notes
/// the checksums of every step. `frames` [window_frames, mel_count] and `scores` [K] hold the results
/// afterwards, beside network.logits(). bad_argument: buffers of other sizes, or objects that are not those
/// of one model.
Status run_with_checksums(std::span<const float> samples, LogMel& front_end, Network& network,
                          std::span<float> frames, std::span<float> scores, WindowChecksums* sums) noexcept;

/// Where a window's numbers first part from the golden ones.
enum class GoldenStep : std::uint8_t { equal, frames, layer, logits, scores };

struct GoldenVerdict {
  GoldenStep step = GoldenStep::equal;
  std::int32_t layer = -1;  ///< with GoldenStep::layer
};

/// Compares what run_with_checksums() left behind with window `i`, to the bit. `work` [K] is overwritten.
GoldenVerdict compare_with_golden(const GoldenFile& golden, std::int32_t i, const WindowChecksums& sums,
                                  std::span<const float> logits, std::span<const float> scores,
                                  std::span<float> work) noexcept;

}  // namespace pupil::edge
