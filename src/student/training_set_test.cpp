// SPDX-License-Identifier: Apache-2.0
#include "student/training_set.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
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
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(TrainingSet, TwoWritersOfOneSetDoNotMeet) {
  const TestFolder folder;
  TrainingSetDraft draft;
  draft.configuration = "{}";
  draft.class_names = {"a"};
  draft.clips.push_back({0, 1000});
  const auto path = folder / "set.safetensors";
  TrainingSetWriter first(path);
  first.append(std::vector<float>(1000, 0.5F));
  TrainingSetWriter second(path);
  second.append(std::vector<float>(1000, -0.5F));
  first.finish(draft);
  std::vector<float> out(2);
  TrainingSet::open(path).read_window({}, 0, out);
  EXPECT_EQ(out, std::vector<float>({0.5F, 0.5F}));
  second.finish(draft);
  TrainingSet::open(path).read_window({}, 0, out);
  EXPECT_EQ(out, std::vector<float>({-0.5F, -0.5F}));
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

// A hostile or torn file: no column may be read beyond its end.
TEST(TrainingSet, ColumnsOfAnotherLengthAreRefused) {
  const TestFolder folder;
  make_test_set(folder / "set.safetensors");
  const nn::TensorFile file = nn::TensorFile::open(folder / "set.safetensors");
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : file.values()) values[key] = std::get<std::string>(value);
  int columns = 0;
  for (const nn::TensorEntry& shortened : file.entries()) {
    if (shortened.name == "audio" || shortened.name == "window.embedding") continue;
    std::vector<nn::NamedTensor> tensors;
    for (const nn::TensorEntry& entry : file.entries()) {
      const at::Tensor tensor = file.tensor(entry.name);
      tensors.push_back({entry.name, entry.name == shortened.name ? tensor.slice(0, 0, -1) : tensor});
    }
    nn::write_safetensors(folder / "short.safetensors", tensors, values);
    EXPECT_THROW(TrainingSet::open(folder / "short.safetensors"), Error) << shortened.name;
    ++columns;
  }
  EXPECT_EQ(columns, 13);
}

TEST(TrainingSet, OtherFilesAreRefused) {
  const TestFolder folder;
  std::ofstream(folder / "text") << "no set at all";
  EXPECT_THROW(TrainingSet::open(folder / "text"), Error);
  EXPECT_THROW(TrainingSet::open(folder / "missing"), Error);
}

}  // namespace
}  // namespace pupil::student
