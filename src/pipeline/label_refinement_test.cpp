// SPDX-License-Identifier: Apache-2.0
#include "pipeline/label_refinement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "base/counter_random.h"
#include "corpus/clips.h"
#include "corpus/database.h"
#include "corpus/models.h"
#include "corpus/reviews.h"
#include "corpus/scores.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/views.h"
#include "pipeline/known_classes.h"
#include "pipeline/label_summary.h"

namespace pupil::pipeline {
namespace {

using corpus::Catalogue;

constexpr std::int64_t kDimension = 6;

// Forty clips, each embedded as a whole by a teacher that is not here: clip n is of class n mod 2, which its
// embedding shows; the names of every fifth say the other. Two of the ten recordings are for test, three for
// val.
class LabelRefinementTest : public testing::Test {
 protected:
  LabelRefinementTest() : catalogue(Catalogue::create(folder.path())) {
    project.dir = folder.path();
    project.teacher.model = "no such teacher";
    project.label.broad_negatives = false;
    project.teacher.input = "clip";
    for (const char* name : {"class 1", "class 2"}) {
      project.classes.push_back({.name = name, .prompts = {name}});
    }
    corpus::put_model(catalogue, {"no such teacher", "", "weights", "clap"});
    corpus::add_synthetic_clips(catalogue, 40, 1);
    catalogue.database().execute(
        "UPDATE recordings SET split = CASE id % 4 WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END");
    corpus::cut_pending_windows(catalogue, window_options(project));
  }

  static std::size_t class_of(std::int64_t clip_id) { return static_cast<std::size_t>(clip_id % 2); }

  std::vector<float> embedding_of(std::int64_t clip_id) const {
    CounterRandom centre(1, 0, 0, class_of(clip_id)), own(1, 1, 0, static_cast<std::uint64_t>(clip_id));
    std::vector<float> values;
    for (std::int64_t d = 0; d < kDimension; ++d)
      values.push_back(static_cast<float>(centre.normal() + 0.3 * own.normal()));
    return values;
  }

  // The teacher embeds and scores everything.
  void hear(const std::function<std::vector<float>(std::int64_t)>& embedding) {
    const ConfigChain chain = find_config_chain(project, catalogue);
    const auto embed = corpus::configure(catalogue, "embed", chain.teachers[0].embed.text);
    const auto score = corpus::configure(catalogue, "score", chain.teachers[0].score.text);
    for (const corpus::Window& window : corpus::list_windows(catalogue, chain.filter)) {
      const std::size_t named = (class_of(window.clip_id) + (window.clip_id % 5 == 0 ? 1 : 0)) % 2;
      corpus::put_view_embedding(catalogue, embed.id, window.view_id, embedding(window.clip_id));
      corpus::put_embedding(catalogue, embed.id, window.id, embedding(window.clip_id));
      std::vector<float> scores(project.named_classes().size());
      scores[named] = 0.6F;  // less sure than right: refinement may help
      corpus::put_scores(catalogue, score.id, window.id, scores);
    }
  }

  ConfigChain label() {
    const ConfigChain chain = find_config_chain(project, catalogue);
    decide_labels(project, catalogue, chain, find_members(project, catalogue, chain));
    return find_config_chain(project, catalogue);
  }

  // Soft targets of one split, by the audio's order.
  std::vector<float> soft_targets(const ConfigChain& chain, corpus::Split split) {
    corpus::WindowFilter filter = chain.filter;
    filter.split = split;
    std::vector<float> soft;
    corpus::for_each_labelled_window(catalogue, filter, chain.label.id, std::nullopt,
                                     [&](const corpus::LabelledWindow& row) {
                                       soft.insert(soft.end(), row.label.soft.begin(), row.label.soft.end());
                                     });
    return soft;
  }

  // The first clip of a split whose names are right.
  std::int64_t clip_of(corpus::Split split) {
    std::int64_t found = 0;
    corpus::for_each_clip(catalogue, {.split = split, .given = ""}, [&](const corpus::Clip& clip) {
      if (found == 0 && clip.id % 5 != 0) found = clip.id;
    });
    return found;
  }

  void review(std::int64_t clip_id, double start_s, const std::string& label) {
    corpus::Review verdict;
    verdict.clip_id = clip_id;
    verdict.start_s = start_s;
    verdict.length_s = project.window.length_s;
    verdict.label = label;
    corpus::put_review(catalogue, verdict);
  }

