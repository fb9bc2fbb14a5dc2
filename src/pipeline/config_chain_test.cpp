// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config_chain.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "corpus/database.h"
#include "corpus/judgements.h"
#include "corpus/models.h"
#include "corpus/scores.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/views.h"
#include "pipeline/label_decision.h"

namespace pupil::pipeline {
namespace {

using corpus::Catalogue;

// A project whose models were used before and are not on this machine: their records say all that is needed.
class Chain : public testing::Test {
 protected:
  Chain() : catalogue(Catalogue::create(folder.path())) {
    project.dir = folder.path();
    project.teacher.model = "no such teacher";
    project.label.broad_negatives = false;
    project.separate.model = "no such separator";
    for (const char* name : {"bark", "howl", "rain"}) {
      SoundClass sound;
      sound.name = name;
      sound.prompts = {name};
      sound.audioset = {name};
      project.classes.push_back(sound);
    }
    corpus::put_model(catalogue, {"no such teacher", "", "weights", "clap"});
    corpus::put_model(catalogue, {"a tagger", "", "other weights", "efficientat"});
    corpus::put_model(catalogue, {"no such separator", "", "weights", ""});
  }

  // As the stages would: every window gets the first class.
  ConfigChain label_all() {
    corpus::cut_pending_windows(catalogue, window_options(project));
    ConfigChain chain = find_config_chain(project, catalogue);
    for (const TeacherLinks& teacher : chain.teachers) {
      const auto embed = corpus::configure(catalogue, "embed", teacher.embed.text);
      const auto score = corpus::configure(catalogue, "score", teacher.score.text);
      for (const corpus::Window& window : corpus::list_windows(catalogue, chain.filter)) {
        corpus::put_embedding(catalogue, embed.id, window.id, std::vector<float>{1});
        corpus::put_scores(catalogue, score.id, window.id, std::vector<float>{1, 0, 0});
      }
    }
    chain = find_config_chain(project, catalogue);
    decide_labels(project, catalogue, chain, find_members(project, catalogue, chain));
    return find_config_chain(project, catalogue);
  }

