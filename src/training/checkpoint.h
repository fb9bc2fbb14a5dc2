// SPDX-License-Identifier: Apache-2.0
// The state of a training between two steps, as a file, and the one rule by which it is resumed: a checkpoint
// belongs to one configuration, and only a training of that configuration goes on from it.
//
// A folder of a training holds
//   checkpoint.safetensors   all that is needed to go on; replaced whole
//   metrics.jsonl            one JSON object per line (base/metrics_file.h)

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace pupil::training {

std::filesystem::path checkpoint_path(const std::filesystem::path& folder);
std::filesystem::path metrics_path(const std::filesystem::path& folder);

/// Removes both files (`--fresh`).
void forget_training(const std::filesystem::path& folder);

/// Where a checkpoint is in which training.
struct CheckpointPlace {
  /// All that decides the training's numbers, as a JSON object.
  std::string configuration;
  std::int64_t phase = 0;
  std::int64_t step = 0;  ///< steps done in all phases
};

struct Checkpoint : CheckpointPlace {
  std::map<std::string, at::Tensor> tensors;
};

/// Replaces the file whole or not at all. Error: full disk and the like, or values that are not finite: a
/// broken training does not overwrite a good checkpoint.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Without its tensors; none when there is no file. Error: damaged, or no checkpoint.
std::optional<CheckpointPlace> read_place(const std::filesystem::path& path);

/// None when there is no file. Error: damaged, no checkpoint, or of another configuration: the message names
/// the first key that differs, both values and --fresh.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path,
                                          const std::string& configuration);

/// The checkpoint from which a training in `folder` goes on, as load_checkpoint(). The folder is made where it is
/// absent; `fresh`: what it holds of a training is removed first.
std::optional<Checkpoint> open_training(const std::filesystem::path& folder, const std::string& configuration,
                                        bool fresh);

}  // namespace pupil::training
