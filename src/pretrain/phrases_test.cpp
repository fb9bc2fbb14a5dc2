// SPDX-License-Identifier: Apache-2.0
#include "pretrain/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "teacher/audioset_classes.h"

namespace pupil::pretrain {
namespace {

TEST(PhraseTable, KeysShareALine) {
  const PhraseTable table = PhraseTable::parse("# x\nBark | bark => a dog barking | woof\n! woof\n", "t");
  EXPECT_EQ(table.phrases("bark"), std::vector<std::string>{"a dog barking"});
  EXPECT_EQ(table.phrases("Bark"), table.phrases("bark"));
  EXPECT_THROW(PhraseTable::parse("nothing\n", "t"), Error);
}

TEST(PhraseTable, NamesSpeakForThemselves) {
  const PhraseTable table;
  EXPECT_EQ(table.phrases("Whimper (dog)"), std::vector<std::string>{"dog whimper"});
  EXPECT_EQ(table.phrases("Chirp, tweet"), (std::vector<std::string>{"chirp", "tweet"}));
}

TEST(PhraseTable, HeldOutTextsAreNeverSaid) {
  const PhraseTable table = PhraseTable::parse("a => rain | hail\n! the sound of rain\n", "t");
  CounterRandom random(1, 0, 0, 0);
  for (int i = 0; i < 500; ++i) EXPECT_NE(table.sentence(table.phrases("a"), random), "the sound of rain");
}

TEST(PhraseTable, BuiltInTableNamesAudioSetAsItIs) {
  const PhraseTable table = PhraseTable::load("");
  for (const char* name : {"Bark", "Canidae, dogs, wolves", "Crowing, cock-a-doodle-doo", "Tick-tock"}) {
    EXPECT_TRUE(table.has(name)) << name;
    EXPECT_NE(std::ranges::find(teacher::audioset_class_names(), name),
              teacher::audioset_class_names().end());
  }
  std::size_t known = 0;
  for (const std::string_view name : teacher::audioset_class_names()) known += table.has(std::string(name));
  EXPECT_GT(known, 150U);
}

}  // namespace
}  // namespace pupil::pretrain
