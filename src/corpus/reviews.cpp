// SPDX-License-Identifier: Apache-2.0
#include "corpus/reviews.h"

#include <cmath>

#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

std::int64_t to_ms(double seconds) {
  return std::llround(seconds * 1000.0);
}

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

}  // namespace

std::int64_t put_review(Catalogue& catalogue, const Review& review) {
  Database& database = catalogue.database();
  const std::int64_t review_class = class_id(database, review.label);
  auto query = database.query(
      "INSERT INTO reviews(clip_id, start_ms, length_ms, class_id, reviewer, note, at) VALUES (?, ?, ?, ?, "
      "?, ?, ?)"
      " ON CONFLICT DO UPDATE SET class_id = excluded.class_id, reviewer = excluded.reviewer, note = "
      "excluded.note,"
      " at = excluded.at RETURNING id");
  query.bind(review.clip_id).bind(to_ms(review.start_s)).bind(to_ms(review.length_s)).bind(review_class);
  query.bind(review.reviewer).bind(review.note).bind(utc_now()).step();
  const std::int64_t id = query.integer(0);
  query.run();  // to the end: only then is the row written
  return id;
}

void delete_review(Catalogue& catalogue, std::int64_t review_id) {
  catalogue.database().query("DELETE FROM reviews WHERE id = ?").bind(review_id).run();
}

std::optional<Review> find_review(Catalogue& catalogue, std::int64_t clip_id, double start_s,
                                  double length_s) {
  auto query = catalogue.database().query(
      "SELECT n.id, n.clip_id, n.start_ms, n.length_ms, k.name, n.reviewer, n.note, n.at"
      " FROM reviews n JOIN classes k ON k.id = n.class_id"
      " WHERE n.clip_id = ? AND n.start_ms = ? AND n.length_ms = ?");
  if (!query.bind(clip_id).bind(to_ms(start_s)).bind(to_ms(length_s)).step()) return std::nullopt;
  return read_review(query);
}

std::vector<Review> list_reviews(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT n.id, n.clip_id, n.start_ms, n.length_ms, k.name, n.reviewer, n.note, n.at"
      " FROM reviews n JOIN classes k ON k.id = n.class_id ORDER BY n.id");
  std::vector<Review> reviews;
  while (query.step()) reviews.push_back(read_review(query));
  return reviews;
}

}  // namespace pupil::corpus
