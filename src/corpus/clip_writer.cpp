// SPDX-License-Identifier: Apache-2.0
// Rows of clips: what their sources say, their recordings and splits, their audio.
//
// 1. What each file's source says of it is kept as it was said, with the file (clips.metadata, set_aside.metadata). A
//    clip's own columns are made of all its files by merge_clip(), never edited on their own: so what one source takes
//    back, another may still say.
// 2. A recording's split follows from the splits that its clips were given (refresh_split()): the strictest wins, and none
//    given means one by its name. A recording without clips is deleted.
// 3. Given labels are deleted before a clip changes its recording and inserted after: triggers count clips by label and
//    split (schema.cpp).

#include "corpus/clip_writer.h"

#include <sys/stat.h>

#include <cmath>

#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

std::int64_t licence_id(Database& database, const std::string& name) {
  {
    auto known = database.query("SELECT id FROM licences WHERE name = ?");
    if (known.bind(name).step()) return known.integer(0);
  }
  database.query("INSERT INTO licences(name) VALUES (?)").bind(name).run();
  return database.last_row_id();
}

// Where sources disagree, the split that leaks least wins: test before val before train.
Split strictest(std::int64_t given_splits) {
  if ((given_splits & 4) != 0) return Split::test;
  return (given_splits & 2) != 0 ? Split::val : Split::train;
}

void set_split(Database& database, std::int64_t recording_id, std::int64_t given_splits, Split split) {
  database.query("UPDATE recordings SET split = ?, given_splits = ? WHERE id = ?")
      .bind(static_cast<std::int32_t>(split))
      .bind(given_splits)
      .bind(recording_id)
      .run();
}

// `bit`: mask of the splits that are given with it.
std::int64_t recording_id(Database& database, const std::string& name, std::int64_t bit,
                          const SplitOptions& options) {
  {
    auto known = database.query("SELECT id, given_splits FROM recordings WHERE name = ?");
    if (known.bind(name).step()) {
      const std::int64_t id = known.integer(0);
      const std::int64_t before = known.integer(1);
      if ((before | bit) != before) set_split(database, id, before | bit, strictest(before | bit));
      return id;
    }
  }
  database.query("INSERT INTO recordings(name, split, given_splits) VALUES (?, ?, ?)")
      .bind(name)
      .bind(static_cast<std::int32_t>(bit != 0 ? strictest(bit) : split_of(name, options)))
      .bind(bit)
      .run();
  return database.last_row_id();
}

// What the clips of a recording still say of its split, after one of them has changed its mind.
void refresh_split(Database& database, std::int64_t recording_id, const SplitOptions& options) {
  auto query = database.query(
      "SELECT r.name, coalesce(max(c.given_splits & 1) | max(c.given_splits & 2) | max(c.given_splits & 4), "
      "0)"
      " FROM recordings r"
      " LEFT JOIN clips c ON c.recording_id = r.id WHERE r.id = ?");
  query.bind(recording_id).step();
  const std::int64_t given = query.integer(1);
  set_split(database, recording_id, given, given != 0 ? strictest(given) : split_of(query.text(0), options));
}

void insert_given_labels(Database& database, std::int64_t clip_id, const std::vector<GivenLabel>& given) {
  for (const GivenLabel& one : given) {
    const std::int64_t label_class = class_id(database, one.label);
    auto query =
        database.query("INSERT INTO truths(clip_id, class_id, onset_s, offset_s) VALUES (?, ?, ?, ?)");
    query.bind(clip_id).bind(label_class);
    if (one.onset_s) {
      query.bind(*one.onset_s).bind(*one.offset_s);
    } else {
      query.bind_null().bind_null();
    }
    query.run();
  }
}

std::int64_t duration_ms(const Intake& intake) {
  return std::llround(1000.0 * static_cast<double>(intake.sample_count) / intake.sample_rate_hz);
}

std::int64_t insert_audio(Database& database, std::int64_t clip_id, const Intake& intake) {
  View view;
  view.clip_id = clip_id;
  view.hash = intake.hash;
  view.sample_rate_hz = intake.sample_rate_hz;
  view.sample_count = intake.sample_count;
  view.size_bytes = intake.size_bytes;
  const std::int64_t view_id = insert_view(database, view, intake.levels);
  if (!intake.fingerprint.words.empty()) {
    database.query("INSERT INTO fingerprints VALUES (?, ?, ?)")
        .bind(clip_id)
        .bind_array(std::span<const std::uint32_t>(intake.fingerprint.words))
        .bind_array(std::span<const std::uint32_t>(intake.fingerprint.landmarks))
        .run();
  }
  return view_id;
}

// The recording of a clip whose source names no group; see Collector::write().
bool is_unnamed(const std::string& recording) {
  return recording.starts_with(kUnnamedRecording);
}

