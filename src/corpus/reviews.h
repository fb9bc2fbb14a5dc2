// SPDX-License-Identifier: Apache-2.0
// Reviews: what a person decided about a stretch of a clip. They outlive windows: a review is kept by clip
// and time, so that windows cut anew or labelled by another teacher find it again.

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

/// A later review of the same clip, start and length replaces the former. Returns the id.
std::int64_t put_review(Catalogue& catalogue, const Review& review);
void delete_review(Catalogue& catalogue, std::int64_t review_id);

/// The review of exactly this stretch (start and length compared in whole milliseconds).
std::optional<Review> find_review(Catalogue& catalogue, std::int64_t clip_id, double start_s,
                                  double length_s);

/// All reviews, oldest first.
std::vector<Review> list_reviews(Catalogue& catalogue);

}  // namespace pupil::corpus
