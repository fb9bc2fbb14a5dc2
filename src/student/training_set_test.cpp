#include "student/training_set.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
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
  EXPECT_EQ(set.audio(set.clips()[2]).size(), 16000U);
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

TEST(TrainingSet, OtherFilesAreRefused) {
  const TestFolder folder;
  std::ofstream(folder / "text") << "no set at all";
  EXPECT_THROW(TrainingSet::open(folder / "text"), Error);
  EXPECT_THROW(TrainingSet::open(folder / "missing"), Error);
}

}  // namespace
}  // namespace pupil::student