// What the sources of a clip's own file and of its duplicates say, the own first.
std::vector<ClipMetadata> files_of(Database& database, std::int64_t clip_id) {
  std::vector<ClipMetadata> files;
  {
    auto own = database.query("SELECT metadata FROM clips WHERE id = ?");
    own.bind(clip_id).step();
    files.push_back(parse_metadata(own.text(0)));
  }
  auto others = database.query(
      "SELECT metadata, offset_s FROM set_aside WHERE other_clip_id = ? AND metadata <> '' ORDER BY "
      "source_id, path");
  others.bind(clip_id);
  while (others.step()) {
    ClipMetadata& file = files.emplace_back(parse_metadata(others.text(0)));
    shift_labels(file, others.real(1));
  }
  return files;
}

// A clip as the catalogue has it; `metadata.split` is not filled.
struct ClipRow {
  ClipMetadata metadata;
  std::int64_t recording_id = 0;
  std::int64_t given_splits = 0;
};

ClipRow read_clip_row(Database& database, std::int64_t clip_id) {
  ClipRow row;
  {
    auto query = database.query(
        "SELECT r.name, c.author, l.name, c.url, c.recording_id, c.given_splits FROM clips c"
        " JOIN recordings r ON r.id = c.recording_id JOIN licences l ON l.id = c.licence_id WHERE c.id = ?");
    query.bind(clip_id).step();
    row.metadata = {query.text(0), {}, query.text(1), query.text(2), query.text(3), {}};
    row.recording_id = query.integer(4);
    row.given_splits = query.integer(5);
  }
  row.metadata.given = read_given_labels(database, clip_id);
  return row;
}

std::vector<std::int64_t> clips_of(Database& database, std::int64_t recording_id) {
  auto query = database.query("SELECT id FROM clips WHERE recording_id = ? ORDER BY id");
  query.bind(recording_id);
  std::vector<std::int64_t> clips;
  while (query.step()) clips.push_back(query.integer(0));
  return clips;
}

// Given labels are taken first and come back: the triggers count so (schema.cpp).
void move_clip(Database& database, std::int64_t clip_id, std::int64_t recording_id) {
  const auto given = read_given_labels(database, clip_id);
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  database.query("UPDATE clips SET recording_id = ? WHERE id = ?").bind(recording_id).bind(clip_id).run();
  insert_given_labels(database, clip_id, given);
}

// A clip has left the recording: its split, if other clips are there; else it goes.
void leave_recording(Database& database, std::int64_t recording_id, const SplitOptions& split) {
  refresh_split(database, recording_id, split);
  database
      .query(
          "DELETE FROM recordings WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM clips WHERE recording_id = ?1)")
      .bind(recording_id)
      .run();
}

// Only where the name is the content's of this very clip: of a recording of several it is another's.
void rename_unnamed_recording(Database& database, std::int64_t clip_id, const std::string& hash,
                              const SplitOptions& split) {
  auto query = database.query(
      "SELECT r.name, v.hash, r.id FROM clips c JOIN recordings r ON r.id = c.recording_id"
      " JOIN views v ON v.clip_id = c.id AND v.kind = 0 WHERE c.id = ?");
  query.bind(clip_id).step();
  if (query.text(0) != unnamed_recording(query.text(1)) || query.text(1) == hash) return;
  database.query("UPDATE OR IGNORE recordings SET name = ? WHERE id = ?")
      .bind(unnamed_recording(hash))
      .bind(query.integer(2))
      .run();
  refresh_split(database, query.integer(2), split);
}

void delete_set_aside(Database& database, std::int64_t source_id, const std::string& path) {
  database.query("DELETE FROM set_aside WHERE source_id = ? AND path = ?").bind(source_id).bind(path).run();
}

}  // namespace

std::string unnamed_recording(const std::string& hash) {
  return concat(kUnnamedRecording, hash.substr(0, 16));
}

