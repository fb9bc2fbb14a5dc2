// SPDX-License-Identifier: Apache-2.0
// General audio models as they are published: audio in, their own classes' logits and an embedding out. What
// `pupil compare` sets beside the student: "take a larger model and compress it".

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pupil::general {

/// Means over the patches of a stretch of audio.
struct GeneralOutput {
  std::vector<float> logits;     ///< [outputs]; empty where the model has none
  std::vector<float> embedding;  ///< [D]
};

/// Two kinds: quantised networks in TensorFlow Lite's files, and VGGish. Threads: one at a time per object.
class GeneralModel {
 public:
  virtual ~GeneralModel() = default;

  /// The file's name without its ending.
  virtual const std::string& name() const = 0;
  /// What its outputs mean, in their order; empty where that is not known.
  virtual const std::vector<std::string>& class_names() const = 0;
  virtual std::int64_t file_bytes() const = 0;
  /// Multiplications for one patch of 0.96 s.
  virtual std::int64_t macs() const = 0;

  /// `audio` mono at 16 kHz (kPatchRateHz), full scale [-1, 1]; of less than 0.975 s, silence fills up the rest.
  virtual GeneralOutput forward(std::span<const float> audio) const = 0;

  /// Median wall time of one patch from its log-mel frames on this machine, seconds, one thread.
  virtual double patch_s() const = 0;
};

/// A TensorFlow Lite file whose input is [1, 96, 64] (YAMNet's front end) or [1, 64, 96, 1] (that of STM's YAMNet-256), or
/// a checkpoint of VGGish. Class names come from yamnet_class_map.csv or class_labels_indices.csv beside it.
/// Error, beginning with the path: none of these; names that are not as many as the outputs.
std::unique_ptr<GeneralModel> load_general_model(const std::filesystem::path& path);

}  // namespace pupil::general
