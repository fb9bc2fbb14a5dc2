// SPDX-License-Identifier: Apache-2.0
// What a teacher makes of separated views: one that named the sound before and hardly does now calls the view
// destroyed. A judgement hangs on the teacher and on the prompts; it stands under a "judge" configuration, so that
// another teacher judges anew and going back finds the old judgements.

#pragma once

#include <cstdint>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/views.h"

namespace pupil::corpus {

struct Judgement {
  double score_change =
      0;  ///< probability of the wanted class, the view's minus the original's; NaN: not heard
  bool destroyed = false;
};

/// Putting again replaces.
void put_judgement(Catalogue& catalogue, std::int64_t judge_config_id, std::int64_t view_id,
                   const Judgement& judgement);

/// Good separated views of `separate_config_id` without a judgement under `judge_config_id`, ascending id, beginning
/// after `after_view_id`, at most `limit`.
std::vector<View> pending_judgements(Catalogue& catalogue, std::int64_t separate_config_id,
                                     std::int64_t judge_config_id, std::int64_t after_view_id,
                                     std::int64_t limit);
std::int64_t count_pending_judgements(Catalogue& catalogue, std::int64_t separate_config_id,
                                      std::int64_t judge_config_id);

/// The view's state with its judgement under `judge_config_id` counted in.
ViewState judged_state(Catalogue& catalogue, const View& view, std::int64_t judge_config_id);

}  // namespace pupil::corpus
