// SPDX-License-Identifier: Apache-2.0
#include "corpus/reviews.h"

#include <cmath>

#include "base/text.h"
#include "corpus/milliseconds.h"
#include "corpus/review_journal.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

Review read_review(const Query& query) {
  Review review;
  review.id = query.integer(0);
  review.clip_id = query.integer(1);
  review.start_s = static_cast<double>(query.integer(2)) * 1e-3;
  review.length_s = static_cast<double>(query.integer(3)) * 1e-3;
  review.label = query.text(4);
  review.reviewer = query.text(5);
  review.note = query.text(6);
  review.at = query.text(7);
  return review;
}

constexpr std::string_view kSelectReview =
    "SELECT n.id, n.clip_id, n.start_ms, n.length_ms, k.name, n.reviewer, n.note, n.at FROM ";
constexpr std::string_view kJoinClass = " n JOIN classes k ON k.id = n.class_id ";

std::vector<Review> list_table(Catalogue& catalogue, std::string_view table) {
  auto query = catalogue.database().query(concat(kSelectReview, table, kJoinClass, "ORDER BY n.id"));
  std::vector<Review> reviews;
  while (query.step()) reviews.push_back(read_review(query));
  return reviews;
}

}  // namespace

std::int64_t put_review(Catalogue& catalogue, const Review& review) {
  JournalEntry entry;
  entry.stretch = {review.clip_id, review.start_s, review.length_s};
  entry.kind = review.label.empty() ? VerdictKind::none : VerdictKind::other_class;
  entry.label = review.label;
  entry.reviewer = review.reviewer.empty() ? "unknown" : review.reviewer;
  entry.note = review.note;
  put_verdicts(catalogue, {&entry, 1});
  return find_review(catalogue, review.clip_id, review.start_s, review.length_s)->id;
}

std::optional<Review> find_review(Catalogue& catalogue, std::int64_t clip_id, double start_s,
                                  double length_s) {
  auto query = catalogue.database().query(concat(
      kSelectReview, "reviews", kJoinClass, "WHERE n.clip_id = ? AND n.start_ms = ? AND n.length_ms = ?"));
  if (!query.bind(clip_id).bind(to_ms(start_s)).bind(to_ms(length_s)).step()) return std::nullopt;
  return read_review(query);
}

std::vector<Review> list_reviews(Catalogue& catalogue) {
  return list_table(catalogue, "reviews");
}

std::vector<Review> list_rejections(Catalogue& catalogue) {
  return list_table(catalogue, "rejections");
}

}  // namespace pupil::corpus
