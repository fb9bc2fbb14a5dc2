// SPDX-License-Identifier: Apache-2.0
// Reviews: what a person decided about a stretch of a clip, as it stands now. They outlive windows: a review is kept by clip
// and time, so that windows cut anew or labelled by another teacher find it again. They follow from the journal
// (review_journal.h), which has every verdict of everyone.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

struct Review {
  std::int64_t id = 0;
  std::int64_t clip_id = 0;
  double start_s = 0;
  double length_s = 0;
  std::string label;     ///< the right class; empty: none of the classes
  std::string reviewer;  ///< free text
  std::string note;
  std::string at;  ///< UTC, ISO 8601; set by put_review
};

/// Puts a verdict into the journal: what a stretch is. A later one about the same clip, start and length decides in its place.
/// Returns the review's id. Error: as put_verdicts().
std::int64_t put_review(Catalogue& catalogue, const Review& review);

/// The review of exactly this stretch (start and length compared in whole milliseconds).
std::optional<Review> find_review(Catalogue& catalogue, std::int64_t clip_id, double start_s,
                                  double length_s);

/// All reviews, oldest first.
std::vector<Review> list_reviews(Catalogue& catalogue);

/// Stretches of which a person said only what they are not (`label`), oldest first. A window of such a stretch whose label is
/// that class is never accepted: it reads as doubtful (scores.h).
std::vector<Review> list_rejections(Catalogue& catalogue);

}  // namespace pupil::corpus
