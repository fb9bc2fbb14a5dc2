// SPDX-License-Identifier: Apache-2.0
// The classical baselines of `pupil compare`, each trained and measured on the same windows as the student:
// MFCC + SVM, MFCC + random forest, and transfer learning (a linear head on the teacher's embedding).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluation/baselines/linear_head.h"
#include "evaluation/baselines/random_forest.h"
#include "evaluation/baselines/svm.h"
#include "evaluation/baselines/window_table.h"

namespace pupil::evaluation {

/// The windows to learn from and those to be measured on. No setting is chosen by looking at `test`, and its
/// labels are never read.
struct BaselineWindows {
  WindowTable train;
  WindowTable test;
};

struct BaselineData {
  BaselineWindows mfcc;       ///< features of MfccStatistics
  BaselineWindows embedding;  ///< the teacher's embedding of the same windows; empty tables: leave it out
  std::int64_t teacher_bytes = 0;  ///< of the teacher's file
};

struct BaselineOptions {
  /// Settings to choose from, in the order of preference between equals: the one with the highest accuracy on
  /// about a fifth of the training recordings wins and is trained again on all of them. A single one is taken
  /// as it is.
  std::vector<SvmOptions> svm = {{10, 1}, {10, 0.3}, {10, 3}, {1, 1}, {1, 3}, {100, 0.3}};
  std::vector<LinearHeadOptions> linear_head = {{.decay = 1e-2}, {.decay = 1e-1}, {.decay = 1e-3}};
  ForestOptions forest;
  std::uint64_t seed = 1;  ///< of the held-out recordings and the forest
};

struct BaselineResult {
  std::string name;      ///< "MFCC + SVM", "MFCC + random forest", "transfer learning"
  std::string settings;  ///< those that won: "cost 10, gamma 1"
  /// [N, K] for the test windows in their order; what scores mean differs, higher is surer.
  std::vector<float> test_scores;
  std::int64_t file_bytes = 0;    ///< as its library writes it; of transfer learning teacher and head
  std::int64_t packed_bytes = 0;  ///< the least a device would hold; of transfer learning teacher and head
  double train_s = 0;             ///< wall time, choosing included
  double window_s =
      0;  ///< median wall time of one window from its features; front end, MFCC and teacher are extra
};

/// One thread. The same data and options give the same scores. A class without training windows is never
/// decided. Error: a bad table, train and test that differ in width, windows of one class only.
std::vector<BaselineResult> run_baselines(const BaselineData& data, const BaselineOptions& options = {});

}  // namespace pupil::evaluation
