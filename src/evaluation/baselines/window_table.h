// SPDX-License-Identifier: Apache-2.0
// What the classical baselines learn from and are measured on: one row of features per window, with what is
// known of it. Made by `pupil compare` from the catalogue; nothing here knows where rows come from.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::evaluation {

/// N windows, D features, K classes. The vectors are as long as the comments say; check() looks.
struct WindowTable {
  std::int32_t feature_count = 0;  ///< D
  std::int32_t class_count = 0;    ///< K
  std::vector<float> features;     ///< [N, D], finite
  /// [N], 0 .. K-1: what is learned, from the teacher or from the truth. In a table that is only scored, any.
  std::vector<std::int32_t> labels;
  std::vector<float> weights;               ///< [N], >= 0, or empty: all 1
  std::vector<std::int64_t> recording_ids;  ///< [N]; choosing among settings never divides a recording

  std::size_t window_count() const { return labels.size(); }
  std::span<const float> row(std::size_t n) const {
    const auto columns = static_cast<std::size_t>(feature_count);
    return std::span(features).subspan(n * columns, columns);
  }
  float weight(std::size_t n) const { return weights.empty() ? 1.0F : weights[n]; }

  /// Adds one window; `row` [D].
  void add(std::span<const float> row, std::int32_t label, std::int64_t recording_id, float weight = 1.0F);

  /// Error: lengths that disagree, a feature or weight that is not finite.
  void check() const;

  /// Error: as check(), or a label out of range.
  void check_for_training() const;
};

/// Windows of each class, [K].
std::vector<std::int64_t> class_counts(const WindowTable& table);

/// The mean weight of the windows of each class, [K]; 0 where it has none.
std::vector<double> mean_class_weights(const WindowTable& table);

/// Sets the weights so that every class that occurs has the same sum, and their mean is 1.
void balance_classes(WindowTable& table);

/// A table in two by recording: about every fifth recording is held out, by its number and the seed alone.
struct HeldOut {
  WindowTable fit;
  WindowTable held_out;
};
HeldOut hold_out_recordings(const WindowTable& table, std::uint64_t seed);

/// Shifts and scales every feature to mean 0 and deviation 1 over the windows it was made from, by their
/// weights. A feature that never varies becomes 0.
class Standardiser {
 public:
  explicit Standardiser(const WindowTable& table);

  /// Both [D]; they may be the same memory.
  void apply(std::span<const float> row, std::span<float> result) const;

  std::span<const float> means() const { return means_; }
  std::span<const float> scales() const { return scales_; }

 private:
  std::vector<float> means_;
  std::vector<float> scales_;  ///< 1 / deviation
};

}  // namespace pupil::evaluation
