// SPDX-License-Identifier: Apache-2.0
#include "teacher/broad_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "teacher/audioset_classes.h"

namespace pupil::teacher {
namespace {

SoundClass named(std::string name, std::vector<std::string> audioset = {}) {
  SoundClass sound;
  sound.name = std::move(name);
  sound.audioset = std::move(audioset);
  return sound;
}

std::set<std::string> aside_of(const SoundClass& sound, const ScoreCorrelation& correlation) {
  std::set<std::string> names;
  for (const GroupAside& aside : groups_aside({&sound, 1}, 1, correlation))
    names.insert(broad_groups()[aside.group].sound.name);
  return names;
}

std::set<std::string> aside_by_words(const SoundClass& sound) {
  return aside_of(sound, ScoreCorrelation(1, broad_groups().size()));
}

TEST(BroadGroups, HaveKnownNamesThatNoTwoShare) {
  std::set<std::string> seen;
  for (const BroadGroup& group : broad_groups()) {
    EXPECT_FALSE(group.sound.prompts.empty()) << group.sound.name;
    for (const std::string& name : group.sound.audioset) {
      EXPECT_NE(std::ranges::find(audioset_class_names(), name), audioset_class_names().end()) << name;
      EXPECT_TRUE(seen.insert(name).second) << name;
    }
  }
  EXPECT_GE(broad_groups().size(), 40U);
  EXPECT_LE(broad_groups().size(), 60U);
}

TEST(BroadGroups, StepAsideForAWordOfAClass) {
  EXPECT_EQ(aside_by_words(named("dog barking")), std::set<std::string>{"dog"});
  EXPECT_EQ(aside_by_words(named("Door knock")), std::set<std::string>{"doors and knocks"});
  EXPECT_EQ(aside_by_words(named("category")), std::set<std::string>());  // not "cat"
}

TEST(BroadGroups, StepAsideForAnAudioSetName) {
  EXPECT_EQ(aside_by_words(named("pest", {"Mouse", "Mosquito"})), std::set<std::string>{"insects"});
}

TEST(BroadGroups, StepAsideForScoresThatRiseAndFallTogether) {
  ScoreCorrelation correlation(1, broad_groups().size());
  std::vector<float> scores(1 + broad_groups().size());
  for (int i = 0; i < 40; ++i) {
    scores[0] = static_cast<float>(i % 7);
    scores[1] = 3 * scores[0] + 1;          // the first group
    scores[2] = static_cast<float>(i % 3);  // the second
    correlation.add(scores);
  }
  EXPECT_NEAR(correlation.between(0, 0), 1, 1e-9);
  EXPECT_LT(correlation.between(1, 0), kSameSound);
  EXPECT_EQ(correlation.between(2, 0), 0);  // it never differed
  EXPECT_EQ(aside_of(named("thing"), correlation), std::set<std::string>{broad_groups()[0].sound.name});
}

}  // namespace
}  // namespace pupil::teacher
