// SPDX-License-Identifier: Apache-2.0
#include "student/impulse_responses.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "student/training_set.h"

namespace pupil::student {
namespace {

constexpr std::size_t kBeforePeak = kTrainingRateHz / 1000;
constexpr std::size_t kMostTaps = 32 * kTrainingRateHz / 1000;
constexpr double kEnergyLeft = 1e-4;

double energy_of(std::span<const float> samples) {
  double energy = 0;
  for (const float x : samples) energy += static_cast<double>(x) * x;
  return energy;
}

// A recording of a response begins with silence and ends in the noise of the room it was measured in.
std::span<const float> essential(std::span<const float> response) {
  const auto peak = std::max_element(response.begin(), response.end(),
                                     [](float a, float b) { return std::fabs(a) < std::fabs(b); });
  const auto at = static_cast<std::size_t>(peak - response.begin());
  response = response.subspan(at - std::min(at, kBeforePeak));
  response = response.first(std::min(response.size(), kMostTaps));
  const double most = kEnergyLeft * energy_of(response);
  std::size_t count = response.size();
  for (double left = 0; count > 1; --count) {
    left += static_cast<double>(response[count - 1]) * response[count - 1];
    if (left > most) break;
  }
  return response.first(count);
}

}  // namespace

ImpulseResponses::ImpulseResponses(const std::vector<std::vector<float>>& responses) {
  Sha256 hash;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    const bool finite = std::ranges::all_of(responses[i], [](float x) { return std::isfinite(x); });
    if (!finite || !(energy_of(responses[i]) > 0))
      throw Error(concat("impulse response ", i, " is silent or not finite"));
    const std::span<const float> kept = essential(responses[i]);
    const double scale = 1 / std::sqrt(energy_of(kept));
    std::vector<float>& taps = responses_.emplace_back();
    for (const float x : kept) taps.push_back(static_cast<float>(scale * x));
    hash.update(std::as_bytes(std::span(taps)));
  }
  if (!responses_.empty()) hash_ = hash.hex();
}

void ImpulseResponses::apply(std::size_t i, std::span<float> audio) const {
  const std::vector<float> dry(audio.begin(), audio.end());
  std::ranges::fill(audio, 0.0F);
  const std::vector<float>& taps = responses_[i];
  // Tap by tap, so that the inner loop has no sum to keep in order and the compiler may widen it.
  for (std::size_t k = 0; k < std::min(taps.size(), audio.size()); ++k) {
    const float tap = taps[k];
    for (std::size_t t = k; t < audio.size(); ++t) audio[t] += tap * dry[t - k];
  }
}

}  // namespace pupil::student