  std::vector<float> soft_of(const ConfigChain& chain, std::int64_t clip_id) {
    const corpus::View view = corpus::list_views(catalogue, clip_id).front();
    const auto windows = corpus::list_view_windows(catalogue, view.id, chain.windows.id);
    return corpus::get_label(catalogue, chain.label.id, windows.front().id)->soft;
  }

  std::int64_t wrong_count(const ConfigChain& chain) {
    std::int64_t wrong = 0;
    corpus::for_each_labelled_window(
        catalogue, chain.filter, chain.label.id, std::nullopt, [&](const corpus::LabelledWindow& row) {
          wrong += row.label.label != project.classes[class_of(row.window.clip_id)].name ? 1 : 0;
        });
    return wrong;
  }

  corpus::TestFolder folder;
  Catalogue catalogue;
  Project project;
};

TEST_F(LabelRefinementTest, ClipsThatSoundAlikeGetOneClass) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  project.label.refine = "off";
  const ConfigChain named = label();
  EXPECT_EQ(wrong_count(named), 8 * 9) << "a fifth of forty clips, nine windows each";
  EXPECT_FALSE(read_refinement(project, named));
  project.label.refine = "auto";
  const ConfigChain refined = label();
  EXPECT_EQ(wrong_count(refined), 0);
  ASSERT_TRUE(read_refinement(project, refined));
  EXPECT_NEAR(read_refinement(project, refined)->figures.agreement, 0.8, 0.06);
  EXPECT_EQ(read_refinement(project, refined)->figures.item_count, 32);
}

// One window sounds like the other class: alone it would be refined to that one.
TEST_F(LabelRefinementTest, WindowsOfAStretchGetOneClass) {
  project.teacher.input = "window";
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const ConfigChain heard = find_config_chain(project, catalogue);
  const corpus::Window odd = corpus::list_windows(catalogue, heard.filter).front();
  corpus::put_embedding(catalogue, heard.teachers[0].embed.id, odd.id, embedding_of(odd.clip_id + 1));
  const ConfigChain chain = label();
  EXPECT_EQ(read_refinement(project, chain)->figures.item_count, 32) << "clips of 5 s are one stretch each";
  EXPECT_EQ(corpus::get_label(catalogue, chain.label.id, odd.id)->label,
            project.classes[class_of(odd.clip_id)].name);
}

// What follows within a recording may be another sound: a teacher that hears context tells each three seconds by themselves.
TEST_F(LabelRefinementTest, StretchesAreShorterWhereContextIsHeard) {
  project.teacher.input = "context";
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const ConfigChain heard = find_config_chain(project, catalogue);
  const std::int64_t clip = clip_of(corpus::Split::train);
  const corpus::View view = corpus::list_views(catalogue, clip).front();
  const auto windows = corpus::list_view_windows(catalogue, view.id, heard.windows.id);
  const auto is_late = [](const corpus::Window& window) {
    return window.start_sample >= 3 * window.length_samples;
  };
  for (const corpus::Window& window : windows)
    if (is_late(window))
      corpus::put_embedding(catalogue, heard.teachers[0].embed.id, window.id, embedding_of(clip + 1));
  const ConfigChain chain = label();
  for (const corpus::Window& window : windows)
    EXPECT_EQ(corpus::get_label(catalogue, chain.label.id, window.id)->label,
              project.classes[class_of(clip + (is_late(window) ? 1 : 0))].name)
        << window.start_sample;
}

TEST_F(LabelRefinementTest, TestRecordingsAreScoredAsNewAudioIs) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const ConfigChain chain = label();
  const auto stored = read_refinement(project, chain);
  ASSERT_TRUE(stored);
  const auto members = find_members(project, catalogue, chain);
  corpus::WindowFilter filter = chain.filter;
  filter.split = corpus::Split::test;
  const corpus::Window window = corpus::list_windows(catalogue, filter).front();
  EXPECT_EQ(corpus::get_label(catalogue, chain.label.id, window.id)->soft,
            stored->prototypes.posterior(embedding_of(window.clip_id),
                                         named_posterior_of(catalogue, members, window.id)));
}

TEST_F(LabelRefinementTest, TestRecordingsChangeNoOther) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::vector<float> before = soft_targets(label(), corpus::Split::train);
  EXPECT_FALSE(before.empty());
  catalogue.database().execute("DELETE FROM labels");
  hear([&](std::int64_t clip) {
    const bool test = corpus::get_clip(catalogue, clip).split == corpus::Split::test;
    return test ? std::vector<float>(kDimension, 9.0F) : embedding_of(clip);
  });
  EXPECT_EQ(soft_targets(label(), corpus::Split::train), before);
}