  std::string error_of_require() {
    try {
      require_labels(project, catalogue);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TestFolder folder;
  Catalogue catalogue;
  Project project;
};

bool mentions(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST_F(Chain, LooksAndWritesNothing) {
  corpus::add_synthetic_clips(catalogue, 3, 1);
  const ConfigChain chain = find_config_chain(project, catalogue);
  EXPECT_EQ(chain.windows.id, 0);
  EXPECT_EQ(chain.label.id, 0);
  EXPECT_FALSE(chain.separate);
  for (const char* stage : {"windows", "embed", "score", "label"}) {
    EXPECT_TRUE(corpus::list_configs(catalogue, stage).empty()) << stage;
  }
  EXPECT_TRUE(mentions(error_of_require(), "nothing is labelled yet: pupil label")) << error_of_require();
}

TEST_F(Chain, IsWholeAfterLabelling) {
  corpus::add_synthetic_clips(catalogue, 3, 1);
  const ConfigChain chain = label_all();
  EXPECT_NE(chain.label.id, 0);
  EXPECT_EQ(error_of_require(), "");
}

TEST_F(Chain, OtherClassesAreNamed) {
  corpus::add_synthetic_clips(catalogue, 3, 1);
  label_all();
  const std::vector<SoundClass> classes = project.classes;
  project.classes[1].name = "siren";
  EXPECT_TRUE(mentions(error_of_require(), "other classes: with howl, which pupil.toml lacks; without siren"))
      << error_of_require();
  EXPECT_TRUE(mentions(error_of_require(), "pupil label " + folder.path().string()));
  project.classes = {classes[1], classes[0], classes[2]};
  EXPECT_TRUE(mentions(error_of_require(), "in the order bark, howl, rain; pupil.toml has howl, bark, rain"))
      << error_of_require();
  project.classes = {classes[0], classes[1]};
  EXPECT_TRUE(mentions(error_of_require(), "with rain, which pupil.toml lacks")) << error_of_require();
  project.classes = classes;
  EXPECT_EQ(error_of_require(), "") << "the old list finds the old labels";
}

TEST_F(Chain, EveryLinkCanBeStale) {
  corpus::add_synthetic_clips(catalogue, 3, 1);
  label_all();
  const Project before = project;
  const auto stale = [&](auto change) {
    change();
    const std::string error = error_of_require();
    project = before;
    return error;
  };
  EXPECT_TRUE(mentions(stale([&] { project.window.hop_s = 0.25; }), "windows: "));
  EXPECT_TRUE(mentions(stale([&] { project.separate.mode = "both"; }), "separate: nothing is separated yet"));
  EXPECT_TRUE(
      mentions(stale([&] { project.teacher.model = "a tagger"; }), "embed: made with another teacher"));
  EXPECT_TRUE(mentions(stale([&] { project.teacher.input = "clip"; }), "embed: "));
  EXPECT_TRUE(mentions(stale([&] { project.classes[0].prompts = {"woof"}; }), "score: made with another"));
  EXPECT_TRUE(mentions(stale([&] { project.label.accept = 0.9; }), "label: made with"));
  EXPECT_TRUE(mentions(stale([&] { project.train.epochs = 3; }), ""));
  EXPECT_EQ(error_of_require(), "");
  // New clips are windows without labels.
  corpus::add_synthetic_clips(catalogue, 1, 2);
  EXPECT_TRUE(mentions(error_of_require(), "pupil label")) << error_of_require();
}

// A judgement hangs on teacher and prompts, and on what is a class and what a negative.
TEST_F(Chain, JudgementsGoWithTeacherAndPrompts) {
  project.separate.mode = "both";
  const std::string first = find_config_chain(project, catalogue).judge->hash;
  project.teacher.model = "a tagger";
  const std::string tagger = find_config_chain(project, catalogue).judge->hash;
  EXPECT_NE(tagger, first);
  project.teacher.model = "no such teacher";
  project.classes[2].prompts = {"it rains"};
  EXPECT_NE(find_config_chain(project, catalogue).judge->hash, first);
  project.classes[2].prompts = {"rain"};
  project.negatives = {project.classes[2]};
  project.classes.pop_back();
  EXPECT_NE(find_config_chain(project, catalogue).judge->hash, first);
}

// Nothing in a hash tells what the project went through.
TEST_F(Chain, HashesDoNotShowTheHistory) {
  project.separate.mode = "both";
  project.label.max_per_class = 5;
  const auto hashes = [](const ConfigChain& chain) {
    return std::vector<std::string>{
        chain.windows.hash,           chain.separate->hash,         chain.judge->hash,
        chain.teachers[0].embed.hash, chain.teachers[0].score.hash, chain.label.hash};
  };
  corpus::add_synthetic_clips(catalogue, 5, 1);
  corpus::configure(catalogue, "separate", find_config_chain(project, catalogue).separate->text);
  const auto plain = hashes(label_all());

  const TestFolder other_folder;
  Catalogue other = Catalogue::create(other_folder.path());
  for (const char* model : {"no such teacher", "no such separator"}) {
    corpus::put_model(other, *corpus::find_model(catalogue, model));
  }
  for (const char* stage : {"windows", "separate", "judge", "label"})
    corpus::configure(other, stage, "an older one");
  corpus::add_synthetic_clips(other, 5, 1);
  corpus::configure(other, "separate", find_config_chain(project, other).separate->text);
  std::swap(catalogue, other);
  EXPECT_EQ(hashes(label_all()), plain);
  std::swap(catalogue, other);
}

TEST_F(Chain, LabelsHangOnTheCorpusOnlyWhereTheyMust) {
  project.label.refine = "off";
  corpus::add_synthetic_clips(catalogue, 3, 1);
  const auto label_hash = [&] {
    corpus::cut_pending_windows(catalogue, window_options(project));
    return find_config_chain(project, catalogue).label.hash;
  };
  const std::string alone = label_hash();
  project.label.max_per_class = 5;
  const std::string capped = label_hash();
  project.label.max_per_class = 0;
  project.teacher.model = "a tagger";
  const std::string tagged = label_hash();
  corpus::add_synthetic_clips(catalogue, 3, 2);
  EXPECT_NE(label_hash(), tagged);
  project.teacher.model = "no such teacher";
  EXPECT_EQ(label_hash(), alone);
  project.label.max_per_class = 5;
  EXPECT_NE(label_hash(), capped);
  project.label.max_per_class = 0;
  project.label.refine = "auto";
  const std::string refined = label_hash();
  corpus::add_synthetic_clips(catalogue, 3, 3);
  EXPECT_NE(label_hash(), refined);
}

// What trains and what judges decides what is learned from.
TEST_F(Chain, RefinedLabelsHangOnTheSplits) {
  corpus::add_synthetic_clips(catalogue, 12, 1);
  corpus::cut_pending_windows(catalogue, window_options(project));
  const std::string before = find_config_chain(project, catalogue).label.hash;
  catalogue.database().execute("UPDATE recordings SET split = (split + 1) % 3");
  EXPECT_NE(find_config_chain(project, catalogue).label.hash, before);
}

TEST(ClassDifference, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(class_difference({"a", "b"}, {"a", "b"}), "");
  EXPECT_EQ(class_difference({"a"}, {"a", "b"}), "without b, which pupil.toml has");
}

}  // namespace
}  // namespace pupil::pipeline
