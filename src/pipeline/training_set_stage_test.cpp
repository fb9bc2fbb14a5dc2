// SPDX-License-Identifier: Apache-2.0
#include "pipeline/training_set_stage.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "base/error.h"
#include "corpus/review_journal.h"
#include "corpus/reviews.h"
#include "pipeline/config_chain.h"
#include "pipeline/test_stages.h"

namespace pupil::pipeline {
namespace {

using TrainingSetStage = StageTest;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_F(TrainingSetStage, HoldsEveryClipInItsSplit) {
  label();
  const PreparedSet prepared = prepare_training_set(project, catalogue, store, false);
  std::map<student::SetSplit, int> clips;
  for (const student::TrainingClip& clip : prepared.set.clips()) ++clips[clip.split];
  EXPECT_EQ(clips[student::SetSplit::train], 8);
  EXPECT_EQ(clips[student::SetSplit::val], 2);
  EXPECT_EQ(clips[student::SetSplit::test], 2);
  EXPECT_EQ(prepared.clip_ids.size(), prepared.set.clips().size());
  EXPECT_EQ(prepared.set.class_names(), (std::vector<std::string>{"low", "high"}));
  for (const student::TrainingWindow& window : prepared.set.windows()) {
    if (window.verdict != student::SetVerdict::accepted) continue;
    EXPECT_EQ(window.label, window.truth);
  }
}

// Labels are as named here, and the reviews decide all the same: hard label, soft target, and which set it is.
TEST_F(TrainingSetStage, AReviewDecidesTheSoftTargetToo) {
  project.label.refine = "off";
  label();
  const std::filesystem::path before = outline_training_set(project, catalogue, false).path;
  const corpus::Window window =
      corpus::list_windows(catalogue, find_config_chain(project, catalogue).active(project.label)).front();
  corpus::Review verdict;
  verdict.clip_id = window.clip_id;
  verdict.start_s = static_cast<double>(window.start_sample) / 16000;
  verdict.length_s = 1;
  verdict.label = "high";
  corpus::put_review(catalogue, verdict);
  EXPECT_NE(outline_training_set(project, catalogue, false).path, before);
  const student::TrainingSet set = prepare_training_set(project, catalogue, store, false).set;
  std::int64_t decided = 0;
  for (std::int64_t i = 0; i < std::ssize(set.windows()); ++i) {
    const student::TrainingWindow& row = set.windows()[static_cast<std::size_t>(i)];
    if (row.verdict != student::SetVerdict::accepted || row.label == row.truth) continue;
    ++decided;
    EXPECT_EQ(row.label, 1);
    EXPECT_EQ(set.soft(i)[1], 1.0F);
  }
  EXPECT_EQ(decided, 1);
}

// "Not this", said of what a device took for a class, is a hard negative.
TEST_F(TrainingSetStage, AReviewOfNoneOfTheClassesIsLearnedAsSuch) {
  project.label.broad_negatives = true;
  project.label.negative_bank = "";
  project.label.refine = "off";
  label();
  const auto none_count = [&] {
    const student::TrainingSet set = prepare_training_set(project, catalogue, store, false).set;
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < std::ssize(set.windows()); ++i) {
      const student::TrainingWindow& row = set.windows()[static_cast<std::size_t>(i)];
      count += row.verdict == student::SetVerdict::accepted && row.label == 2 && set.soft(i)[2] == 1 ? 1 : 0;
    }
    return count;
  };
  const std::int64_t before = none_count();
  const corpus::Window window =
      corpus::list_windows(catalogue, find_config_chain(project, catalogue).active(project.label)).front();
  corpus::Review verdict;
  verdict.clip_id = window.clip_id;
  verdict.start_s = static_cast<double>(window.start_sample) / 16000;
  verdict.length_s = 1;
  corpus::put_review(catalogue, verdict);
  EXPECT_EQ(none_count(), before + 1);
}

// Doubtful windows are learned by their soft target where [train] doubtful asks for it: not the class that it is not.
TEST_F(TrainingSetStage, ARejectedClassIsNotLearnedFromTheSoftTarget) {
  project.label.refine = "off";
  label();
  const ConfigChain chain = require_labels(project, catalogue);
  const corpus::Window window =
      corpus::list_windows(catalogue, find_config_chain(project, catalogue).active(project.label)).front();
  const std::string called = corpus::get_label(catalogue, chain.label.id, window.id)->label;
  corpus::JournalEntry entry;
  entry.stretch = {window.clip_id, static_cast<double>(window.start_sample) / 16000, 1};
  entry.kind = corpus::VerdictKind::reject;
  entry.label = called;
  entry.reviewer = "ann";
  corpus::put_verdicts(catalogue, std::vector<corpus::JournalEntry>{entry});
  const student::TrainingSet set = prepare_training_set(project, catalogue, store, false).set;
  std::int64_t doubtful = 0;
  for (std::int64_t i = 0; i < std::ssize(set.windows()); ++i) {
    const student::TrainingWindow& row = set.windows()[static_cast<std::size_t>(i)];
    if (row.verdict != student::SetVerdict::doubtful) continue;
    ++doubtful;
    const auto k =
        static_cast<std::size_t>(std::ranges::find(set.class_names(), called) - set.class_names().begin());
    EXPECT_EQ(set.soft(i)[k], 0.0F);
    EXPECT_NE(row.label, static_cast<std::int32_t>(k));
    EXPECT_NEAR(std::accumulate(set.soft(i).begin(), set.soft(i).end(), 0.0F), 1.0F, 1e-6F);
  }
  EXPECT_EQ(doubtful, 1);
}

TEST_F(TrainingSetStage, AVerdictOnATestRecordingIsInTheSetWithoutMakingItAnew) {
  project.label.refine = "off";
  label();
  prepare_training_set(project, catalogue, store, false);
  const TrainingSetOutline before = outline_training_set(project, catalogue, false);
  corpus::WindowFilter filter = require_labels(project, catalogue).active(project.label);
  filter.split = corpus::Split::test;
  const corpus::Window window = corpus::list_windows(catalogue, filter).front();
  const auto label = corpus::get_label(catalogue, require_labels(project, catalogue).label.id, window.id);
  const std::string other = label->label == "low" ? "high" : "low";
  corpus::put_review(catalogue, {0, window.clip_id, static_cast<double>(window.start_sample) / 16000, 1,
                                 other, "ann", "", ""});
  const TrainingSetOutline after = outline_training_set(project, catalogue, false);
  EXPECT_EQ(after.path, before.path);
  EXPECT_EQ(after.configuration, before.configuration);
  EXPECT_NE(after.test_hash, before.test_hash);
  const PreparedSet prepared = prepare_training_set(project, catalogue, store, false);
  std::int64_t reviewed = 0;
  for (std::int64_t i = 0; i < std::ssize(prepared.set.windows()); ++i) {
    const student::TrainingWindow& row = prepared.set.windows()[static_cast<std::size_t>(i)];
    if (prepared.clip_ids[static_cast<std::size_t>(row.clip)] != window.clip_id ||
        row.start_sample != window.start_sample)
      continue;
    ++reviewed;
    EXPECT_EQ(prepared.set.class_names()[static_cast<std::size_t>(row.label)], other);
    EXPECT_EQ(prepared.set.soft(i)[static_cast<std::size_t>(row.label)], 1.0F);
  }
  EXPECT_EQ(reviewed, 1);
  EXPECT_EQ(student::TrainingSet::open(after.path).windows().size(), prepared.set.windows().size());
}

TEST_F(TrainingSetStage, TellsBeforehandWhatItWouldMake) {
  EXPECT_TRUE(outline_training_set(project, catalogue, false).path.empty());
  label();
  const TrainingSetOutline before = outline_training_set(project, catalogue, false);
  EXPECT_FALSE(before.exists);
  EXPECT_GT(before.learned_count, 8);
  prepare_training_set(project, catalogue, store, false);
  const TrainingSetOutline after = outline_training_set(project, catalogue, false);
  EXPECT_TRUE(after.exists);
  EXPECT_EQ(after.path, before.path);
  EXPECT_NE(outline_training_set(project, catalogue, true).path, before.path)
      << "with embeddings it is another set";
}

// Ids are given in the order of collecting; bytes must not hang on it.
TEST_F(TrainingSetStage, SameSoundsAndLabelsGiveTheSameBytesInEveryProject) {
  label();
  prepare_training_set(project, catalogue, store, true);
  const std::filesystem::path first = outline_training_set(project, catalogue, true).path;

  const corpus::TestFolder other;
  Project project_again = project;
  project_again.dir = other.path();
  const corpus::Store store_again(other.path());
  auto catalogue_again = corpus::Catalogue::create(other.path());
  corpus::put_model(catalogue_again, {"stub", "", "weights", "clap"});
  corpus::CsvColumns columns;
  columns.label = "label";
  columns.group = "group";
  columns.split = "split";
  corpus::Source source = corpus::read_csv_source(sounds.path() / "index.csv", columns);
  std::reverse(source.items.begin(), source.items.end());
  corpus::run_collect_stage(catalogue_again, store_again, {source}, corpus::collect_options(project_again, 1),
                            {});
  run_label_stage(project_again, catalogue_again, store_again, {}, {},
                  [this](const Project& of, const TeacherSpec&) {
                    auto teacher = std::make_unique<StubTeacher>(&embedded_count);
                    teacher->set_classes(scored_classes(of));
                    return teacher;
                  });
  prepare_training_set(project_again, catalogue_again, store_again, true);
  const std::filesystem::path second = outline_training_set(project_again, catalogue_again, true).path;
  EXPECT_EQ(first.filename(), second.filename());
  EXPECT_TRUE(bytes_of(first) == bytes_of(second));
}

TEST_F(TrainingSetStage, RefusesLabelsOfOtherClasses) {
  label();
  project.classes[1].name = "shrill";
  EXPECT_THROW(prepare_training_set(project, catalogue, store, false), Error);
}

}  // namespace
}  // namespace pupil::pipeline
