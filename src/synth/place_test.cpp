// SPDX-License-Identifier: Apache-2.0
#include "synth/place.h"

#include <gtest/gtest.h>

#include "synth/testing.h"

namespace pupil::synth {
namespace {

// A click, and what a place makes of it.
Samples carried_click(const Place& place, double distance_m) {
  Samples samples(64000);
  samples[0] = 1;
  carry(samples, place, distance_m, 1);
  return samples;
}

TEST(Place, ARoomRingsForAsLongAsItsReverberation) {
  Place place;
  place.reverberation_s = 0.4;
  const Samples samples = carried_click(place, 3);
  const auto level = [&](double from_s) {
    const auto begin = static_cast<std::size_t>(sample_count(from_s));
    return 10 * std::log10(power(std::span(samples).subspan(begin, 1600)) + 1e-30);
  };
  // 60 dB in 0.4 s, faster where the treble is damped: 0.2 s must cost 30 dB at least and not 60.
  EXPECT_LT(level(0.3) - level(0.1), -25);
  EXPECT_GT(level(0.3) - level(0.1), -60);
}

TEST(Place, FarSoundsHaveMoreRoomAndLessTreble) {
  const Place place;
  const Samples near = carried_click(place, 0.5);
  const Samples far = carried_click(place, 5);
  EXPECT_GT(power(std::span(far).subspan(3200)), 4 * power(std::span(near).subspan(3200)));
  Place open;
  open.is_indoors = false;
  open.reverberation_s = 1;
  const auto treble = [&](double distance_m) {
    const Samples samples = carried_click(open, distance_m);
    return power_at(std::span(samples).first(64), 10000) / power_at(std::span(samples).first(64), 500);
  };
  EXPECT_LT(treble(100), 0.5 * treble(1));
}

TEST(Place, TheMicrophoneCutsItsBand) {
  Place place;
  place.low_cut_hz = 100;
  place.high_cut_hz = 8000;
  Samples samples(32000);
  samples[0] = 1;
  colour(samples, place);
  EXPECT_GT(power_at(samples, 1000), 100 * power_at(samples, 10));
  EXPECT_GT(power_at(samples, 1000), 3 * power_at(samples, 12000));
}

TEST(Place, SameSeedSamePlace) {
  EXPECT_EQ(draw_place(5).distance_m, draw_place(5).distance_m);
  EXPECT_NE(draw_place(5).distance_m, draw_place(6).distance_m);
}

}  // namespace
}  // namespace pupil::synth
