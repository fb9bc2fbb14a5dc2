// SPDX-License-Identifier: Apache-2.0
// Reading what clip_writer.cpp writes.
//
// 1. kSplitNames and kReasonNames are indexed by their enums. Splits are stored as numbers and reasons by
//    name: the order of the reasons may change, their names may not.
// 2. read_clip() reads the columns of kSelectClip by position: the two change together (rows.h).
// 3. Given labels are read clip by clip while the clips' own query is open: two statements, memory for one
//    clip.

#include "corpus/clips.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

constexpr std::array<std::string_view, 3> kSplitNames = {"train", "val", "test"};

constexpr std::array<std::string_view, 9> kReasonNames = {"undecodable", "too short",       "silent",
                                                          "clipped",     "exact duplicate", "near duplicate",
                                                          "unreadable",  "damaged",         "licence"};

SetAsideReason parse_reason(const std::string& name) {
  const auto found = std::find(kReasonNames.begin(), kReasonNames.end(), name);
  if (found == kReasonNames.end()) throw Error("catalogue: unknown reason '" + name + "' in set_aside");
  return static_cast<SetAsideReason>(found - kReasonNames.begin());
}

// Conditions of a ClipFilter; the parameters are bound by bind_filter() in the same order.
constexpr std::string_view kFilter =
    "WHERE (?1 < 0 OR r.split = ?1)"
    " AND (?2 = '' OR EXISTS (SELECT 1 FROM truths t JOIN classes k ON k.id = t.class_id"
    " WHERE t.clip_id = c.id AND k.name = ?2))";

Query& bind_filter(Query& query, const ClipFilter& filter) {
  return query.bind(filter.split ? static_cast<std::int32_t>(*filter.split) : -1).bind(filter.given);
}

}  // namespace

std::string_view split_name(Split split) {
  return kSplitNames.at(static_cast<std::size_t>(split));
}

std::optional<Split> parse_split(std::string_view name) {
  const std::string lower = lower_case(name);
  if (lower == "train" || lower == "training") return Split::train;
  if (lower == "val" || lower == "valid" || lower == "validation" || lower == "dev") return Split::val;
  if (lower == "test" || lower == "eval" || lower == "evaluation" || lower == "testing") return Split::test;
  return std::nullopt;
}

std::string_view set_aside_reason_name(SetAsideReason reason) {
  return kReasonNames.at(static_cast<std::size_t>(reason));
}

std::int64_t class_id(Database& database, std::string_view name) {
  if (name.empty()) return 0;
  {
    auto known = database.query("SELECT id FROM classes WHERE name = ?");
    if (known.bind(name).step()) return known.integer(0);
  }
  database.query("INSERT INTO classes(name) VALUES (?)").bind(name).run();
  return database.last_row_id();
}

Clip read_clip(const Query& query) {
  Clip clip;
  clip.id = query.integer(0);
  clip.recording = query.text(1);
  clip.split = static_cast<Split>(query.integer(2));
  clip.hash = query.text(3);
  clip.source = query.text(4);
  clip.path = query.text(5);
  clip.author = query.text(6);
  clip.licence = query.text(7);
  clip.attribution_url = query.text(8);
  clip.sample_rate_hz = static_cast<std::int32_t>(query.integer(9));
  clip.sample_count = query.integer(10);
  clip.original_rate_hz = static_cast<std::int32_t>(query.integer(11));
  clip.original_channel_count = static_cast<std::int32_t>(query.integer(12));
  clip.original_codec = query.text(13);
  return clip;
}

std::vector<GivenLabel> read_given_labels(Database& database, std::int64_t clip_id) {
  auto query = database.query(
      "SELECT k.name, t.onset_s, t.offset_s FROM truths t JOIN classes k ON k.id = t.class_id"
      " WHERE t.clip_id = ? ORDER BY t.id");
  query.bind(clip_id);
  std::vector<GivenLabel> given;
  while (query.step()) {
    GivenLabel& one = given.emplace_back(GivenLabel{query.text(0), {}, {}});
    if (query.is_null(1)) continue;
    one.onset_s = query.real(1);
    one.offset_s = query.real(2);
  }
  return given;
}

Clip get_clip(Catalogue& catalogue, std::int64_t clip_id) {
  Database& database = catalogue.database();
  auto query = database.query(concat(kSelectClip, "WHERE c.id = ?"));
  if (!query.bind(clip_id).step()) throw Error(concat("catalogue: no clip ", clip_id));
  Clip clip = read_clip(query);
  clip.given = read_given_labels(database, clip_id);
  return clip;
}

void for_each_clip(Catalogue& catalogue, const ClipFilter& filter,
                   const std::function<void(const Clip&)>& visit) {
  Database& database = catalogue.database();
  auto query = database.query(concat(kSelectClip, kFilter, " ORDER BY c.id"));
  bind_filter(query, filter);
  while (query.step()) {
    Clip clip = read_clip(query);
    clip.given = read_given_labels(database, clip.id);
    visit(clip);
  }
}

std::int64_t count_clips(Catalogue& catalogue, const ClipFilter& filter) {
  auto query = catalogue.database().query(
      concat("SELECT count(*) FROM clips c JOIN recordings r ON r.id = c.recording_id ", kFilter));
  bind_filter(query, filter).step();
  return query.integer(0);
}

std::vector<std::string> given_label_names(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT name FROM classes k WHERE id <> 0 AND EXISTS (SELECT 1 FROM truths WHERE class_id = k.id) "
      "ORDER BY name");
  std::vector<std::string> labels;
  while (query.step()) labels.push_back(query.text(0));
  return labels;
}

std::vector<SetAside> list_set_aside(Catalogue& catalogue, std::optional<SetAsideReason> reason) {
  auto query = catalogue.database().query(
      "SELECT s.name, a.path, a.reason, a.detail, coalesce(a.other_clip_id, 0)"
      " FROM set_aside a JOIN sources s ON s.id = a.source_id WHERE ?1 = '' OR a.reason = ?1 ORDER BY a.id");
  query.bind(reason ? set_aside_reason_name(*reason) : std::string_view());
  std::vector<SetAside> rows;
  while (query.step()) {
    rows.push_back(
        {query.text(0), query.text(1), parse_reason(query.text(2)), query.text(3), query.integer(4)});
  }
  return rows;
}

std::vector<Attribution> list_attributions(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT c.author, l.name, s.name, c.url, count(*), sum(c.duration_ms)"
      " FROM clips c JOIN licences l ON l.id = c.licence_id JOIN sources s ON s.id = c.source_id"
      " GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4");
  std::vector<Attribution> rows;
  while (query.step()) {
    rows.push_back({query.text(0), query.text(1), query.text(2), query.text(3), query.integer(4),
                    static_cast<double>(query.integer(5)) * 1e-3});
  }
  return rows;
}

}  // namespace pupil::corpus
