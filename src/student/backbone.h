// SPDX-License-Identifier: Apache-2.0
// A backbone: the body of a MelCNN (everything in front of its head) that was trained once on sounds of all
// kinds, for students to begin with (`[train] init`). Written by pretrain/backbone_trainer.h, read by
// trainer.h.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project_file.h"
#include "student/batch_loader.h"
#include "student/mel_cnn.h"

namespace pupil::student {

/// `[train] init` of a student that begins with random weights.
inline constexpr std::string_view kNoBackbone = "none";
/// ...of one that begins with the backbone that ships for its network, where there is one.
inline constexpr std::string_view kShippedBackbone = "auto";

struct Backbone {
  std::vector<std::string> blocks;  ///< NetworkSpec::blocks
  edge::LogMelOptions front_end;
  FeatureScale scale;      ///< what the body was trained behind: a student that begins with it keeps it
  at::Tensor body;         ///< [P], MelCnn::parameters() up to the head's
  at::Tensor statistics;   ///< [S], MelCnn::statistics()
  std::int64_t steps = 0;  ///< that it was trained for
};

/// How many of MelCnn::parameters() are the body's; the head's are the rest.
std::int64_t body_size(const MelCnn& net);

/// Replaces `path` whole; the body in f16 (1 part in 2000). Error: full disk and the like.
void save_backbone(const std::filesystem::path& path, const Backbone& backbone);

/// The `init` of a section: "auto" is the name of the model that ships for its size ("backbone-small"), where that has
/// the section's blocks and front end, else "none"; anything else is what it is. Error: a model that ships is broken.
std::string resolved_init(const TrainSection& train);

/// The file that `init` means: a file, a folder that holds model.safetensors, or the name of a model that
/// ships with pupil. Error: there is none.
std::filesystem::path backbone_file(const std::string& init);

/// Error, beginning with the path: no backbone, or one that contradicts itself.
Backbone load_backbone(const std::filesystem::path& path);

/// Body and statistics become the backbone's; the head stays as it is. Error: another network or front end
/// than the backbone's, with both: "blocks", "mel_count", "hop_samples"...
void begin_with(MelCnn& net, const edge::LogMelOptions& front_end, const Backbone& backbone);

/// What stands in a training's configuration for a resolved `init`: "none", or the SHA-256 of the backbone's file.
std::string backbone_identity(const std::string& init);

}  // namespace pupil::student
