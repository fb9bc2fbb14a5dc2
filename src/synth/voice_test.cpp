// SPDX-License-Identifier: Apache-2.0
#include "synth/voice.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "synth/testing.h"

namespace pupil::synth {
namespace {

VoiceSpec steady_howl(double pitch_hz) {
  VoiceSpec spec;
  spec.kind = SoundKind::howl;
  spec.roughness = 0;
  spec.breath = 0;
  spec.calls.push_back({0, 1, pitch_hz, {}, 1});
  return spec;
}

TEST(Voice, EveryKindIsHeardWholeAndAgainTheSame) {
  for (const SoundKind kind : voice_kinds()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const VoiceSpec spec = draw_voice(kind, draw_animal(seed), 3, seed);
      const Samples samples = make_vocalisation(spec, seed);
      EXPECT_LE(spec.duration_s(), 3.0);
      EXPECT_GE(spec.duration_s(), 0.1);
      EXPECT_EQ(std::ssize(samples), sample_count(spec.duration_s()));
      EXPECT_FLOAT_EQ(static_cast<float>(peak_of(samples)), 1.0F) << kind_name(kind) << seed;
      EXPECT_EQ(samples, make_vocalisation(spec, seed));
      EXPECT_NE(samples, make_vocalisation(spec, seed + 1)) << kind_name(kind) << seed;
    }
  }
}

TEST(Voice, PitchIsTheOneAskedFor) {
  const Samples samples = make_vocalisation(steady_howl(500), 1);
  EXPECT_GT(power_at(samples, 500), 100 * power_at(samples, 600));
  EXPECT_GT(power_at(samples, 1000), 100 * power_at(samples, 1100));
}

TEST(Voice, AShortTractSoundsHigher) {
  VoiceSpec large = steady_howl(200);
  VoiceSpec small = large;
  large.tract_cm = 22;
  small.tract_cm = 9;
  const auto share_above = [](const Samples& samples) {
    return power_at(samples, 1000) / power_at(samples, 200);
  };
  EXPECT_GT(share_above(make_vocalisation(small, 1)), 2 * share_above(make_vocalisation(large, 1)));
}

TEST(Voice, GapsAreSilent) {
  VoiceSpec spec = steady_howl(500);
  spec.calls.push_back({1.5, 0.5, 500, {}, 0.5});
  const Samples samples = make_vocalisation(spec, 1);
  const std::span<const float> gap = std::span(samples).subspan(32000, 16000);
  EXPECT_EQ(peak_of(gap), 0);
  EXPECT_NEAR(peak_of(std::span(samples).subspan(48000)), 0.5, 1e-6);
}

TEST(Voice, RefusesWhatIsNoVoice) {
  EXPECT_THROW(draw_voice(SoundKind::rain, {}, 3, 1), Error);
  EXPECT_THROW(draw_voice(SoundKind::bark, {}, 0.2, 1), Error);
  VoiceSpec spec = steady_howl(500);
  spec.kind = SoundKind::hum;
  EXPECT_THROW(make_vocalisation(spec, 1), Error);
  spec.kind = SoundKind::howl;
  spec.calls.clear();
  EXPECT_THROW(make_vocalisation(spec, 1), Error);
}

}  // namespace
}  // namespace pupil::synth
