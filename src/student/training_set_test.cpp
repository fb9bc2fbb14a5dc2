// SPDX-License-Identifier: Apache-2.0
#include "student/training_set.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "student/test_set.h"

namespace pupil::student {
namespace {

TEST(TrainingSet, ComesBackAsWritten) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  EXPECT_EQ(set.class_names(), (std::vector<std::string>{"low", "high", "noise"}));
  ASSERT_EQ(set.clips().size(), 24U);
  ASSERT_EQ(set.windows().size(), 48U);
  EXPECT_EQ(set.windows()[3].clip, 1);
  EXPECT_EQ(set.windows()[3].start_sample, 8000);
  EXPECT_FLOAT_EQ(set.soft(3)[1], 0.9F);
  EXPECT_EQ(set.embedding_size(), 4);
  EXPECT_EQ(set.clips()[2].sample_count, 16000);
  EXPECT_FALSE(std::filesystem::exists(folder / "set.safetensors.audio"));
}

TEST(TrainingSet, WindowsMayReachPastTheirClip) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  std::vector<float> early(8000), late(8000), plain(8000);
  set.read_window(set.windows()[0], 0, plain);
  set.read_window(set.windows()[0], -100, early);
  set.read_window(set.windows()[1], 7000, late);
  EXPECT_EQ(early[99], 0.0F);
  EXPECT_EQ(early[100], plain[0]);
  EXPECT_NE(late[999], 0.0F);
  EXPECT_EQ(late[1000], 0.0F);
}

TEST(TrainingSet, PiecesAppendedAreTheClipAppendedWhole) {
  const TestFolder folder;
  CounterRandom random(5, 0, 0, 0);
  const std::vector<float> sound = test_sound(2, random, kTrainingRateHz);
  const auto write = [&](const std::filesystem::path& path, std::size_t piece) {
    TrainingSetWriter writer(path);
    TrainingSetDraft draft;
    draft.configuration = "{}";
    draft.class_names = {"a"};
    for (std::size_t at = 0; at < sound.size(); at += piece)
      writer.append(std::span(sound).subspan(at, std::min(piece, sound.size() - at)));
    draft.clips.push_back({0, writer.sample_count()});
    writer.finish(draft);
    return sha256_file(path);
  };
  EXPECT_EQ(write(folder / "whole", sound.size()), write(folder / "pieces", 777));
}

TEST(TrainingSet, OtherFilesAreRefused) {
  const TestFolder folder;
  std::ofstream(folder / "text") << "no set at all";
  EXPECT_THROW(TrainingSet::open(folder / "text"), Error);
  EXPECT_THROW(TrainingSet::open(folder / "missing"), Error);
}

}  // namespace
}  // namespace pupil::student
