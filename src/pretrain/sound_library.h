// SPDX-License-Identifier: Apache-2.0
// The sounds that examples are made of: clips of manifests, synthetic sounds with a name, synthetic sounds without.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretrain/manifest.h"

namespace pupil::pretrain {

/// Rate of all samples here; a tagger's, and that of projects' stores.
inline constexpr std::int32_t kLibraryRateHz = 32000;

/// One thing to take a sound from.
struct SoundSource {
  enum class Kind { clip, synthetic, abstract };
  Kind kind = Kind::clip;
  std::int64_t index = 0;  ///< of the clip, or of the synth::SoundKind
};

/// Memory: each clip, decoded when it is first wanted. Threads: one at a time.
class SoundLibrary {
 public:
  /// `synthetic_share`: of the sources drawn, synthetic; without clips all are.
  SoundLibrary(std::vector<ManifestClip> clips, double synthetic_share);

  const std::vector<ManifestClip>& clips() const { return clips_; }
  double synthetic_share() const { return synthetic_share_; }

  /// Positions in clips() that bear one label, label by label.
  const std::vector<std::vector<std::int64_t>>& clips_by_label() const { return by_label_; }

  /// The samples of a clip (of its stretch, where the manifest names one). Error: it cannot be decoded.
  const std::vector<float>& samples(std::int64_t clip);

 private:
  std::vector<ManifestClip> clips_;
  std::vector<std::vector<float>> samples_;
  std::vector<std::vector<std::int64_t>> by_label_;
  double synthetic_share_;
};

}  // namespace pupil::pretrain
