// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/window_table.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "metrics/counter_random.h"

namespace pupil::evaluation {
namespace {

constexpr std::uint32_t kHeldOutOneIn = 5;

}  // namespace

void WindowTable::add(std::span<const float> row, std::int32_t label, std::int64_t recording_id,
                      float weight) {
  features.insert(features.end(), row.begin(), row.end());
  labels.push_back(label);
  weights.push_back(weight);
  recording_ids.push_back(recording_id);
}

void WindowTable::check() const {
  const std::size_t count = labels.size();
  if (feature_count <= 0 || class_count <= 0) throw Error("windows: no features or no classes");
  if (features.size() != count * static_cast<std::size_t>(feature_count) || recording_ids.size() != count ||
      (!weights.empty() && weights.size() != count)) {
    throw Error("windows: features, labels, weights and recordings disagree in length");
  }
  for (std::size_t n = 0; n < count; ++n) {
    if (!std::isfinite(weight(n)) || weight(n) < 0) {
      throw Error(concat("window ", n, ": the weight is negative or not finite"));
    }
    for (const float feature : row(n)) {
      if (!std::isfinite(feature)) throw Error(concat("window ", n, ": a feature is not finite"));
    }
  }
}

void WindowTable::check_for_training() const {
  check();
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] < 0 || labels[n] >= class_count) {
      throw Error(concat("window ", n, ": label ", labels[n], " of ", class_count, " classes"));
    }
  }
}

std::vector<std::int64_t> class_counts(const WindowTable& table) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(table.class_count), 0);
  for (const std::int32_t label : table.labels) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

std::vector<double> mean_class_weights(const WindowTable& table) {
  const std::vector<std::int64_t> counts = class_counts(table);
  std::vector<double> means(counts.size(), 0.0);
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    const auto label = static_cast<std::size_t>(table.labels[n]);
    means[label] += table.weight(n) / static_cast<double>(counts[label]);
  }
  return means;
}

void balance_classes(WindowTable& table) {
  const std::vector<std::int64_t> counts = class_counts(table);
  const auto present =
      std::count_if(counts.begin(), counts.end(), [](std::int64_t count) { return count > 0; });
  table.weights.clear();
  for (const std::int32_t label : table.labels) {
    const auto even_share = static_cast<double>(table.window_count()) / static_cast<double>(present);
    const auto count = static_cast<double>(counts[static_cast<std::size_t>(label)]);
    table.weights.push_back(static_cast<float>(even_share / count));
  }
}

HeldOut hold_out_recordings(const WindowTable& table, std::uint64_t seed) {
  HeldOut parts;
  for (WindowTable* part : {&parts.fit, &parts.held_out}) {
    part->feature_count = table.feature_count;
    part->class_count = table.class_count;
  }
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    const auto recording = static_cast<std::uint64_t>(table.recording_ids[n]);
    const bool held_out = metrics::counter_index(seed, recording, kHeldOutOneIn) == 0;
    (held_out ? parts.held_out : parts.fit)
        .add(table.row(n), table.labels[n], table.recording_ids[n], table.weight(n));
  }
  return parts;
}

Standardiser::Standardiser(const WindowTable& table) {
  const auto columns = static_cast<std::size_t>(table.feature_count);
  double weight_sum = 0;
  for (std::size_t n = 0; n < table.window_count(); ++n) weight_sum += table.weight(n);
  const auto share = [&](std::size_t n) { return weight_sum > 0 ? table.weight(n) / weight_sum : 0.0; };
  std::vector<double> means(columns, 0.0);
  std::vector<double> variances(columns, 0.0);
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    for (std::size_t d = 0; d < columns; ++d) means[d] += share(n) * table.row(n)[d];
  }
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    for (std::size_t d = 0; d < columns; ++d) {
      const double gap = table.row(n)[d] - means[d];
      variances[d] += share(n) * gap * gap;
    }
  }
  for (std::size_t d = 0; d < columns; ++d) {
    // What rounding leaves of a constant counts as no deviation.
    const bool varies = std::sqrt(variances[d]) > 1e-6 * std::abs(means[d]) && variances[d] > 0;
    means_.push_back(static_cast<float>(means[d]));
    scales_.push_back(varies ? static_cast<float>(1 / std::sqrt(variances[d])) : 0.0F);
  }
}

void Standardiser::apply(std::span<const float> row, std::span<float> result) const {
  for (std::size_t d = 0; d < means_.size(); ++d) result[d] = (row[d] - means_[d]) * scales_[d];
}

}  // namespace pupil::evaluation
