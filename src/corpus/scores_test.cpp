// SPDX-License-Identifier: Apache-2.0
#include "corpus/scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/error.h"
#include "corpus/database.h"
#include "corpus/reviews.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/verdict_counts.h"

namespace pupil::corpus {
namespace {

// Ten clips of 5 s, nine windows each.
class Scores : public ::testing::Test {
 protected:
  Scores() : catalogue(Catalogue::create(folder.path())) {
    add_synthetic_clips(catalogue, 10, 1);
    cut_pending_windows(catalogue, {});
    filter.window_config_id = window_config(catalogue, {}).id;
    embed = configure(catalogue, "embed", "{}").id;
    label = configure(catalogue, "label", "{}").id;
  }

  WindowLabel label_of(std::int64_t window_id, const std::string& name, Verdict verdict) const {
    WindowLabel result;
    result.window_id = window_id;
    result.label = name;
    result.verdict = verdict;
    result.soft = {0.9F, 0.1F};
    result.confidence = 0.9;
    return result;
  }

  TestFolder folder;
  Catalogue catalogue;
  WindowFilter filter;
  std::int64_t embed = 0;
  std::int64_t label = 0;
};

TEST_F(Scores, CutsWindowsOncePerConfiguration) {
  EXPECT_EQ(count_windows(catalogue, filter), 90);
  EXPECT_EQ(cut_pending_windows(catalogue, {}), 0);
  WindowOptions other;
  other.hop_s = 1.0;
  EXPECT_EQ(cut_pending_windows(catalogue, other), 50);
  EXPECT_EQ(count_windows(catalogue, filter), 90);
}

TEST_F(Scores, GivesPendingWindowsPageByPage) {
  std::int64_t seen = 0;
  for (std::int64_t after = 0;;) {
    const auto batch = pending_embeddings(catalogue, filter, embed, after, 7);
    if (batch.empty()) break;
    Transaction transaction(catalogue);
    for (const Window& window : batch) {
      window.id % 10 == 0 ? put_window_skip(catalogue, embed, window.id, "NaN in audio", "")
                          : put_embedding(catalogue, embed, window.id, std::vector<float>{1, 2, 3});
    }
    transaction.commit();
    after = batch.back().id;
    seen += std::ssize(batch);
  }
  EXPECT_EQ(seen, 90);
  EXPECT_EQ(count_pending_embeddings(catalogue, filter, embed), 0);
  EXPECT_EQ(count_skips(catalogue, embed)[0].count, 9);
  EXPECT_EQ(count_results(catalogue, embed), 81);
  clear_skips(catalogue, embed);
  EXPECT_EQ(count_pending_embeddings(catalogue, filter, embed), 9);
  EXPECT_EQ(count_pending_embeddings(catalogue, filter, configure(catalogue, "embed", "other").id), 90);
}

TEST_F(Scores, KeepsValuesToTheBit) {
  const std::vector<float> values = {0.1F, -0.0F, 3e-40F};
  put_scores(catalogue, embed, 1, values);
  put_scores(catalogue, embed, 1, values);
  EXPECT_EQ(get_scores(catalogue, embed, 1), values);
  EXPECT_TRUE(get_scores(catalogue, embed, 2).empty());
  EXPECT_THROW(put_scores(catalogue, embed, 1, std::vector<float>{std::numeric_limits<float>::quiet_NaN()}),
               Error);
}

TEST_F(Scores, NarrowsBySplitAndActivity) {
  std::int64_t total = 0;
  for (const Split split : {Split::train, Split::val, Split::test}) {
    filter.split = split;
    total += count_windows(catalogue, filter);
  }
  EXPECT_EQ(total, 90);
  filter.split = std::nullopt;
  filter.min_activity_db = 1e6;
  EXPECT_EQ(count_windows(catalogue, filter), 0);
}

TEST_F(Scores, AddsSeparatedViewsToTheWindows) {
  const auto separate = configure(catalogue, "separate", "{}").id;
  View view = original_view(catalogue, 3);
  view.kind = ViewKind::separated;
  view.config_id = separate;
  view.separation.query = "a dog barking";
  LevelTrack levels;
  levels.blocks.assign(250, 60);
  put_separated_view(catalogue, view, levels);
  put_separated_view(catalogue, view, levels);  // replaces
  EXPECT_EQ(list_views(catalogue, 3).size(), 2u);
  EXPECT_EQ(pending_separation(catalogue, separate, {"a dog barking"}, 0, 100).size(), 9u);
  EXPECT_EQ(cut_pending_windows(catalogue, {}), 9);
  EXPECT_EQ(count_windows(catalogue, filter), 90);
  filter.separate_config_id = separate;
  EXPECT_EQ(count_windows(catalogue, filter), 99);
  filter.original = false;
  EXPECT_EQ(count_windows(catalogue, filter), 9);
  EXPECT_EQ(count_pending_view_embeddings(catalogue, filter, embed), 1);
  put_view_embedding(catalogue, embed, pending_view_embeddings(catalogue, filter, embed, 0, 10)[0].id,
                     std::vector<float>{1});
  EXPECT_EQ(count_pending_view_embeddings(catalogue, filter, embed), 0);
}

TEST_F(Scores, ReadsLabelledWindowsWithReviews) {
  put_label(catalogue, label, label_of(1, "bark", Verdict::accepted));
  put_label(catalogue, label, label_of(2, "howl", Verdict::doubtful));
  put_label(catalogue, label, label_of(3, "bark", Verdict::capped));
  Review review;
  review.clip_id = 1;
  review.start_s = 0.5;  // the second window
  review.length_s = 1.0;
  review.label = "growl";
  put_review(catalogue, review);
  std::vector<std::string> accepted;
  for_each_labelled_window(catalogue, filter, label, Verdict::accepted, [&](const LabelledWindow& row) {
    accepted.push_back(row.label.label);
    EXPECT_EQ(row.label.soft.size(), 2u);
    EXPECT_EQ(row.recording, "recording 0");
  });
  EXPECT_EQ(accepted, (std::vector<std::string>{"bark", "growl"}));
  EXPECT_EQ(count_verdicts(catalogue, label).size(), 3u);
  EXPECT_EQ(get_label(catalogue, label, 2)->label, "howl");
}

TEST_F(Scores, CapsTheSurestOfEachClassWhateverAPersonSaid) {
  for (std::int64_t window = 1; window <= 4; ++window) {
    WindowLabel one = label_of(window, window == 4 ? "howl" : "bark", Verdict::accepted);
    one.confidence = window == 2 ? 0.95 : 0.9;
    put_label(catalogue, label, one);
  }
  Review review;
  review.clip_id = 1;
  review.start_s = 0.5;  // the second window, the surest
  review.length_s = 1.0;
  put_review(catalogue, review);
  cap_accepted(catalogue, label, 2);
  const auto verdict = [&](std::int64_t window) { return get_label(catalogue, label, window)->verdict; };
  EXPECT_EQ(verdict(1), Verdict::accepted) << "of equals the earlier one";
  EXPECT_EQ(verdict(2), Verdict::accepted);
  EXPECT_EQ(verdict(3), Verdict::capped);
  EXPECT_EQ(verdict(4), Verdict::accepted);
}

// The same windows with other ids: what comes out must not show it.
TEST_F(Scores, OrderComesFromTheAudioAndNotFromTheIds) {
  const auto walk = [&] {
    std::vector<std::string> rows;
    for_each_labelled_window(catalogue, filter, label, {}, [&](const LabelledWindow& row) {
      rows.push_back(row.view_hash + " " + std::to_string(row.window.start_sample));
    });
    std::vector<float> scores;
    for_each_scores(catalogue, filter, embed,
                    [&](std::span<const float> values) { scores.push_back(values[0]); });
    return std::tuple(rows, scores, hash_windows(catalogue, filter));
  };
  const auto store = [&](bool backwards) {
    std::vector<Window> windows = list_windows(catalogue, filter);
    if (backwards) std::reverse(windows.begin(), windows.end());
    for (const Window& window : windows) {
      put_label(catalogue, label, label_of(window.id, "bark", Verdict::accepted));
      put_scores(catalogue, embed, window.id,
                 std::vector<float>{static_cast<float>(window.clip_id * 1'000'000 + window.start_sample)});
    }
  };
  store(false);
  const auto first = walk();
  EXPECT_EQ(std::get<0>(first).size(), 90u);
  // Cut anew from the last clip to the first, under other ids.
  catalogue.database().execute(
      "CREATE TEMP TABLE old AS SELECT view_id, config_id, start_sample, length_samples, activity_db FROM windows;"
      "DELETE FROM windows;"
      "INSERT INTO windows(view_id, config_id, start_sample, length_samples, activity_db)"
      " SELECT * FROM old ORDER BY view_id DESC, start_sample DESC");
  store(true);
  EXPECT_EQ(walk(), first);
}

TEST_F(Scores, ForgetsAConfigurationWithItsResults) {
  put_label(catalogue, label, label_of(1, "bark", Verdict::accepted));
  forget_config(catalogue, label);
  EXPECT_FALSE(get_label(catalogue, label, 1));
}

}  // namespace
}  // namespace pupil::corpus