TEST_F(LabelRefinementTest, DoesNotDependOnTheOrderOfRows) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::vector<float> before = soft_targets(label(), corpus::Split::train);
  catalogue.database().execute(
      "CREATE TEMP TABLE old AS SELECT view_id, config_id, start_sample, length_samples, activity_db FROM windows;"
      "DELETE FROM windows;"
      "INSERT INTO windows(view_id, config_id, start_sample, length_samples, activity_db)"
      " SELECT * FROM old ORDER BY view_id DESC, start_sample DESC");
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  EXPECT_EQ(soft_targets(label(), corpus::Split::train), before);
}

TEST_F(LabelRefinementTest, GivenLabelsOfTrainingClipsAreFixed) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  catalogue.database().execute(
      "UPDATE truths SET class_id = (SELECT id FROM classes WHERE name = 'class 2')");
  const std::string unfixed = find_config_chain(project, catalogue).label.hash;
  project.label.fixed_per_class = 20;
  const ConfigChain chain = label();
  EXPECT_NE(chain.label.hash, unfixed);
  std::int64_t fixed = 0;
  corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) {
    const corpus::View view = corpus::list_views(catalogue, clip.id).front();
    const auto windows = corpus::list_view_windows(catalogue, view.id, chain.windows.id);
    const std::vector<float> soft = corpus::get_label(catalogue, chain.label.id, windows.front().id)->soft;
    const auto certain = std::find(soft.begin(), soft.end(), 1.0F);
    if (certain == soft.end()) return;
    ++fixed;
    EXPECT_EQ(clip.split, corpus::Split::train);
    EXPECT_EQ(project.class_of(clip.given.at(0).label), certain - soft.begin());
  });
  EXPECT_EQ(fixed, read_refinement(project, chain)->figures.fixed_count);
  EXPECT_GT(fixed, 0);
}

// So that projects without verdicts keep the labels that they have.
TEST_F(LabelRefinementTest, WithoutVerdictsNothingIsNewInItsConfiguration) {
  for (const char* key : {"reviews", "examples", "verdict_weight", "head_penalty"})
    EXPECT_EQ(refinement_config(project, catalogue).find(key), nullptr) << key;
  review(clip_of(corpus::Split::train), 0, "class 1");
  EXPECT_NE(refinement_config(project, catalogue).find("reviews"), nullptr);
}

// Twenty clips of twenty recordings teach a head; it is kept with the prototypes, and what it is worth beside them.
TEST_F(LabelRefinementTest, ManyVerdictsAreHeldOutInTurn) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  catalogue.database().execute(
      "INSERT INTO recordings(name, split) SELECT 'own ' || id, 0 FROM clips;"
      "UPDATE clips SET recording_id = (SELECT id FROM recordings WHERE name = 'own ' || clips.id)");
  for (std::int64_t clip = 1; clip <= 24; ++clip) review(clip, 0, project.classes[class_of(clip)].name);
  const ConfigChain chain = label();
  const VerdictWorth worth = read_refinement(project, chain)->figures.worth;
  ASSERT_EQ(worth.classes.size(), 2U);
  EXPECT_EQ(worth.classes[0].verdict_count, 12);
  EXPECT_EQ(worth.classes[0].name, "class 1");
  std::ifstream file(folder.path() / "label" / "verdicts.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(read_worth(parse_json(text)), worth);
  EXPECT_EQ(parse_json(text).at("labels").as_string(), chain.label.hash);
  catalogue.database().execute("DELETE FROM reviews");
  label();
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "label" / "verdicts.json"));
}

TEST_F(LabelRefinementTest, AReviewedItemIsFixed) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::int64_t clip = clip_of(corpus::Split::val);
  const std::size_t other = 1 - class_of(clip);
  const std::string before = label().label.hash;
  review(clip, 1.5, project.classes[other].name);
  const ConfigChain chain = label();
  EXPECT_NE(chain.label.hash, before);
  EXPECT_EQ(soft_of(chain, clip)[other], 1.0F);
  EXPECT_EQ(read_refinement(project, chain)->figures.reviewed_count, 1);
}

