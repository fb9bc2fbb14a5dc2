// SPDX-License-Identifier: Apache-2.0
// Splits go by recording: all clips of a recording lie in the same split, always (the catalogue keeps the
// split with the recording, not with the clip).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/clips.h"

namespace pupil::corpus {

/// `[split]` of pupil.toml.
struct SplitOptions {
  double val_share = 0.15;
  double test_share = 0.15;
  std::uint64_t seed = 0;
};

/// The split of a recording whose source gave none: by SHA-256 of seed and name, so that it depends on
/// nothing else, neither on the other recordings nor on the order. Error: shares negative or above 1
/// together.
Split split_of(std::string_view recording, const SplitOptions& options);

/// A recording for which sources gave different splits. It goes where it can leak least: test before val
/// before train.
struct SplitConflict {
  std::string recording;
  Split kept = Split::train;
  std::string detail;  ///< "given train and test"
};

std::vector<SplitConflict> list_split_conflicts(Catalogue& catalogue);

/// Fewer recordings cannot fill three splits.
inline constexpr std::int64_t kMinSplitRecordings = 3;

/// Too few recordings to divide: fewer than kMinSplitRecordings, or none that split_of() or a source puts
/// into train. Then all of them without a given split go into train, until more come. Off where the shares
/// leave nothing to train. Returns how many recordings are there because of this, 0 where they are enough.
std::int64_t keep_few_in_train(Catalogue& catalogue, const SplitOptions& options);

/// Divides a small catalogue's recordings as usual, before more come: a collect that is killed leaves no
/// trace of keep_few_in_train() in a large one.
void undo_few_in_train(Catalogue& catalogue, const SplitOptions& options);

/// Whether the next keep_few_in_train() would move a recording.
bool few_would_move(Catalogue& catalogue, const SplitOptions& options);

/// Assigns every recording without a given split anew (other shares or seed). Returns how many changed.
std::int64_t reassign_splits(Catalogue& catalogue, const SplitOptions& options);

}  // namespace pupil::corpus
