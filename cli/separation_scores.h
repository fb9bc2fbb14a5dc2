// What separation did to the teacher's opinion of each view.

#pragma once

#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"

namespace pupil::cli {

/// Stores, for every separated view of the configuration that has none yet, how the probability of the class
/// it was made for changed: the view's minus the original's, by the project's first teacher, on the first ten
/// seconds. A view that lost more than half of a probability that was above one half is marked destroyed. A
/// teacher that is not there leaves the views as they are, and is said once.
void score_separated_views(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                           std::int64_t config_id, const corpus::Shard& shard);

}  // namespace pupil::cli
