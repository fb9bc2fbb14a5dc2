// SPDX-License-Identifier: Apache-2.0
#include "corpus/moved_source.h"

#include <algorithm>

#include "corpus/clip_writer.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

// What cannot be looked at may still be there.
bool is_gone(const fs::path& place) {
  std::error_code code;
  return fs::symlink_status(place, code).type() == fs::file_type::not_found;
}

std::int64_t count_files(Database& database, std::int64_t source_id) {
  auto query = database.query(
      "SELECT (SELECT count(*) FROM clips WHERE source_id = ?1) + (SELECT count(*) FROM set_aside WHERE "
      "source_id = ?1)");
  query.bind(source_id).step();
  return query.integer(0);
}

// Files of `source` that are known under another source's row, unchanged.
std::int64_t count_same_files(Database& database, std::int64_t source_id, const Source& source) {
  return std::count_if(source.items.begin(), source.items.end(), [&](const SourceItem& item) {
    const auto known = find_file(database, source_id, item.path);
    return known && read_stamp(item.file) == known->stamp;
  });
}

std::int64_t find_moved_source(Database& database, const Source& source) {
  std::vector<std::int64_t> gone;
  {
    auto query = database.query("SELECT id, name FROM sources WHERE kind <> 'web' ORDER BY id");
    while (query.step()) {
      if (is_gone(query.text(1))) gone.push_back(query.integer(0));
    }
  }
  std::int64_t best = 0;
  std::int64_t best_count = 0;
  for (const std::int64_t id : gone) {
    const std::int64_t count = count_same_files(database, id, source);
    const std::int64_t most = std::min(std::ssize(source.items), count_files(database, id));
    if (2 * count <= most || count <= best_count) continue;
    best = id;
    best_count = count;
  }
  return best;
}

bool is_web_source(Database& database, const std::string& name) {
  auto query = database.query("SELECT 1 FROM sources WHERE name = ? AND kind = 'web'");
  return query.bind(name).step();
}

}  // namespace

std::int64_t look_up_source(Database& database, const Source& source) {
  const std::int64_t known = find_source(database, source.name);
  return known != 0 ? known : find_moved_source(database, source);
}

std::int64_t take_source(Database& database, const Source& source) {
  const std::int64_t known = look_up_source(database, source);
  if (known == 0) return source_id(database, source.name, source.kind);
  database.query("UPDATE sources SET name = ?1 WHERE id = ?2 AND name <> ?1")
      .bind(source.name)
      .bind(known)
      .run();
  return known;
}

bool own_file_is_gone(Database& database, std::int64_t clip_id, const std::vector<Source>& sources) {
  const ClipName name = name_of_clip(database, clip_id);
  const fs::path place = name.source;
  if (is_web_source(database, name.source)) return false;  // its file was removed once the store had it
  if (is_gone(place)) return true;
  std::error_code code;
  if (fs::is_directory(place, code)) return is_gone(place / name.path);
  // An index: where its files are is known when it is read.
  if (!is_gone(place.parent_path() / name.path)) return false;
  const auto source = std::find_if(sources.begin(), sources.end(),
                                   [&](const Source& one) { return one.name == name.source; });
  if (source == sources.end()) return false;
  const auto item = std::find_if(source->items.begin(), source->items.end(),
                                 [&](const SourceItem& one) { return one.path == name.path; });
  return item == source->items.end() || is_gone(item->file);
}

bool says_as_much(const ClipMetadata& item, const ClipMetadata& own) {
  return (own.given.empty() || !item.given.empty()) && (own.recording.empty() || !item.recording.empty()) &&
         (!own.split || item.split) && (own.licence.empty() || !item.licence.empty());
}

void forget_moved_files(Database& database, std::int64_t from_source_id, std::int64_t to_source_id) {
  database
      .query(
          "DELETE FROM set_aside WHERE source_id = ?1 AND (path IN (SELECT path FROM set_aside WHERE "
          "source_id = ?2) OR"
          " path IN (SELECT path FROM clips WHERE source_id = ?2))")
      .bind(from_source_id)
      .bind(to_source_id)
      .run();
}

}  // namespace pupil::corpus