std::optional<FileStamp> read_stamp(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileStamp{status.st_size,
                   std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::int64_t find_source(Database& database, const std::string& name) {
  auto known = database.query("SELECT id FROM sources WHERE name = ?");
  return known.bind(name).step() ? known.integer(0) : 0;
}

std::int64_t source_id(Database& database, const std::string& name, const std::string& kind) {
  if (const std::int64_t known = find_source(database, name); known != 0) return known;
  database.query("INSERT INTO sources(name, kind) VALUES (?, ?)").bind(name).bind(kind).run();
  return database.last_row_id();
}

std::optional<KnownFile> find_file(Database& database, std::int64_t source_id, const std::string& path) {
  {
    auto clip = database.query(
        "SELECT id, size_bytes, mtime_ns, metadata FROM clips WHERE source_id = ? AND path = ?");
    if (clip.bind(source_id).bind(path).step()) {
      return KnownFile{clip.integer(0), {clip.integer(1), clip.integer(2)}, clip.text(3), {}, 0, 0};
    }
  }
  auto aside = database.query(
      "SELECT size_bytes, mtime_ns, metadata, reason, config_id, coalesce(other_clip_id, 0) FROM set_aside"
      " WHERE source_id = ? AND path = ?");
  if (!aside.bind(source_id).bind(path).step()) return std::nullopt;
  return KnownFile{0,
                   {aside.integer(0), aside.integer(1)},
                   aside.text(2),
                   aside.text(3),
                   aside.integer(4),
                   aside.integer(5)};
}

std::int64_t find_clip_by_hash(Database& database, const std::string& hash) {
  auto query =
      database.query("SELECT clip_id FROM views WHERE hash = ? AND kind = 0 ORDER BY clip_id LIMIT 1");
  return query.bind(hash).step() ? query.integer(0) : 0;
}

NewClip insert_clip(Database& database, std::int64_t source_id, const SourceItem& item,
                    const FileStamp& stamp, const Intake& intake, const std::string& recording,
                    const SplitOptions& split) {
  delete_set_aside(database, source_id, item.path);
  const std::int64_t recording_row = recording_id(
      database, item.recording.empty() ? recording : item.recording, split_bit(item.split), split);
  const std::int64_t licence_row = licence_id(database, item.licence);
  {
    auto query = database.query(
        "INSERT INTO clips(recording_id, source_id, path, size_bytes, mtime_ns, metadata, given_splits, "
        "author,"
        " licence_id, url, duration_ms, original_rate_hz, original_channel_count, original_codec)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(recording_row).bind(source_id).bind(item.path).bind(stamp.size_bytes).bind(stamp.mtime_ns);
    query.bind(metadata_text(item)).bind(split_bit(item.split));
    query.bind(item.author).bind(licence_row).bind(item.attribution_url).bind(duration_ms(intake));
    query.bind(intake.original_rate_hz).bind(intake.original_channel_count).bind(intake.original_codec).run();
  }
  NewClip added;
  added.clip_id = database.last_row_id();
  insert_given_labels(database, added.clip_id, item.given);
  added.view_id = insert_audio(database, added.clip_id, intake);
  return added;
}

void update_clip(Database& database, std::int64_t clip_id, const ClipMetadata& metadata,
                 const SplitOptions& split) {
  database.query("UPDATE clips SET metadata = ? WHERE id = ?")
      .bind(metadata_text(metadata))
      .bind(clip_id)
      .run();
  merge_clip(database, clip_id, split);
}

bool merge_clip(Database& database, std::int64_t clip_id, const SplitOptions& split) {
  MergedMetadata merged = merge_metadata(files_of(database, clip_id));
  const ClipRow before = read_clip_row(database, clip_id);
  ClipMetadata& now = merged.metadata;
  if (now.recording.empty()) now.recording = before.metadata.recording;
  if (now == before.metadata && merged.given_splits == before.given_splits) return false;

  const std::int64_t recording_row = recording_id(database, now.recording, merged.given_splits, split);
  const std::int64_t licence_row = licence_id(database, now.licence);
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  database
      .query(
          "UPDATE clips SET recording_id = ?, given_splits = ?, author = ?, licence_id = ?, url = ? WHERE id "
          "= ?")
      .bind(recording_row)
      .bind(merged.given_splits)
      .bind(now.author)
      .bind(licence_row)
      .bind(now.attribution_url)
      .bind(clip_id)
      .run();
  insert_given_labels(database, clip_id, now.given);
  if (recording_row != before.recording_id && is_unnamed(before.metadata.recording)) {
    for (const std::int64_t other : clips_of(database, before.recording_id))
      move_clip(database, other, recording_row);
  }
  refresh_split(database, recording_row, split);
  if (recording_row != before.recording_id) leave_recording(database, before.recording_id, split);
  return true;
}

std::int64_t replace_audio(Database& database, std::int64_t clip_id, const FileStamp& stamp,
                           const Intake& intake) {
  const auto given = read_given_labels(database, clip_id);
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  // By kind, as list_views().
  database.query("DELETE FROM views WHERE clip_id = ? AND kind = 0").bind(clip_id).run();
  database.query("DELETE FROM views WHERE clip_id = ? AND kind <> 0").bind(clip_id).run();
  database.query("DELETE FROM fingerprints WHERE clip_id = ?").bind(clip_id).run();
  database
      .query(
          "UPDATE clips SET duration_ms = ?, original_rate_hz = ?, original_channel_count = ?, "
          "original_codec = ?"
          " WHERE id = ?")
      .bind(duration_ms(intake))
      .bind(intake.original_rate_hz)
      .bind(intake.original_channel_count)
      .bind(intake.original_codec)
      .bind(clip_id)
      .run();
  insert_given_labels(database, clip_id, given);
  set_stamp(database, clip_id, stamp);
  return insert_audio(database, clip_id, intake);
}

void set_stamp(Database& database, std::int64_t clip_id, const FileStamp& stamp) {
  database.query("UPDATE clips SET size_bytes = ?, mtime_ns = ? WHERE id = ?")
      .bind(stamp.size_bytes)
      .bind(stamp.mtime_ns)
      .bind(clip_id)
      .run();
}

OwnFile own_file(Database& database, std::int64_t clip_id) {
  auto query =
      database.query("SELECT source_id, path, size_bytes, mtime_ns, metadata FROM clips WHERE id = ?");
  query.bind(clip_id).step();
  return {
      query.integer(0), query.text(1), {query.integer(2), query.integer(3)}, parse_metadata(query.text(4))};
}

void set_own_file(Database& database, std::int64_t clip_id, std::int64_t source_id, const SourceItem& item,
                  const FileStamp& stamp, const std::string& hash, const SplitOptions& split) {
  rename_unnamed_recording(database, clip_id, hash, split);
  delete_set_aside(database, source_id, item.path);
  const auto given = read_given_labels(database, clip_id);
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  // The duration is named, so that the triggers count the clip under its new source.
  database
      .query("UPDATE clips SET source_id = ?, path = ?, metadata = ?, duration_ms = duration_ms WHERE id = ?")
      .bind(source_id)
      .bind(item.path)
      .bind(metadata_text(item))
      .bind(clip_id)
      .run();
  insert_given_labels(database, clip_id, given);
  set_stamp(database, clip_id, stamp);
}

void shift_duplicates(Database& database, std::int64_t clip_id, double offset_s, const std::string& detail) {
  database
      .query("UPDATE set_aside SET offset_s = offset_s + ?, reason = ?, detail = ? WHERE other_clip_id = ?")
      .bind(offset_s)
      .bind(set_aside_reason_name(SetAsideReason::near_duplicate))
      .bind(detail)
      .bind(clip_id)
      .run();
}

void set_restored(Database& database, std::int64_t clip_id, std::int64_t size_bytes) {
  database.query("UPDATE views SET size_bytes = ? WHERE clip_id = ? AND kind = 0")
      .bind(size_bytes)
      .bind(clip_id)
      .run();
  database
      .query(
          "DELETE FROM skips WHERE clip_id = ?1 OR view_id IN (SELECT id FROM views WHERE clip_id = ?1)"
          " OR window_id IN (SELECT w.id FROM windows w JOIN views v ON v.id = w.view_id WHERE v.clip_id = "
          "?1)")
      .bind(clip_id)
      .run();
}

void put_set_aside(Database& database, std::int64_t source_id, const std::string& path,
                   const FileStamp& stamp, SetAsideReason reason, const std::string& detail,
                   const DuplicateOf& duplicate, std::int64_t collect_config_id) {
  delete_set_aside(database, source_id, path);
  auto query = database.query(
      "INSERT INTO set_aside(source_id, path, size_bytes, mtime_ns, reason, detail, other_clip_id, config_id,"
      " metadata, offset_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(source_id).bind(path).bind(stamp.size_bytes).bind(stamp.mtime_ns);
  query.bind(set_aside_reason_name(reason)).bind(detail);
  duplicate.clip_id != 0 ? query.bind(duplicate.clip_id) : query.bind_null();
  query.bind(collect_config_id).bind(duplicate.metadata).bind(duplicate.offset_s).run();
}

void set_duplicate_metadata(Database& database, std::int64_t source_id, const std::string& path,
                            const std::string& metadata) {
  database.query("UPDATE set_aside SET metadata = ? WHERE source_id = ? AND path = ?")
      .bind(metadata)
      .bind(source_id)
      .bind(path)
      .run();
}

std::int64_t forget_duplicates(Database& database, std::int64_t clip_id) {
  database.query("DELETE FROM set_aside WHERE other_clip_id = ?").bind(clip_id).run();
  return database.changed_rows();
}

Fingerprint read_fingerprint(Database& database, std::int64_t clip_id) {
  auto query = database.query("SELECT words, landmarks FROM fingerprints WHERE clip_id = ?");
  if (!query.bind(clip_id).step()) return {};
  return {query.array<std::uint32_t>(0), {}, query.array<std::uint32_t>(1)};
}

ClipName name_of_clip(Database& database, std::int64_t clip_id) {
  auto query = database.query(
      "SELECT s.name, c.path, r.name, c.duration_ms FROM clips c JOIN sources s ON s.id = c.source_id"
      " JOIN recordings r ON r.id = c.recording_id WHERE c.id = ?");
  query.bind(clip_id).step();
  return {query.text(0), query.text(1), query.text(2), static_cast<double>(query.integer(3)) * 1e-3};
}

}  // namespace pupil::corpus
