// SPDX-License-Identifier: Apache-2.0
// 1. Tables are read line by line and not as CSV: the last line of each may be torn, and must not cost the others.
// 2. A verdict's line holds all that its event's line held, for the index is kept for a while only.
// 3. Times in a clip: its event begins `clip_lead_s` after the clip does.

#include "corpus/device_source.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file_system.h"
#include "base/read_file.h"
#include "base/text.h"
#include "corpus/csv.h"
#include "corpus/reviews.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

using Row = std::map<std::string, std::string>;  // by column

// The rows of a table as wide as its header; others were torn.
std::vector<Row> read_rows(const fs::path& file) {
  std::vector<Row> rows;
  if (!fs::exists(file)) return rows;
  std::istringstream in(read_text(file));
  std::vector<std::string> columns;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    try {
      // The separator is found in the header alone; a line of one field has none.
      const std::string text = concat("a\tb\n", line);
      CsvReader reader(text, file.string());
      reader.next(fields);
      if (!reader.next(fields)) continue;
    } catch (const Error&) {
      continue;
    }
    if (columns.empty()) {
      columns = fields;
    } else if (fields.size() == columns.size() && fields != columns) {
      Row& row = rows.emplace_back();
      for (std::size_t i = 0; i < fields.size(); ++i) row[columns[i]] = fields[i];
    }
  }
  return rows;
}

// Seconds since midnight of "2026-11-29T13:04:06.120Z"; NaN where it is none.
double day_seconds(const std::string& utc) {
  if (utc.size() != 24) return NAN;
  const auto number = [&](std::size_t at, std::size_t count) {
    return std::atof(utc.substr(at, count).c_str());
  };
  return number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 6);
}

double length_s(const Row& row) {
  const double length = day_seconds(row.at("offset")) - day_seconds(row.at("onset"));
  if (!std::isfinite(length)) return 0;
  return length < 0 ? length + 86400 : length;  // over midnight
}

std::vector<fs::path> index_files(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> files = folder_entries(folder / "index", &ignored);
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".tsv"; });
  return files;
}

bool has_columns(const Row& row) {
  constexpr std::string_view kNeeded[] = {"id", "source", "onset", "offset", "clip", "clip_lead_s"};
  return std::all_of(std::begin(kNeeded), std::end(kNeeded),
                     [&](std::string_view column) { return row.contains(std::string(column)); });
}

// A path of the table must stay within the home.
bool is_below(const fs::path& path) {
  return path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

}  // namespace

bool is_device_home(const fs::path& folder) {
  return fs::exists(folder / "verdicts.tsv") ||
         (fs::is_directory(folder / "index") && fs::is_directory(folder / "clips"));
}

Source read_device_home(const fs::path& folder, const SourceOptions& options) {
  std::map<std::string, Row> rows;  // by id
  for (const fs::path& file : index_files(folder)) {
    for (Row& row : read_rows(file)) {
      if (has_columns(row)) rows.insert_or_assign(row.at("id"), std::move(row));
    }
  }
  std::map<std::string, Row> verdicts;
  for (Row& row : read_rows(folder / "verdicts.tsv")) {
    if (!has_columns(row) || !row.contains("rejected") || !row.contains("class")) continue;
    rows.try_emplace(row.at("id"), row);
    verdicts.insert_or_assign(row.at("id"), std::move(row));
  }
  Source source{folder.string(), "device", {}, {}, {}, {}};
  std::int64_t gone_count = 0;
  for (const auto& [id, row] : rows) {
    const std::string& clip = row.at("clip");
    if (clip.empty()) continue;
    if (!is_below(clip) || !fs::exists(folder / clip)) {
      ++gone_count;
      continue;
    }
    SourceItem& item = source.items.emplace_back();
    item.path = clip;
    item.file = folder / clip;
    item.licence = options.licence;
    item.author = options.author;
    item.recording = concat(row.at("source"), " ", row.at("onset").substr(0, 10));
    const auto verdict = verdicts.find(id);
    if (verdict == verdicts.end()) continue;
    const bool rejected = verdict->second.at("rejected") == "1";
    const double start_s = std::atof(row.at("clip_lead_s").c_str());
    SourceReview& review = source.reviews.emplace_back();
    review.path = clip;
    review.start_s = std::isfinite(start_s) ? start_s : 0;
    review.length_s = length_s(row);
    review.label = rejected ? "" : verdict->second.at("class");
    review.reviewer = verdict->second.contains("reviewer") ? verdict->second.at("reviewer") : "";
    review.note = concat("device: ", id);
    if (!rejected) item.given.push_back({review.label, {}, {}});
  }
  if (gone_count > 0)
    source.remarks.push_back(
        concat(folder.string(), ": ", gone_count, " clips of the index made room for others"));
  if (source.items.empty()) throw Error(concat(folder.string(), ": holds no clip of an event or near miss"));
  return source;
}

namespace {

// Whether a window is about the event: its middle is within half a window of it ("not this"), or a quarter ("this is ...",
// where a window must hold enough of the sound).
bool touches(const Window& window, std::int32_t rate_hz, const SourceReview& review) {
  const double length = static_cast<double>(window.length_samples) / rate_hz;
  const double middle = static_cast<double>(window.start_sample) / rate_hz + length / 2;
  const double margin = review.label.empty() ? length / 2 : length / 4;
  return middle >= review.start_s - margin && middle <= review.start_s + review.length_s + margin;
}

bool put_if_new(Catalogue& catalogue, const Review& review) {
  const auto present = find_review(catalogue, review.clip_id, review.start_s, review.length_s);
  if (present && present->label == review.label && present->reviewer == review.reviewer &&
      present->note == review.note)
    return false;
  put_review(catalogue, review);
  return true;
}

}  // namespace

std::int64_t put_source_reviews(Catalogue& catalogue, const std::vector<Source>& sources,
                                const WindowOptions& window) {
  std::map<std::pair<std::string, std::string>, const SourceReview*> wanted;  // by source and path
  for (const Source& source : sources) {
    for (const SourceReview& review : source.reviews) wanted[{source.name, review.path}] = &review;
  }
  if (wanted.empty()) return 0;
  std::map<std::int64_t, std::pair<const SourceReview*, std::int32_t>> clips;  // by id, with the rate
  for_each_clip(catalogue, {}, [&](const Clip& clip) {
    const auto found = wanted.find({clip.source, clip.path});
    if (found != wanted.end()) clips[clip.id] = {found->second, clip.sample_rate_hz};
  });
  std::vector<Review> reviews;
  WindowFilter filter;
  filter.window_config_id = window_config(catalogue, window).id;
  for (std::int64_t after = 0;;) {
    const std::vector<Window> windows = list_windows(catalogue, filter, after, 10'000);
    if (windows.empty()) break;
    after = windows.back().id;
    for (const Window& one : windows) {
      const auto clip = clips.find(one.clip_id);
      if (clip == clips.end()) continue;
      const auto& [review, rate_hz] = clip->second;
      if (!touches(one, rate_hz, *review)) continue;
      reviews.push_back({0, one.clip_id, static_cast<double>(one.start_sample) / rate_hz,
                         static_cast<double>(one.length_samples) / rate_hz, review->label, review->reviewer,
                         review->note, ""});
    }
  }
  Transaction transaction(catalogue);
  std::int64_t count = 0;
  for (const Review& review : reviews) count += put_if_new(catalogue, review) ? 1 : 0;
  transaction.commit();
  return count;
}

}  // namespace pupil::corpus
