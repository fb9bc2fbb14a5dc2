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
  EXPECT_LE(broad_groups().size(), 70U);
}

TEST(BroadGroups, StepAsideForAWordOfAClass) {
  EXPECT_EQ(aside_by_words(named("dog barking")), std::set<std::string>{"dog"});
  EXPECT_EQ(aside_by_words(named("Door knock")), std::set<std::string>{"knocks"});
  EXPECT_EQ(aside_by_words(named("front door")), std::set<std::string>{"doors"});
  EXPECT_EQ(aside_by_words(named("water drops")), std::set<std::string>{"dripping"});
  EXPECT_EQ(aside_by_words(named("category")), std::set<std::string>());  // not "cat"
}

TEST(BroadGroups, StepAsideForTheirWidestAudioSetName) {
  EXPECT_EQ(aside_by_words(named("pest", {"Mouse", "Insect"})), std::set<std::string>{"flying insects"});
  EXPECT_EQ(aside_by_words(named("can", {"Burst, pop", "Hiss"})), std::set<std::string>());
}

const BroadGroup& group_named(std::string_view name) {
  return *std::ranges::find(broad_groups(), name, [](const BroadGroup& group) { return group.sound.name; });
}

TEST(BroadGroups, AreScoredWithoutTheNamesOfAClass) {
  const SoundClass can = named("can", {"Burst, pop", "Hiss"});
  const BroadGroup& cats = group_named("cat");
  const std::vector<std::string> left = without_names_of(cats, {&can, 1}).audioset;
  EXPECT_EQ(left.size() + 1, cats.sound.audioset.size());
  EXPECT_EQ(std::ranges::count(left, "Hiss"), 0);
  EXPECT_EQ(without_names_of(cats, {}).audioset, cats.sound.audioset);
  const BroadGroup& sneezing = group_named("sneezing");
  const SoundClass sneeze = named("flu", {"Sneeze"});
  EXPECT_EQ(without_names_of(sneezing, {&sneeze, 1}).audioset, sneezing.sound.audioset)
      << "a group is never without a name";
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
