// SPDX-License-Identifier: Apache-2.0
#include "synth/scene.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "synth/background.h"
#include "synth/testing.h"

namespace pupil::synth {
namespace {

SceneSpec dog_in_rain() {
  SceneSpec spec;
  spec.events = {SoundKind::howl};
  spec.bed = {SoundKind::rain};
  spec.keep_foreground = true;
  return spec;
}

std::span<const float> during(const Samples& samples, double from_s, double to_s) {
  const auto begin = static_cast<std::size_t>(sample_count(from_s));
  return std::span(samples).subspan(begin, static_cast<std::size_t>(sample_count(to_s)) - begin);
}

// Written once by this test; gcc and clang, with and without optimisation, on x86-64 and aarch64 gave the
// same. A change of the generator changes them, and kGeneratorVersion (dataset.h) with them.
TEST(Scene, IsTheSameOnEveryMachine) {
  SceneSpec spec = dog_in_rain();
  spec.events = {SoundKind::bark, SoundKind::growl, SoundKind::doorbell};
  spec.bed = {SoundKind::traffic, SoundKind::speech};
  EXPECT_EQ(hash_of(make_scene(spec, 1).samples), 17093911069648196606U);
  spec.duration_s = 30;
  spec.events.assign(voice_kinds().begin(), voice_kinds().end());
  spec.bed.clear();
  for (const SoundKind kind : background_kinds()) {
    is_bed(kind) ? spec.bed.push_back(kind) : spec.events.push_back(kind);
  }
  EXPECT_EQ(hash_of(make_scene(spec, 2).samples), 1813874611221316650U);
}

TEST(Scene, EventsAreWhereTheirTimesSay) {
  SceneSpec spec;
  spec.clean = true;
  spec.duration_s = 12;
  spec.events = {SoundKind::bark, SoundKind::whine, SoundKind::yelp, SoundKind::pant};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Scene scene = make_scene(spec, seed);
    ASSERT_FALSE(scene.events.empty());
    double silent_from_s = 0;
    for (const SceneEvent& event : scene.events) {
      EXPECT_EQ(peak_of(during(scene.samples, silent_from_s, event.onset_s)), 0);
      EXPECT_GT(power(during(scene.samples, event.onset_s, event.onset_s + 0.1)), 0);
      EXPECT_GT(power(during(scene.samples, event.offset_s - 0.1, event.offset_s)), 0);
      EXPECT_FALSE(event.snr_db);
      silent_from_s = event.offset_s;
    }
    EXPECT_EQ(peak_of(during(scene.samples, silent_from_s, 12)), 0);
  }
}

TEST(Scene, EventsStandAboveTheBedAsAsked) {
  int measured = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const double snr_db : {-5.0, 10.0, 20.0}) {
      SceneSpec spec = dog_in_rain();
      spec.snr_low_db = spec.snr_high_db = snr_db;
      const Scene scene = make_scene(spec, seed);
      if (scene.place.overload_db > 0) continue;  // What was cut off is in neither part.
      const SceneEvent& event = scene.events.at(0);
      Samples bed = scene.samples;
      for (std::size_t n = 0; n < bed.size(); ++n) bed[n] -= scene.foreground[n];
      const double ratio = power(during(scene.foreground, event.onset_s, event.offset_s)) /
                           power(during(bed, event.onset_s, event.offset_s));
      EXPECT_NEAR(10 * std::log10(ratio), snr_db, 0.01) << seed;  // floats of 24 bits
      EXPECT_EQ(event.snr_db, snr_db);
      ++measured;
    }
  }
  EXPECT_GT(measured, 30);
}

TEST(Scene, PlanAndSceneAgree) {
  const SceneSpec spec = dog_in_rain();
  const Scene plan = plan_scene(spec, 3);
  const Scene scene = make_scene(spec, 3);
  EXPECT_TRUE(plan.samples.empty());
  EXPECT_EQ(plan.caption, scene.caption);
  ASSERT_EQ(plan.events.size(), scene.events.size());
  EXPECT_EQ(plan.events[0].onset_s, scene.events[0].onset_s);
  EXPECT_EQ(plan.events[0].offset_s, scene.events[0].offset_s);
}

TEST(Scene, AGroupIsOneDogInOnePlace) {
  SceneSpec spec = dog_in_rain();
  spec.group = 9;
  const Scene one = make_scene(spec, 1);
  const Scene other = make_scene(spec, 2);
  EXPECT_EQ(one.animal.tract_cm, other.animal.tract_cm);
  EXPECT_EQ(one.place.room_m, other.place.room_m);
  EXPECT_NE(one.samples, other.samples);
}

TEST(Scene, ManyEventsDoNotOverlapAndStayInside) {
  SceneSpec spec;
  spec.duration_s = 60;
  spec.events.assign(30, SoundKind::bark);
  spec.bed = {SoundKind::wind, SoundKind::hum};
  spec.bed_change_s = 10;
  const Scene scene = make_scene(spec, 4);
  EXPECT_GT(scene.events.size(), 10U);
  double end_s = 0;
  for (const SceneEvent& event : scene.events) {
    EXPECT_GE(event.onset_s, end_s);
    end_s = event.offset_s;
  }
  EXPECT_LE(end_s, 60);
  for (double from_s = 0; from_s < 60; from_s += 2)
    EXPECT_GT(power(during(scene.samples, from_s, from_s + 2)), 0) << from_s;
}

TEST(Scene, NothingLeavesFullScale) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Scene scene = make_scene(dog_in_rain(), seed);
    EXPECT_LE(peak_of(scene.samples), 1.0);
    EXPECT_GT(peak_of(scene.samples), 0.05);
  }
}

TEST(Scene, CaptionNamesWhatIsHeard) {
  const Scene scene = make_scene(dog_in_rain(), 1);
  EXPECT_NE(scene.caption.find("howl"), std::string::npos) << scene.caption;
  EXPECT_NE(scene.caption.find("rain"), std::string::npos) << scene.caption;
  EXPECT_EQ(plan_scene({}, 1).caption, "a quiet room");
}

TEST(Scene, RefusesWhatIsOutOfRange) {
  SceneSpec spec = dog_in_rain();
  spec.clean = true;
  EXPECT_THROW(make_scene(spec, 1), Error);
  spec = dog_in_rain();
  spec.duration_s = 0.1;
  EXPECT_THROW(make_scene(spec, 1), Error);
  spec = dog_in_rain();
  spec.snr_low_db = 30;
  EXPECT_THROW(make_scene(spec, 1), Error);
  spec = dog_in_rain();
  spec.bed_change_s = 1;
  EXPECT_THROW(make_scene(spec, 1), Error);
}

}  // namespace
}  // namespace pupil::synth
