// SPDX-License-Identifier: Apache-2.0
#include "pipeline/confusions.h"

#include <gtest/gtest.h>

namespace pupil::pipeline {
namespace {

TEST(Confusions, AreSoundsByFallingNumberOfFalseAlarmsWithTheirWords) {
  const SoundClass cat{"cat", {"a cat meowing", "a cat purring"}, {}, {}, {}};
  const SoundClass door{"door", {"a door closing"}, {}, {}, {}};
  Confusions confusions;
  confusions.add(cat, 1, 2);
  confusions.add(door, 0, 1);
  confusions.add(cat, 0, 3);
  confusions.add(door, 0, 5);
  confusions.add({"rain", {"rain falling"}, {}, {}, {}}, 0, 0);
  const std::vector<std::string> names = {"bark", "whine"};
  EXPECT_EQ(
      confusions.json(names).dump(),
      R"([{"sound":"door","taken_for":["bark"],"false_alarms":6,"prompts":["a door closing"]},)"
      R"({"sound":"cat","taken_for":["bark","whine"],"false_alarms":5,"prompts":["a cat meowing","a cat purring"]}])");
}

TEST(Confusions, OfAModelThatConfusesNothingAreAnEmptyList) {
  EXPECT_EQ(Confusions().json({}).dump(), "[]");
}

}  // namespace
}  // namespace pupil::pipeline
