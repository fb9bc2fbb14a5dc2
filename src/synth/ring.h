// SPDX-License-Identifier: Apache-2.0
// Something struck: partials that die away. Bells, doors, keys, drops and drums are made of it.

#pragma once

#include <cstdint>
#include <span>

#include "synth/exact_math.h"
#include "synth/samples.h"

namespace pupil::synth {

/// Adds a tone of `hz` that begins at sample `begin` (which may lie outside) at `amplitude` and falls by 60
/// dB in `decay_s`; it rises within `attack_s`.
inline void add_ring(std::span<float> out, std::int64_t begin, double hz, double amplitude, double decay_s,
                     double attack_s = 0.0005) {
  const std::int64_t size = static_cast<std::int64_t>(out.size());
  const std::int64_t count = sample_count(1.2 * decay_s);
  const double fall = power_of_two(-9.965784284662087 / (decay_s * kRateHz));
  // y[n] = 2 r cos(w) y[n-1] - r^2 y[n-2]: a decaying sine without calls.
  const double b = 2 * fall * cosine(hz / kRateHz);
  const double c = -fall * fall;
  double before = 0;
  double now = amplitude * fall * sine(hz / kRateHz);
  const double attack_step = 1 / (attack_s * kRateHz + 1);
  double attack = attack_step;
  for (std::int64_t n = 0; n < count && begin + n < size; ++n) {
    if (begin + n >= 0) out[static_cast<std::size_t>(begin + n)] += static_cast<float>(now * attack);
    const double next = b * now + c * before;
    before = now;
    now = next;
    if (attack < 1) attack = attack + attack_step < 1 ? attack + attack_step : 1;
  }
}

}  // namespace pupil::synth
