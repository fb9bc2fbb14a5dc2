// SPDX-License-Identifier: Apache-2.0
#include "listen/calibration.h"

#include "listen/event_tracker.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

TEST(ThresholdLadder, CountsWhatTheTrackerWouldFind) {
  const TestFolder folder;
  write_tone_model(folder / "m.pupil");
  const LoadedModel model({}, (folder / "m.pupil").string());
  const EventRule rule{.votes = 2, .of = 3, .merge_gap_s = 0.3};
  ThresholdLadder ladder(rule);
  std::mt19937 random(5);
  std::vector<float> scores;
  for (int i = 0; i < 3000; ++i) {
    const float base = random() % 10 < 2 ? 0.5F : 0.05F;
    scores.push_back(base + 0.5F * static_cast<float>(random() % 1000) / 1000.0F);
    ladder.push(scores.back(), test_moment(0.1 * i).utc);
  }
  for (const std::size_t step : {100U, 120U, 140U, 160U}) {
    EventRule at = rule;
    at.threshold = ThresholdLadder::threshold(step);
    EventTracker tracker(model.model(), {at}, 1600);
    std::int64_t events = 0, windows = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const float all[] = {scores[i], 0};
      tracker.push(all, static_cast<std::int64_t>(i) * 1600, 0);
      events += std::ssize(tracker.began());
      windows += scores[i] >= static_cast<float>(at.threshold) ? 1 : 0;
    }
    EXPECT_GT(events, 0);
    EXPECT_EQ(ladder.events_at(step), events) << step;
    EXPECT_EQ(ladder.windows_at(step), windows) << step;
    EXPECT_EQ(ladder.events_at_threshold(at.threshold), events);
  }
  const double none = ladder.lowest_threshold(0);
  EXPECT_EQ(ladder.events_at_threshold(none), 0);
  EXPECT_GT(none, ladder.lowest_threshold(20));
}

TEST(Calibration, ProposesByHoursAndWritesRules) {
  const ListenConfig config = default_listen_config("m.pupil");
  CalibrationSink sink(config);
  const std::vector<ListenedModel> models = {{"m", "", {"bark"}}};
  sink.configured({}, models);
  const float threshold[] = {0.3F};
  for (int i = 0; i < 72'000; ++i) {  // two hours; a loud minute
    const float score[] = {i >= 100 && i < 700 ? 0.6F : 0.02F};
    sink.window_scored({"mic", "m", test_moment(0.1 * i).utc, score, threshold});
  }
  const std::vector<Proposal> proposals = sink.proposals(1);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_NEAR(proposals[0].hours, 2, 0.01);
  EXPECT_EQ(proposals[0].events, 1);
  EXPECT_GT(proposals[0].proposed, 0.6);
  EXPECT_LT(proposals[0].proposed, 0.63);
  EXPECT_EQ(sink.proposals(13)[0].proposed_events, 1) << "one in two hours is allowed";
  const std::string text = with_rules("# mine\n", rule_text(proposals));
  const ListenConfig read = parse_listen_config("[[model]]\npath = \"m.pupil\"\n" + text, "listen.toml");
  EXPECT_NEAR(read.rule_of("mic", "bark", 0.3).threshold, proposals[0].proposed, 1e-4);
  EXPECT_EQ(with_rules(text, rule_text(proposals)), text) << "again: in the same place";
}

}  // namespace
}  // namespace pupil::listen
