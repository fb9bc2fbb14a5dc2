// SPDX-License-Identifier: Apache-2.0
#include "metrics/si_sdr.h"

#include <cmath>
#include <limits>

#include "metrics/checks.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

struct Moments {
  double truth_energy = 0;
  double estimate_energy = 0;
  double product = 0;
  double error_energy = 0;
};

Moments moments(std::span<const float> truth, std::span<const float> estimate) {
  require_same_length(truth.size(), estimate.size(), "SDR");
  require_no_nan(truth, "SDR: a sample of the truth is NaN");
  require_no_nan(estimate, "SDR: a sample of the estimate is NaN");
  Moments sums;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double s = truth[i];
    const double e = estimate[i];
    sums.truth_energy += s * s;
    sums.estimate_energy += e * e;
    sums.product += s * e;
    sums.error_energy += (s - e) * (s - e);
  }
  return sums;
}

double ratio_db(double signal, double distortion) {
  if (signal == 0 && distortion == 0) return kUndefined;
  return 10 * std::log10(signal / distortion);
}

// |a s - e|^2 summed sample by sample: as a difference of sums it would drown in rounding for good estimates.
double distortion_energy(std::span<const float> truth, std::span<const float> estimate, double scale) {
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double apart = scale * truth[i] - estimate[i];
    sum += apart * apart;
  }
  return sum;
}

}  // namespace

double sdr_db(std::span<const float> truth, std::span<const float> estimate) {
  const Moments sums = moments(truth, estimate);
  return ratio_db(sums.truth_energy, sums.error_energy);
}

double si_sdr_db(std::span<const float> truth, std::span<const float> estimate) {
  const Moments sums = moments(truth, estimate);
  if (sums.truth_energy == 0) return kUndefined;
  const double scale = sums.product / sums.truth_energy;
  if (scale == 0) return -std::numeric_limits<double>::infinity();
  return ratio_db(scale * scale * sums.truth_energy, distortion_energy(truth, estimate, scale));
}

}  // namespace pupil::metrics
