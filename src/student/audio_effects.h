// SPDX-License-Identifier: Apache-2.0
// What happens to sound between a source and a microphone, made up: for training on more places and devices
// than were recorded. All work in place on mono samples, full scale [-1, 1], and draw what they need from
// `random`.

#pragma once

#include <span>

#include "base/counter_random.h"

namespace pupil::student {

/// Mean power; 0 for an empty span.
double mean_power(std::span<const float> audio);

/// Two broad resonances of up to +-`depth_db`, and now and then the edges of a small microphone's band: what
/// a device, a wall or a distance does to a spectrum.
void colour(std::span<float> audio, double sample_rate_hz, double depth_db, CounterRandom& random);

/// A synthetic room: some early reflections, then a tail that falls by 60 dB in 0.1 to 0.8 s. The direct sound
/// stays where it is.
void add_room(std::span<float> audio, double sample_rate_hz, CounterRandom& random);

/// Fills `noise` with the sound of a synthetic place: broad-band noise between white and brown, with
/// resonances, rising and falling slowly, and in one of four the hum of a mains supply.
void make_place_noise(std::span<float> noise, double sample_rate_hz, CounterRandom& random);

/// audio += gain * noise, with the gain that gives `snr_db` between the mean powers. Nothing where either is
/// silent.
void add_noise(std::span<float> audio, std::span<const float> noise, double snr_db);

/// Mixes `other` in so that it is heard with the share 1 - share: audio = (p a + (1 - p) b) / sqrt(p^2 + (1 -
/// p)^2), p such that the levels stand in the ratio of the shares whatever the levels were.
void mix(std::span<float> audio, std::span<const float> other, double share);

}  // namespace pupil::student
