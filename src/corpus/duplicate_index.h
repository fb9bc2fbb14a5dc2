// Finds, among all clips so far, the one that a new clip repeats. Time per clip does not grow with the square
// of the corpus.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "corpus/fingerprint.h"

namespace pupil::corpus {

struct DuplicateOptions {
  /// Share of equal bits from which two clips are the same take.
  double min_similarity = 0.80;
};

struct DuplicateMatch {
  std::int64_t clip_id = 0;
  FingerprintMatch match;
};

/// Threads: one at a time. Memory: some 100 bytes per second of indexed audio.
class DuplicateIndex {
 public:
  explicit DuplicateIndex(const DuplicateOptions& options = {});
  ~DuplicateIndex();

  void add(std::int64_t clip_id, const Fingerprint& fingerprint);

  /// The most similar indexed clip that passes the threshold; none if there is no such clip.
  std::optional<DuplicateMatch> find(const Fingerprint& fingerprint) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::corpus
