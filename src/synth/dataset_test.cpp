// SPDX-License-Identifier: Apache-2.0
#include "synth/dataset.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::synth {
namespace {

namespace fs = std::filesystem;

DatasetOptions small() {
  DatasetOptions options;
  options.clip_count = 8;
  options.clip_s = 1;
  options.classes = {SoundKind::bark, SoundKind::rain};
  return options;
}

std::vector<std::string> lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) found.push_back(line);
  return found;
}

std::string error_of(const fs::path& folder, const DatasetOptions& options) {
  try {
    write_dataset(folder, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Dataset, WritesClipsAndTables) {
  const TestFolder folder;
  const DatasetReport report = write_dataset(folder / "out", small());
  EXPECT_EQ(report.made_count, 8);
  EXPECT_EQ(report.labels.at("bark"), 4);
  EXPECT_EQ(report.group_count, 1);
  const auto clips = lines(folder / "out/clips.csv");
  ASSERT_EQ(clips.size(), 9U);
  EXPECT_EQ(clips[0], "path,label,group,split,licence,author,duration_s,background,caption");
  EXPECT_TRUE(clips[1].starts_with("bark/bark_000000.flac,bark,synth 1 group 0,")) << clips[1];
  EXPECT_NE(clips[1].find(",CC0-1.0,pupil synth,1,"), std::string::npos) << clips[1];
  EXPECT_EQ(lines(folder / "out/captions.csv").size(), 9U);
  const auto events = lines(folder / "out/events.csv");
  EXPECT_EQ(events[0], "file,class,onset_s,offset_s,snr_db");
  EXPECT_NE(std::find(events.begin(), events.end(), "rain/rain_000001.flac,rain,0,1,"), events.end());
}

TEST(Dataset, AFolderIsFinishedAndGrowsWithTheSameBytes) {
  const TestFolder folder;
  DatasetOptions options = small();
  write_dataset(folder / "whole", options);
  options.clip_count = 3;
  options.thread_count = 1;
  write_dataset(folder / "grown", options);
  // What a killed process leaves.
  std::ofstream(folder / "grown/bark/.pupil-abc") << "half a file";
  options = small();
  const DatasetReport report = write_dataset(folder / "grown", options);
  EXPECT_FALSE(fs::exists(folder / "grown/bark/.pupil-abc"));
  EXPECT_EQ(report.kept_count, 3);
  EXPECT_EQ(report.made_count, 5);
  for (const DatasetItem& item : plan_dataset(options))
    EXPECT_EQ(file_bytes(folder / ("whole/" + item.file)), file_bytes(folder / ("grown/" + item.file)));
  for (const char* table : {"clips.csv", "captions.csv", "events.csv", "synth.json"})
    EXPECT_EQ(file_bytes(folder / (std::string("whole/") + table)),
              file_bytes(folder / (std::string("grown/") + table)));
}

TEST(Dataset, SplitsDivideNoGroupAndKeepTheirShares) {
  DatasetOptions options;
  options.clip_count = 4000;
  std::map<std::string, std::set<std::string>> splits_of;
  std::map<std::string, int> groups_in;
  for (const DatasetItem& item : plan_dataset(options)) splits_of[item.group].insert(item.split);
  for (const auto& [group, splits] : splits_of) {
    EXPECT_EQ(splits.size(), 1U) << group;
    ++groups_in[*splits.begin()];
  }
  EXPECT_EQ(splits_of.size(), 600U);  // 200 rounds of 20 clips: groups of 8, 8 and 4
  EXPECT_NEAR(groups_in["val"], 90, 6);
  EXPECT_NEAR(groups_in["test"], 90, 6);
}

TEST(Dataset, TheDemoYardHasEveryClassInEverySplit) {
  std::map<std::string, std::map<std::string, int>> clips;
  for (const DatasetItem& item : plan_dataset(demo_yard())) ++clips[item.label][item.split];
  EXPECT_EQ(clips.size(), sound_kinds().size());
  for (const auto& [label, splits] : clips) EXPECT_EQ(splits.size(), 3U) << label;
  EXPECT_EQ(clips["bark"]["train"] + clips["bark"]["val"] + clips["bark"]["test"], 36);
}

TEST(Dataset, LongScenesHaveEventsNowAndThen) {
  const TestFolder folder;
  DatasetOptions options;
  options.scene_count = 1;
  options.scene_min = 0.5;
  options.events_per_min = 12;
  options.is_wav = true;
  const DatasetReport report = write_dataset(folder / "out", options);
  EXPECT_TRUE(fs::exists(folder / "out/scenes/scene_0000.wav"));
  EXPECT_EQ(fs::file_size(folder / "out/scenes/scene_0000.wav"), 56U + 30U * 64000U);
  EXPECT_GE(report.event_count, 3);
  EXPECT_EQ(report.splits.at("test"), 1);
}

TEST(Dataset, RefusesOtherOptionsAndForeignFolders) {
  const TestFolder folder;
  DatasetOptions options = small();
  write_dataset(folder / "out", options);
  options.clip_s = 2;
  EXPECT_NE(error_of(folder / "out", options).find("seconds is 1, now 2 is asked for"), std::string::npos)
      << error_of(folder / "out", options);
  fs::create_directory(folder / "mine");
  std::ofstream(folder / "mine/diary.txt") << "x";
  EXPECT_NE(error_of(folder / "mine", small()).find("holds other files (diary.txt)"), std::string::npos);
  EXPECT_NE(error_of(folder / "mine/diary.txt/out", small()).find("cannot make this folder"),
            std::string::npos);
}

TEST(Dataset, RefusesWhatIsOutOfRange) {
  DatasetOptions options = small();
  options.clip_s = 0.1;
  EXPECT_THROW(plan_dataset(options), Error);
  options = small();
  options.val_share = 0.7;
  options.test_share = 0.7;
  EXPECT_THROW(plan_dataset(options), Error);
  options = small();
  options.scene_min = 100;
  EXPECT_THROW(plan_dataset(options), Error);
}

// A disk that takes 30 kB: the file that did not fit is not there, and a later run finishes.
TEST(Dataset, AFullDiskIsAnErrorAndLeavesNoHalfFile) {
  const TestFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small_files{30'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small_files);
  const std::string error = error_of(folder / "out", small());
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(error.find("_00000"), std::string::npos) << error;
  EXPECT_FALSE(fs::exists(folder / "out/clips.csv"));
  const DatasetReport report = write_dataset(folder / "out", small());
  EXPECT_EQ(report.made_count + report.kept_count, 8);
}

}  // namespace
}  // namespace pupil::synth
