// SPDX-License-Identifier: Apache-2.0
#include "synth/samples.h"

#include <algorithm>
#include <cmath>

namespace pupil::synth {
namespace {

void scale(std::span<float> samples, double gain) {
  for (float& sample : samples) sample *= static_cast<float>(gain);
}

}  // namespace

double power(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += double{sample} * double{sample};
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

void set_rms(std::span<float> samples, double rms) {
  const double now = std::sqrt(power(samples));
  if (now > 0) scale(samples, rms / now);
}

void set_peak(std::span<float> samples, double peak) {
  double top = 0;
  for (const float sample : samples) top = std::max(top, std::abs(double{sample}));
  if (top > 0) scale(samples, peak / top);
}

}  // namespace pupil::synth
