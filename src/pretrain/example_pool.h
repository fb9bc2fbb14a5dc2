// SPDX-License-Identifier: Apache-2.0
// The examples of a pretraining, rendered once and kept on disk with what the tagger scored in them.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/tensor_file.h"
#include "pretrain/example.h"
#include "pretrain/sound_library.h"
#include "teacher/clap_features.h"
#include "teacher/tagger.h"

namespace pupil::pretrain {

/// What the network in training gets of an example.
struct ExampleFeatures {
  double length_s = 0;      ///< of the longest example
  std::string description;  ///< all that decides `frames`
  /// Samples at kLibraryRateHz -> frames, float32 [T, F]; the shape is the same for every example.
  std::function<at::Tensor(std::span<const float> samples)> frames;
};

/// A CLAP's: log-mel in dB, examples as long as its input.
ExampleFeatures clap_example_features(const teacher::ClapFeatureOptions& options);

/// Scores examples: `audio` [B, L] at kLibraryRateHz.
using ExampleTeacher = std::function<teacher::TaggerOutput(const at::Tensor& audio)>;

/// `tagger` must outlive the result. Error: it takes audio at another rate.
ExampleTeacher example_teacher(const teacher::Tagger& tagger);

struct ExamplePoolOptions {
  std::int64_t example_count = 12000;
  std::uint64_t seed = 1;
  ExampleFeatures features;
  /// Where the examples lie: examples-00000.safetensors and so on, 256 each.
  std::filesystem::path folder;
  /// All else that decides them (manifests, tagger): examples of another description are rendered anew.
  std::string description;
};

class ExamplePool {
 public:
  /// Opens the pool, rendering what it lacks; without a `tagger` examples have no scores. Stop it anywhere:
  /// whole files stay. Error: a clip that cannot be decoded, a folder that cannot be written.
  static ExamplePool prepare(SoundLibrary& library, const ExampleTeacher& tagger,
                             const ExamplePoolOptions& options);

  std::int64_t size() const { return example_count_; }
  const ExamplePlan& plan(std::int64_t example) const { return plans_[static_cast<std::size_t>(example)]; }
  bool has_tagger() const { return has_tagger_; }
  /// SHA-256 of all that decides the examples.
  const std::string& description_sha256() const { return description_sha256_; }

  /// ExampleFeatures::frames of the example, rounded to f16: [T, F] float32.
  at::Tensor frames(std::int64_t example) const { return row("frames", example); }
  /// The tagger's logits [K] and embedding [D], float32.
  at::Tensor logits(std::int64_t example) const { return row("logits", example); }
  at::Tensor embedding(std::int64_t example) const { return row("embedding", example); }

 private:
  at::Tensor row(const char* name, std::int64_t example) const;

  std::int64_t example_count_ = 0;
  bool has_tagger_ = false;
  std::string description_sha256_;
  std::vector<ExamplePlan> plans_;
  std::vector<nn::TensorFile> files_;
};

}  // namespace pupil::pretrain
