// SPDX-License-Identifier: Apache-2.0
// Rows first, then audio: killed in between, files without a row are left, which no row misses. Given labels go before
// their clip, as the triggers of schema.cpp ask.

#include "corpus/clip_removal.h"

#include "base/file_system.h"
#include "corpus/clip_writer.h"
#include "corpus/database.h"
#include "corpus/store.h"
#include "corpus/submissions.h"

namespace pupil::corpus {
namespace {

struct Doomed {
  std::int64_t id = 0;
  std::string kind;  // of the source
  std::string file;
};

std::vector<Doomed> find_clips(Database& database, const std::string& word) {
  auto query = database.query(
      "SELECT c.id, s.kind, s.name || '/' || c.path FROM clips c JOIN sources s ON s.id = c.source_id"
      " LEFT JOIN web_items w ON w.source_id = c.source_id AND w.url = c.path"
      " WHERE ?1 IN (c.author, c.url, c.path, w.fetch_url, w.page_url) ORDER BY c.id");
  query.bind(word);
  std::vector<Doomed> clips;
  while (query.step()) clips.push_back({query.integer(0), query.text(1), query.text(2)});
  return clips;
}

// Whether a later collect may find the file again. Of submissions the project's own are removed with their sender.
bool is_left(const Doomed& clip) {
  if (clip.kind == kSubmissions) return std::filesystem::exists(clip.file);
  return clip.kind != "web";
}

std::vector<std::string> hashes_of(Database& database, std::int64_t clip_id) {
  auto query = database.query("SELECT hash FROM views WHERE clip_id = ?");
  query.bind(clip_id);
  std::vector<std::string> hashes;
  while (query.step()) hashes.push_back(query.text(0));
  return hashes;
}

// Verdict 0 is "accepted" (scores.h); split 2 is test.
bool was_learned(Database& database, std::int64_t clip_id) {
  auto query = database.query(
      "SELECT 1 FROM clips c JOIN recordings r ON r.id = c.recording_id JOIN views v ON v.clip_id = c.id"
      " JOIN windows w ON w.view_id = v.id JOIN labels l ON l.window_id = w.id"
      " WHERE c.id = ? AND r.split < 2 AND l.verdict = 0 LIMIT 1");
  return query.bind(clip_id).step();
}

void remove_rows(Database& database, std::int64_t clip_id) {
  forget_duplicates(database, clip_id);
  for (const char* sql : {"DELETE FROM truths WHERE clip_id = ?", "DELETE FROM clips WHERE id = ?"})
    database.query(sql).bind(clip_id).run();
}

}  // namespace

RemovedClips remove_clips(Catalogue& catalogue, const std::string& author_or_url) {
  Database& database = catalogue.database();
  RemovedClips removed;
  std::vector<std::string> hashes;
  Transaction transaction(catalogue);
  for (const Doomed& clip : find_clips(database, author_or_url)) {
    const auto own = hashes_of(database, clip.id);
    hashes.insert(hashes.end(), own.begin(), own.end());
    removed.learned_count += was_learned(database, clip.id);
    if (is_left(clip)) removed.files.push_back(clip.file);
    remove_rows(database, clip.id);
    ++removed.clip_count;
  }
  database.query("DELETE FROM recordings WHERE id NOT IN (SELECT recording_id FROM clips)").run();
  database
      .query(
          "UPDATE web_items SET fate = 'forgotten', detail = '', title = '', author = '' WHERE ?1 IN (author, url, fetch_url, page_url)")
      .bind(author_or_url)
      .run();
  transaction.commit();
  for (const std::string& hash : hashes) {
    auto query = database.query("SELECT 1 FROM views WHERE hash = ?");
    if (!query.bind(hash).step()) remove_file(stored_audio_path(catalogue.project_dir(), hash));
  }
  return removed;
}

}  // namespace pupil::corpus
