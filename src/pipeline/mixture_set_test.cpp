// SPDX-License-Identifier: Apache-2.0
#include "pipeline/mixture_set.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "audio/decoder.h"
#include "audio/flac_writer.h"
#include "base/error.h"
#include "base/test_folder.h"
#include "corpus/csv.h"
#include "synth/samples.h"

namespace pupil::pipeline {
namespace {

/// Half a second of a tone of its own.
void write_tone(const std::filesystem::path& path, double hz, double level) {
  std::vector<float> samples(16000);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(level * std::sin(6.283185 * hz * static_cast<double>(i) / 32000));
  audio::FlacWriter writer(path.parent_path(), 32000);
  writer.write(samples);
  writer.commit(path);
}

/// Two labels, three recordings of each; one of three is for the test.
corpus::Source make_source(const TestFolder& folder, const std::string& name, double hz) {
  corpus::Source source;
  source.name = name;
  std::filesystem::create_directories(folder / name);
  for (int i = 0; i < 6; ++i) {
    corpus::SourceItem item;
    item.path = std::to_string(i) + ".flac";
    item.file = folder / name / item.path;
    item.recording = name + std::to_string(i);
    item.split = i % 3 == 0 ? corpus::Split::test : corpus::Split::train;
    item.given.push_back({i % 2 == 0 ? "a" : "b \"quoted\", too"});
    write_tone(item.file, hz * (1 + 0.2 * i), 0.1 + 0.05 * i);
    source.items.push_back(std::move(item));
  }
  return source;
}

corpus::Source read_index(const std::filesystem::path& path) {
  return corpus::read_source(path);
}

std::vector<float> decode(const std::filesystem::path& path) {
  audio::DecodeOptions options;
  options.sample_rate_hz = 32000;
  return audio::decode_file(path, options);
}

TEST(MixtureSet, TheRatioIsWhatWasAskedFor) {
  TestFolder folder;
  const MixtureSetSummary summary =
      write_mixture_set(make_source(folder, "clean", 400), {make_source(folder, "noise", 3000)},
                        {.snr_db = {10, -5}}, folder / "out");
  EXPECT_EQ(summary.mixture_count, 12);
  const corpus::Source noisy = read_index(folder / "out" / "noisy.csv");
  ASSERT_EQ(noisy.items.size(), 12U);
  for (std::size_t i = 0; i < noisy.items.size(); ++i) {
    const std::vector<float> mixture = decode(noisy.items[i].file);
    const std::vector<float> truth = decode(folder / "out" / "clean" / noisy.items[i].file.filename());
    ASSERT_EQ(mixture.size(), truth.size());
    std::vector<float> background(mixture.size());
    for (std::size_t n = 0; n < mixture.size(); ++n) background[n] = mixture[n] - truth[n];
    const double ratio = 10 * std::log10(synth::power(truth) / synth::power(background));
    EXPECT_NEAR(ratio, i % 2 == 0 ? 10 : -5, 0.05) << noisy.items[i].path;
  }
}

TEST(MixtureSet, LabelsRecordingsAndSplitsAreThoseOfTheCleanClip) {
  TestFolder folder;
  write_mixture_set(make_source(folder, "clean", 400), {make_source(folder, "noise", 3000)}, {.snr_db = {0}},
                    folder / "out");
  for (const char* index : {"noisy.csv", "clean.csv"}) {
    const corpus::Source set = read_index(folder / "out" / index);
    std::set<std::string> test, train, labels;
    for (const corpus::SourceItem& item : set.items) {
      (item.split == corpus::Split::test ? test : train).insert(item.recording);
      labels.insert(item.given.at(0).label);
    }
    EXPECT_EQ(test, (std::set<std::string>{"clean0", "clean3"})) << index;
    EXPECT_EQ(train, (std::set<std::string>{"clean1", "clean2", "clean4", "clean5"}));
    EXPECT_EQ(labels, (std::set<std::string>{"a", "b \"quoted\", too"}));
  }
}

TEST(MixtureSet, BackgroundsOfTheTestAreNeverTrainedOn) {
  TestFolder folder;
  corpus::Source noise = make_source(folder, "noise", 3000);
  // Enough mixtures that every background would be drawn somewhere.
  write_mixture_set(make_source(folder, "clean", 400), {noise}, {.snr_db = {0, 1, 2, 3, 4, 5, 6, 7}},
                    folder / "out");
  const corpus::CsvTable table = corpus::read_csv(folder / "out" / "noisy.csv");
  std::map<std::string, std::set<std::string>> splits_of;
  for (const auto& row : table.rows) splits_of[row.at(5)].insert(row.at(3));
  for (const auto& [background, splits] : splits_of) EXPECT_EQ(splits.size(), 1U) << background;
  EXPECT_GE(splits_of.size(), 4U);
}

TEST(MixtureSet, GoesOnWhereItWasStopped) {
  TestFolder folder;
  const corpus::Source clean = make_source(folder, "clean", 400), noise = make_source(folder, "noise", 3000);
  write_mixture_set(clean, {noise}, {.snr_db = {0}}, folder / "out");
  const auto kept = folder / "out" / "clean" / "train-000001.flac";
  const auto lost = folder / "out" / "noisy" / "train-000000.flac";
  const std::vector<float> before = decode(lost);
  const auto written = std::filesystem::last_write_time(kept);
  std::filesystem::remove(lost);
  std::filesystem::remove(folder / "out" / "clean" / "train-000000.flac");
  write_mixture_set(clean, {noise}, {.snr_db = {0}}, folder / "out");
  EXPECT_EQ(decode(lost), before);
  EXPECT_EQ(std::filesystem::last_write_time(kept), written);
}

TEST(MixtureSet, AFolderOfOtherOptionsIsLeftAlone) {
  TestFolder folder;
  const corpus::Source clean = make_source(folder, "clean", 400);
  write_mixture_set(clean, {}, {.snr_db = {0}}, folder / "out");
  EXPECT_THROW(write_mixture_set(clean, {}, {.snr_db = {5}}, folder / "out"), Error);
}

TEST(MixtureSet, NothingIsWrittenAmongOtherFiles) {
  TestFolder folder;
  const corpus::Source clean = make_source(folder, "clean", 400);
  EXPECT_THROW(write_mixture_set(clean, {}, {.snr_db = {0}}, folder / "clean"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "clean" / "noisy"));
}

TEST(MixtureSet, NeedsOtherLabelsForABackground) {
  TestFolder folder;
  corpus::Source clean = make_source(folder, "clean", 400);
  for (corpus::SourceItem& item : clean.items) item.given = {{"a"}};
  EXPECT_THROW(write_mixture_set(clean, {}, {.snr_db = {0}}, folder / "out"), Error);
}

}  // namespace
}  // namespace pupil::pipeline
