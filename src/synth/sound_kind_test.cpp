// SPDX-License-Identifier: Apache-2.0
#include "synth/sound_kind.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::synth {
namespace {

TEST(SoundKind, EveryKindHasNameAndWords) {
  EXPECT_EQ(sound_kinds().size(), voice_kinds().size() + background_kinds().size());
  for (const SoundKind kind : sound_kinds()) {
    EXPECT_EQ(parse_kind(kind_name(kind)), kind);
    EXPECT_GE(phrases(kind).size(), 3U) << kind_name(kind);
    EXPECT_GE(audioset_names(kind).size(), 2U) << kind_name(kind);
  }
}

TEST(SoundKind, ListsKnowGroupsAndDropRepetitions) {
  EXPECT_EQ(parse_kinds("rain,bark,rain"), (std::vector{SoundKind::rain, SoundKind::bark}));
  EXPECT_EQ(parse_kinds("dogs").size(), 6U);
  EXPECT_EQ(parse_kinds("dogs,howl,backgrounds").size(), sound_kinds().size());
}

TEST(SoundKind, AnUnknownNameGetsTheNearest) {
  try {
    parse_kinds("bark,howll");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("unknown sound 'howll', did you mean 'howl'?"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(parse_kinds(","), Error);
}

}  // namespace
}  // namespace pupil::synth
