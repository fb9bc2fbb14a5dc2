// SPDX-License-Identifier: Apache-2.0
// MFCC + SVM: support vector machines with a radial kernel, one per pair of classes (libsvm).

#pragma once

#include <memory>

#include "evaluation/baselines/classifier.h"
#include "evaluation/baselines/window_table.h"

namespace pupil::evaluation {

struct SvmOptions {
  /// What a training window on the wrong side costs; smaller is smoother.
  double cost = 10;
  /// The kernel is exp(-gamma |x - y|^2 / D) on standardised features.
  double gamma = 1;
};

/// Deterministic. A class's windows cost their mean weight. The score of a class is the mean over the other
/// classes of sigmoid(2 x the pair's decision value). Time grows with the square of the windows of a class;
/// the model holds most of the training windows. Error: check_for_training(), fewer than two classes in it.
std::unique_ptr<Classifier> train_svm(const WindowTable& table, const SvmOptions& options);

}  // namespace pupil::evaluation
