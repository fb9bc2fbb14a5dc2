// SPDX-License-Identifier: Apache-2.0
// How well scores put what is relevant above what is not: average precision and the area under the ROC curve.
// Both depend on the order alone, so any rising scale gives the same value. Equal scores form one step:
// the order in which items are given never matters.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::metrics {

/// Average precision: the sum over falling distinct scores of (recall gained) x (precision there), without
/// interpolation. 0 to 1; a random order gives the share of relevant items. `relevant` [N]: 0 or not.
/// NaN where nothing is relevant. std::invalid_argument: lengths differ, a NaN score.
double average_precision(std::span<const float> scores, std::span<const std::uint8_t> relevant);

/// Area under the ROC curve: the chance that a relevant item scores above one that is not, ties counting
/// half. NaN where either kind is missing. std::invalid_argument: as above.
double roc_auc(std::span<const float> scores, std::span<const std::uint8_t> relevant);

/// One of K as "one of K", row-major [N, K]: 1 at the truth, all 0 for kNone.
std::vector<std::uint8_t> one_of_k(std::span<const std::int32_t> truth, std::int32_t class_count);

/// average_precision() of every class, [K]; `scores` and `relevant` [N, class_count] (several may be
/// relevant).
std::vector<double> per_class_average_precision(std::span<const float> scores,
                                                std::span<const std::uint8_t> relevant,
                                                std::int32_t class_count);

/// roc_auc() of every class, [K].
std::vector<double> per_class_roc_auc(std::span<const float> scores, std::span<const std::uint8_t> relevant,
                                      std::int32_t class_count);

/// Mean of the values that are not NaN: mAP from per_class_average_precision(). NaN where none is.
double mean_of_defined(std::span<const double> values);

}  // namespace pupil::metrics
