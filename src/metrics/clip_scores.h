// SPDX-License-Identifier: Apache-2.0
// From windows to clips: a clip's scores are the mean of the scores of its active windows.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::metrics {

/// One row per clip, clips by rising id.
struct ClipScores {
  std::vector<std::int64_t> clip_ids;       ///< [M]
  std::vector<float> scores;                ///< [M, class_count]
  std::vector<std::int32_t> window_counts;  ///< [M], windows that the mean was taken over
};

/// `scores` [N, class_count], any scale; `clip_ids` [N], any numbers, in any order; `active` [N]: 0 or not,
/// or empty for all active. A clip without an active window gets the mean of all its windows: every clip is
/// decided. A window with a NaN makes its clip's scores NaN (and its decision kNone), unless it is inactive
/// beside active ones.
ClipScores mean_of_active_windows(std::span<const float> scores, std::int32_t class_count,
                                  std::span<const std::int64_t> clip_ids,
                                  std::span<const std::uint8_t> active);

}  // namespace pupil::metrics
