// SPDX-License-Identifier: Apache-2.0
// How far a figure could have come out otherwise: the percentile bootstrap (Efron) over recording groups.
// Windows and clips of one recording resemble each other, so whole groups are drawn, never single items:
// an interval over items would be too narrow.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace pupil::metrics {

struct BootstrapOptions {
  std::int32_t resample_count =
      1000;                  ///< time goes with it; 1000 gives the ends to about a tenth of the width
  double confidence = 0.95;  ///< 0 to 1, both excluded
  std::uint64_t seed = 1;
};

struct Interval {
  double value = 0;  ///< the figure on all items
  double low = 0;
  double high = 0;
};

/// The figure on chosen items: `items` are numbers 0 .. N-1, some more than once.
using Statistic = std::function<double(std::span<const std::size_t> items)>;

/// Draws as many groups as there are, with replacement, resample_count times, and takes the quantiles of the
/// figure. `groups` [N]: the recording of each item, any numbers. Same groups, statistic and options: the
/// same interval, to the bit, on every machine that computes the statistic alike. Renaming groups by other
/// rising numbers changes nothing. To compare two systems, give the statistic of the pair (a ratio, a
/// difference): the draw is then common. Resamples on which the figure is NaN are left out; low and high are
/// NaN where all are, or with fewer than two groups. std::invalid_argument: options out of range.
Interval bootstrap(std::span<const std::int64_t> groups, const Statistic& statistic,
                   const BootstrapOptions& options = {});

/// bootstrap() of accuracy(); all [N].
Interval bootstrap_accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided,
                            std::span<const std::int64_t> groups, const BootstrapOptions& options = {});

/// bootstrap() of retained_accuracy(); all [N].
Interval bootstrap_retained_accuracy(std::span<const std::int32_t> truth,
                                     std::span<const std::int32_t> student,
                                     std::span<const std::int32_t> teacher,
                                     std::span<const std::int64_t> groups,
                                     const BootstrapOptions& options = {});

}  // namespace pupil::metrics