TEST_F(LabelRefinementTest, ContradictoryReviewsAreLeftOutAndCounted) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::int64_t clip = clip_of(corpus::Split::train);
  review(clip, 0, "class 1");
  review(clip, 2, "class 2");
  const ConfigChain chain = label();
  EXPECT_LT(soft_of(chain, clip)[class_of(clip)], 1.0F);
  EXPECT_EQ(read_refinement(project, chain)->figures.fixed_count, 0);
  EXPECT_EQ(read_refinement(project, chain)->figures.contradictory_count, 1);
  LabelStageReport report;
  summarise_labels(project, catalogue, chain.filter, chain.label.id, &report);
  summarise_refinement(project, catalogue, chain, chain.filter, &report);
  EXPECT_NE(label_report_text(report).find("; of 1 the reviews contradict each other"), std::string::npos);
}

TEST_F(LabelRefinementTest, ReviewsOfTestRecordingsChangeNoLabel) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::string before = label().label.hash;
  review(clip_of(corpus::Split::test), 0, "class 1");
  EXPECT_EQ(find_config_chain(project, catalogue).label.hash, before);
}

TEST_F(LabelRefinementTest, NoneOfTheClassesIsSharedByTheNegatives) {
  project.negatives = {project.classes.back()};
  project.classes.pop_back();
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  review(clip_of(corpus::Split::train), 0, "");
  EXPECT_EQ(soft_of(label(), clip_of(corpus::Split::train)), (std::vector<float>{0, 1}));
}

// Of a long clip a review fixes the stretch that it is in, and no other.
TEST_F(LabelRefinementTest, AReviewIsOfItsStretch) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::int64_t clip = clip_of(corpus::Split::train);
  review(clip, 9.5, "class 1");
  const KnownClasses known = KnownClasses::read(project, catalogue);
  EXPECT_EQ(known.find(clip, 0, 10).class_index, 0);
  EXPECT_FALSE(known.find(clip, 10, 20).class_index);
}

// What a device hears is seconds of a place with one sound in it: the place is not the sound.
TEST_F(LabelRefinementTest, ReviewedWindowsOfAStretchAreAnItemOfTheirOwn) {
  project.teacher.input = "window";
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  const std::int64_t clip = clip_of(corpus::Split::train);
  const std::size_t own = class_of(clip);
  review(clip, 2, project.classes[1 - own].name);
  review(clip, 3, project.classes[own].name);
  const ConfigChain chain = label();
  const corpus::View view = corpus::list_views(catalogue, clip).front();
  for (const corpus::Window& window : corpus::list_view_windows(catalogue, view.id, chain.windows.id)) {
    const std::vector<float> soft = corpus::get_label(catalogue, chain.label.id, window.id)->soft;
    const bool reviewed_as_other = window.start_sample == 2 * window.length_samples;
    EXPECT_EQ(soft[1 - own] == 1.0F, reviewed_as_other) << window.start_sample;
  }
  EXPECT_EQ(read_refinement(project, chain)->figures.fixed_count, 2);
  EXPECT_EQ(read_refinement(project, chain)->figures.contradictory_count, 0);
}

TEST_F(LabelRefinementTest, TheReportSaysWhatChanged) {
  project.classes.push_back({.name = "class 3", .prompts = {"class 3"}});
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  project.label.accept = 0.4;
  const ConfigChain chain = label();
  LabelStageReport report;
  summarise_labels(project, catalogue, chain.filter, chain.label.id, &report);
  summarise_refinement(project, catalogue, chain, chain.filter, &report);
  ASSERT_TRUE(report.refinement);
  // Of 20 clips each, 4 are named the other class: as named as many, but not the same.
  EXPECT_EQ(report.refinement->named_accepted_count, (std::vector<std::int64_t>{20 * 9, 20 * 9, 0}));
  const std::string text = label_report_text(report);
  EXPECT_NE(text.find("\nrefined by 32 embeddings: "), std::string::npos) << text;
  EXPECT_NE(text.find("words that fit no recording well, by the lead of their surest: class 3 (-"),
            std::string::npos)
      << text;
}

TEST_F(LabelRefinementTest, LostPrototypesAreLearnedAnew) {
  hear([&](std::int64_t clip) { return embedding_of(clip); });
  label();
  std::filesystem::remove_all(folder.path() / "label");
  EXPECT_TRUE(read_refinement(project, label()));
}

}  // namespace
}  // namespace pupil::pipeline
