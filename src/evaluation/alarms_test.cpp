// SPDX-License-Identifier: Apache-2.0
#include "evaluation/alarms.h"

#include <gtest/gtest.h>

#include "audio/wav_writer.h"
#include "base/error.h"
#include "evaluation/test_model.h"

namespace pupil::evaluation {
namespace {

TEST(EventBuilder, PausesBelowASecondAreBridged) {
  EventBuilder builder({0.5F}, 1);
  for (const double start_s : {0.0, 1.5, 5.0}) builder.add(start_s, start_s + 1, std::vector<float>{0.9F});
  const auto events = builder.events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_DOUBLE_EQ(events[0].end_s, 2.5);
  EXPECT_DOUBLE_EQ(events[1].start_s, 5.0);
}

TEST(EventBuilder, OnlyTheBestPassingReportedClassCounts) {
  EventBuilder builder({0.5F, 0.5F, 0.9F}, 2);
  builder.add(0, 1, std::vector<float>{0.6F, 0.7F, 0.8F});   // the third does not pass
  builder.add(5, 6, std::vector<float>{0.6F, 0.1F, 0.95F});  // passes, but is not reported
  builder.add(9, 10, std::vector<float>{0.4F, 0.1F, 0.1F});  // none of these
  const auto events = builder.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].class_index, 1);
}

TEST(Alarms, EventsThatHappenedAreNoFalseAlarms) {
  AlarmFigures figures;
  figures.false_count.resize(2);
  const std::vector<metrics::Event> detected = {{0, 1, 2}, {0, 10, 11}, {1, 1, 2}};
  const std::vector<metrics::Event> truth = {{0, 1.2, 1.8}, {1, 30, 31}};
  add_detections(detected, truth, 1800, &figures);
  EXPECT_EQ(figures.events.false_alarm_count, 2);
  EXPECT_EQ(figures.events.found_count, 1);
  EXPECT_EQ(figures.events.missed_count, 1);
  EXPECT_EQ(figures.false_count, (std::vector<std::int64_t>{1, 1}));
  EXPECT_DOUBLE_EQ(figures.per_hour(), 4.0);
}

std::filesystem::path write_tone(const TestFolder& folder, double seconds) {
  std::vector<float> tone(static_cast<std::size_t>(16000 * seconds));
  for (std::size_t n = 0; n < tone.size(); ++n)
    tone[n] = 0.2F * static_cast<float>(std::sin(0.2 * static_cast<double>(n)));
  audio::WavWriter writer(folder.path(), 16000, audio::WavFormat::kInt16);
  writer.write(tone);
  writer.commit(folder / "long.wav");
  return folder / "long.wav";
}

TEST(Alarms, RecordingIsHeardToItsEnd) {
  const TestFolder folder;
  const TestModel model(edge::ScoreKind::softmax, 0.0F);  // every window passes
  double duration_s = 0;
  const auto events = score_recording(model.model(), write_tone(folder, 4), 3, &duration_s);
  EXPECT_NEAR(duration_s, 4.0, 1e-6);
  ASSERT_FALSE(events.empty());
  EXPECT_GT(events.back().end_s, 3.5);
}

TEST(Alarms, MissingRecordingIsNamed) {
  const TestModel model;
  double duration_s = 0;
  EXPECT_THROW(score_recording(model.model(), "nowhere.wav", 3, &duration_s), Error);
}

}  // namespace
}  // namespace pupil::evaluation
