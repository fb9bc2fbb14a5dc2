// SPDX-License-Identifier: Apache-2.0
#include "corpus/judgements.h"

#include <gtest/gtest.h>

#include <cmath>

#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/windows.h"

namespace pupil::corpus {
namespace {

// Two clips with a separated view each.
class Judgements : public ::testing::Test {
 protected:
  Judgements() : catalogue(Catalogue::create(folder.path())) {
    add_synthetic_clips(catalogue, 2, 1);
    separate = configure(catalogue, "separate", "{}").id;
    LevelTrack levels;
    levels.blocks.assign(250, 60);
    for (const std::int64_t clip : {1, 2}) {
      View view = original_view(catalogue, clip);
      view.kind = ViewKind::separated;
      view.config_id = separate;
      view.separation.query = "a dog barking";
      views.push_back(put_separated_view(catalogue, view, levels));
    }
    cut_pending_windows(catalogue, {});
    first = configure(catalogue, "judge", "first teacher").id;
    second = configure(catalogue, "judge", "second teacher").id;
  }

  std::int64_t windows_under(std::int64_t judge) {
    WindowFilter filter;
    filter.window_config_id = window_config(catalogue, {}).id;
    filter.original = false;
    filter.separate_config_id = separate;
    filter.judge_config_id = judge;
    return count_windows(catalogue, filter);
  }

  TestFolder folder;
  Catalogue catalogue;
  std::int64_t separate = 0, first = 0, second = 0;
  std::vector<std::int64_t> views;
};

TEST_F(Judgements, HoldForTheTeacherThatMadeThem) {
  put_judgement(catalogue, first, views[0], {-0.8, true});
  put_judgement(catalogue, first, views[1], {0.1, false});
  EXPECT_EQ(windows_under(first), 9);
  EXPECT_EQ(windows_under(second), 18);
  EXPECT_EQ(judged_state(catalogue, get_view(catalogue, views[0]), first), ViewState::destroyed);
  EXPECT_EQ(judged_state(catalogue, get_view(catalogue, views[0]), second), ViewState::good);
  EXPECT_EQ(count_pending_judgements(catalogue, separate, first), 0);
  EXPECT_EQ(count_pending_judgements(catalogue, separate, second), 2);
}

TEST_F(Judgements, AreGivenPageByPage) {
  EXPECT_EQ(pending_judgements(catalogue, separate, first, 0, 1).size(), 1u);
  EXPECT_EQ(pending_judgements(catalogue, separate, first, views[0], 9).size(), 1u);
}

// It will not be heard the next time either.
TEST_F(Judgements, AViewThatIsNotHeardIsNoLongerPending) {
  put_judgement(catalogue, first, views[0], {std::nan(""), false});
  EXPECT_EQ(count_pending_judgements(catalogue, separate, first), 1);
  EXPECT_EQ(judged_state(catalogue, get_view(catalogue, views[0]), first), ViewState::good);
}

}  // namespace
}  // namespace pupil::corpus
