// SPDX-License-Identifier: Apache-2.0
// MFCC + random forest (OpenCV's RTrees).

#pragma once

#include <cstdint>
#include <memory>

#include "evaluation/baselines/classifier.h"
#include "evaluation/baselines/window_table.h"

namespace pupil::evaluation {

struct ForestOptions {
  std::int32_t tree_count = 200;  ///< size and time go with it
  std::int32_t max_depth = 25;    ///< 1 to 25, OpenCV's bound
  /// A node with fewer windows is not split. Smaller is a larger forest.
  std::int32_t min_windows = 2;
  std::uint64_t seed = 1;
};

/// Deterministic from the seed. Each split looks at sqrt(D) features drawn at random. A class's windows count
/// by their mean weight: that tells in small trees, and hardly in those grown until their leaves are pure.
/// The score of a class is its share of the trees' votes. Error: check_for_training(), fewer than two classes
/// in it.
std::unique_ptr<Classifier> train_random_forest(const WindowTable& table, const ForestOptions& options);

}  // namespace pupil::evaluation
