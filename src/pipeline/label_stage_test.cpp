// SPDX-License-Identifier: Apache-2.0
#include "pipeline/label_stage.h"

#include <fstream>

#include "base/error.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_shard.h"
#include "pipeline/test_stages.h"

namespace pupil::pipeline {
namespace {

using LabelStage = StageTest;

std::vector<std::string> labels_of(const Project& project, corpus::Catalogue& catalogue) {
  const ConfigChain chain = require_labels(project, catalogue);
  std::vector<std::string> labels;
  for (const corpus::Window& window : corpus::list_windows(catalogue, chain.filter)) {
    const auto label = corpus::get_label(catalogue, chain.label.id, window.id);
    labels.push_back(label ? concat(label->label, " ", fixed(label->confidence, 4)) : "none");
  }
  return labels;
}

TEST_F(LabelStage, GivesEachWindowTheClassThatItsTeacherHasForIt) {
  const LabelStageReport report = label();
  EXPECT_GT(report.label_count, 12);
  EXPECT_EQ(report.label_count, embedded_count);
  EXPECT_EQ(report.truth.clip_count, 12);
  EXPECT_EQ(report.truth.accuracy, 1.0);
  ASSERT_EQ(report.classes.size(), 2u);
  EXPECT_EQ(report.classes[0].accepted_right_count, report.classes[0].accepted_with_truth_count);
}

TEST_F(LabelStage, EmbedsNothingTwice) {
  label();
  const std::int64_t first = embedded_count;
  EXPECT_EQ(label().embedded_count, 0);
  EXPECT_EQ(embedded_count, first);
  project.label.accept = 0.999999;
  EXPECT_EQ(label().embedded_count, 0) << "other thresholds only decide again";
  project.classes[0].prompts = {"a deep tone"};
  const LabelStageReport report = label();
  EXPECT_EQ(report.embedded_count, 0) << "other prompts only score again";
  EXPECT_EQ(report.scored_count, first);
}

TEST_F(LabelStage, TakesUpANewClipAlone) {
  label();
  const std::int64_t first = embedded_count;
  sounds.write_wav("new.wav", tone(5000), 16000);
  sounds.write("index.csv", "path,label,group,split\nnew.wav,high,recording 13,train\n");
  collect();
  label();
  EXPECT_EQ(embedded_count - first, first / 12);
}

// A stub's weights are no file.
void write_stub(const Project& project) {
  std::ofstream(project.dir / "pupil.toml") << "[project]\n";
}

TEST_F(LabelStage, ShardsEmbedAndOneProcessDecides) {
  write_stub(project);
  const corpus::ShardPlan plan = plan_label(project, catalogue, store, 3, stub());
  EXPECT_EQ(plan.item_count(), 12) << "an item a view";
  const corpus::ShardResults results =
      run_shards(plan, [&](corpus::ShardRun& run) { run_label_shard(project, run, stub()); });
  const std::int64_t by_shards = embedded_count;
  EXPECT_GT(by_shards, 12);
  EXPECT_THROW(require_labels(project, catalogue), Error) << "nothing is decided yet";
  const LabelStageReport report = label(&results);
  EXPECT_EQ(embedded_count, by_shards) << "the shards have embedded everything";
  EXPECT_EQ(report.label_count, by_shards);
  EXPECT_EQ(report.truth.accuracy, 1.0);
  EXPECT_EQ(label(&results).embedded_count, 0);
}

TEST_F(LabelStage, AProblemIsASkipAndNotAnEnd) {
  sounds.write_wav("dead.wav", std::vector<float>(32000, 0.25f), 16000);
  sounds.write("index.csv", "path,label,group,split\ndead.wav,high,recording 14,train\n");
  project.collect.silence_db = -120;
  collect();
  const LabelStageReport report = label();
  EXPECT_EQ(report.truth.accuracy, 1.0);
}

TEST_F(LabelStage, OneClassIsNoQuestion) {
  project.classes.pop_back();
  EXPECT_THROW(label(), Error);
}

TEST_F(LabelStage, ATeacherThatCannotBeLoadedLeavesWhatWasThere) {
  label();
  const std::vector<std::string> before = labels_of(project, catalogue);
  Project changed = project;
  changed.classes[0].prompts = {"another"};
  EXPECT_THROW(run_label_stage(changed, catalogue, store, {}, {},
                               [](const Project&, const TeacherSpec&) -> std::unique_ptr<teacher::Teacher> {
                                 throw Error("stub: no such file");
                               }),
               Error);
  EXPECT_EQ(labels_of(project, catalogue), before);
}

}  // namespace
}  // namespace pupil::pipeline
