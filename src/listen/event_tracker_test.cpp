// SPDX-License-Identifier: Apache-2.0
#include "listen/event_tracker.h"

#include "base/text.h"
#include "listen/near_misses.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

constexpr std::int64_t kHopSamples = 1600;  // 0.1 s

class Tracker : public ::testing::Test {
 protected:
  Tracker() {
    write_tone_model(folder / "m.pupil");
    model = std::make_shared<const LoadedModel>(ModelSpec{}, (folder / "m.pupil").string());
  }

  // A window each 0.1 s with these scores of the class; what began and ended, in tenths of a second of the windows' ends.
  std::string run(EventRule rule, const std::vector<float>& scores, int local_minute = 0) {
    rule.threshold = 0.5;
    EventTracker tracker(model->model(), {rule}, kHopSamples);
    std::string text;
    const auto note = [&](std::size_t at) {
      for (std::size_t i = 0; i < tracker.began().size(); ++i) text += concat("+", at);
      for (std::size_t i = 0; i < tracker.ended().size(); ++i) text += concat("-", at);
      for (const auto& stretch : tracker.ended()) last = stretch;
    };
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const float all[] = {scores[i], 0.1F};
      tracker.push(all, static_cast<std::int64_t>(i + 100) * kHopSamples, local_minute);
      note(i);
    }
    tracker.finish();
    note(scores.size());
    return text;
  }

  TestFolder folder;
  std::shared_ptr<const LoadedModel> model;
  EventTracker::Stretch last;
};

const EventRule kShortGap{.votes = 2, .of = 3, .merge_gap_s = 0.2};

TEST_F(Tracker, NeedsVotesAndEndsAfterThePause) {
  EXPECT_EQ(run(kShortGap, {0.9F, 0, 0, 0, 0}), "") << "one vote";
  EXPECT_EQ(run(kShortGap, {0.6F, 0, 0.9F, 0, 0, 0, 0}), "+2-5");
  EXPECT_FLOAT_EQ(last.score, 0.9F);
  EXPECT_FLOAT_EQ(last.peak_score, 0.9F);
  EXPECT_EQ(last.offset_samples - last.onset_samples, 3 * kHopSamples)
      << "two hops, and half a hop on both sides";
}

TEST_F(Tracker, GoesOnAboveTheReleaseAlone) {
  EXPECT_EQ(run(kShortGap, {0.9F, 0.9F, 0.4F, 0.4F, 0.4F, 0.3F, 0.3F, 0.3F}), "+1-7");
  EventRule strict = kShortGap;
  strict.release = 1;
  EXPECT_EQ(run(strict, {0.9F, 0.9F, 0.4F, 0.4F, 0.4F, 0.3F, 0.3F, 0.3F}), "+1-4");
}

TEST_F(Tracker, MergesOverAPauseAndCoolsDown) {
  const std::vector<float> twice = {0.9F, 0.9F, 0, 0, 0.9F, 0.9F, 0, 0, 0, 0};
  EXPECT_EQ(run(kShortGap, twice), "+1-8") << "a pause of two hops";
  EventRule rule = kShortGap;
  rule.merge_gap_s = 0.1;
  EXPECT_EQ(run(rule, twice), "+1-3+5-7");
  rule.cool_down_s = 1;
  EXPECT_EQ(run(rule, twice), "+1-3");
}

TEST_F(Tracker, TellsOfAnEventWhenItIsLongEnough) {
  EventRule rule = kShortGap;
  rule.min_length_s = 0.4;
  EXPECT_EQ(run(rule, {0.9F, 0.9F, 0.9F, 0, 0, 0, 0}), "");
  EXPECT_EQ(run(rule, {0.9F, 0.9F, 0.9F, 0.9F, 0, 0, 0, 0}), "+3-6");
}

TEST_F(Tracker, KeepsQuietHours) {
  EventRule rule = kShortGap;
  rule.quiet = {"22:00-06:00"};
  EXPECT_EQ(run(rule, {0.9F, 0.9F, 0.9F}, 23 * 60), "");
  EXPECT_EQ(run(rule, {0.9F, 0.9F, 0.9F}, 12 * 60), "+1-3");
}

TEST_F(Tracker, KeepsTheBestWindowOfAMinuteWithoutEvents) {
  NearMissTracker misses(1, 0.5);
  const float threshold[] = {0.5F, 0.5F};
  const auto push = [&](double second, float score, bool in_event) {
    const float scores[] = {score, 0.2F};
    return misses.push(scores, threshold, std::llround(second * kTestRateHz), test_moment(second).utc,
                       [&](std::int32_t) { return in_event; });
  };
  push(1, 0.3F, false);
  push(2, 0.45F, false);
  push(3, 0.4F, false);
  const auto first = push(60, 0.2F, false);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].time, test_moment(2).utc);
  EXPECT_FLOAT_EQ(first[0].scores[1], 0.2F);
  push(61, 0.4F, true);
  EXPECT_TRUE(push(120, 0.2F, false).empty()) << "its minute had an event";
  EXPECT_TRUE(push(180, 0.2F, false).empty()) << "below the floor";
}

}  // namespace
}  // namespace pupil::listen
