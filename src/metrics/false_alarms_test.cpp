// SPDX-License-Identifier: Apache-2.0
#include "metrics/false_alarms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace pupil::metrics {
namespace {

using Events = std::vector<Event>;

TEST(MatchEventsTest, CountsFoundMissedAndFalse) {
  const Events truth = {{0, 1.0, 2.0}, {0, 10.0, 11.0}, {1, 1.0, 2.0}};
  const Events detected = {{0, 1.5, 3.0}, {0, 20.0, 21.0}, {1, 5.0, 6.0}};
  const EventFigures figures = match_events(detected, truth, 0);
  EXPECT_EQ(figures.found_count, 1);
  EXPECT_EQ(figures.missed_count, 2);
  EXPECT_EQ(figures.false_alarm_count, 2);
}

TEST(MatchEventsTest, ManyDetectionsOfOneEventAreNoFalseAlarms) {
  const EventFigures figures = match_events(Events{{0, 1, 2}, {0, 3, 4}, {0, 5, 6}}, Events{{0, 0, 10}}, 0);
  EXPECT_EQ(figures.found_count, 1);
  EXPECT_EQ(figures.false_alarm_count, 0);
}

TEST(MatchEventsTest, TheCollarForgivesRoughMarks) {
  const Events truth = {{0, 1.0, 2.0}};
  EXPECT_EQ(match_events(Events{{0, 2.4, 3.0}}, truth, 0.5).false_alarm_count, 0);
  EXPECT_EQ(match_events(Events{{0, 2.6, 3.0}}, truth, 0.5).false_alarm_count, 1);
  EXPECT_EQ(match_events(Events{{0, 0.0, 0.4}}, truth, 0.5).false_alarm_count, 1);
  EXPECT_EQ(match_events(Events{{0, 0.0, 0.6}}, truth, 0.5).found_count, 1);
}

TEST(MatchEventsTest, TheOrderDoesNotMatter) {
  Events truth = {{0, 1, 2}, {1, 3, 4}, {0, 8, 9}};
  Events detected = {{0, 1, 2}, {0, 3, 4}, {1, 9, 10}, {0, 8, 8}};
  const EventFigures one = match_events(detected, truth);
  std::reverse(truth.begin(), truth.end());
  std::reverse(detected.begin(), detected.end());
  const EventFigures other = match_events(detected, truth);
  EXPECT_EQ(one.found_count, other.found_count);
  EXPECT_EQ(one.missed_count, other.missed_count);
  EXPECT_EQ(one.false_alarm_count, other.false_alarm_count);
}

TEST(MatchEventsTest, RefusesTimesThatAreNone) {
  EXPECT_THROW(match_events(Events{{0, 2, 1}}, {}), std::invalid_argument);
  EXPECT_THROW(match_events({}, Events{{0, 0, NAN}}), std::invalid_argument);
  EXPECT_THROW(match_events({}, {}, -1), std::invalid_argument);
}

TEST(FalseAlarmsTest, ArePerHourOfAllRecordings) {
  EventFigures sum;
  sum += match_events(Events{{0, 1, 2}, {0, 5, 6}}, {});
  sum += match_events(Events{{0, 1, 2}}, {});
  EXPECT_DOUBLE_EQ(false_alarms_per_hour(sum, 2 * 3600), 1.5);
  EXPECT_TRUE(std::isnan(false_alarms_per_hour(sum, 0)));
}

}  // namespace
}  // namespace pupil::metrics
