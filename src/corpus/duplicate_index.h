// SPDX-License-Identifier: Apache-2.0
// Finds, among all clips so far, the one that a new clip repeats.
//
// Landmarks of the indexed clips lie in buckets by the two halves of their words. Every frame of a new clip
// looks into the buckets of its own halves, the weak bits turned both ways; places that agree well enough
// vote for (clip, offset), and the clips with most votes are compared word by word. No clip is compared with
// all others.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "corpus/fingerprint.h"

namespace pupil::corpus {

/// Clips with fewer telling frames (an eighth of a second) are neither indexed nor found.
inline constexpr std::int64_t kMinTellingFrames = 8;

struct DuplicateOptions {
  /// Share of equal bits from which two long clips are the same take. For short ones it is higher, since
  /// chance has more room: min_similarity + 0.5 / sqrt(frames compared).
  double min_similarity = 0.66;

  /// Share of the shorter clip's telling frames that both clips must have in common.
  double min_overlap = 0.6;
};

struct DuplicateMatch {
  std::int64_t clip_id = 0;
  FingerprintMatch match;
  double covered = 0;  ///< share of the new clip's telling frames that the indexed clip has too
  bool alone = true;   ///< no other indexed clip is the same take as well
};

/// Whether `match` of a new clip with an indexed one means the same take.
bool is_duplicate(const FingerprintMatch& match, std::int64_t new_telling_count,
                  std::int64_t indexed_telling_count, const DuplicateOptions& options);

/// Threads: one at a time. Memory: 160 bytes per second of indexed audio. Clips with fewer than 8 telling
/// frames (an eighth of a second) are neither indexed nor found.
class DuplicateIndex {
 public:
  /// Gives the fingerprint of an indexed clip back (from the catalogue): the index itself holds only
  /// landmarks.
  using Fetch = std::function<Fingerprint(std::int64_t clip_id)>;

  explicit DuplicateIndex(Fetch fetch, const DuplicateOptions& options = {});
  ~DuplicateIndex();

  /// A clip added again, since its audio is another now, is found by the new alone: `fetch` gives that.
  void add(std::int64_t clip_id, const Fingerprint& fingerprint);

  /// The most similar indexed clip that is the same take; none if there is no such clip. Clips that agree as much
  /// at other offsets (steady or repeated tones) are not taken for each other.
  std::optional<DuplicateMatch> find(const Fingerprint& fingerprint) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::corpus
