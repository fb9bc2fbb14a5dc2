#include "corpus/clip_writer.h"

#include <sys/stat.h>

#include <cmath>

#include "base/sha256.h"
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

std::int64_t recording_id(Database& database, const std::string& name, std::optional<Split> given,
                          const SplitOptions& options) {
  const std::int64_t bit = given ? std::int64_t{1} << static_cast<int>(*given) : 0;
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
      .bind(static_cast<std::int32_t>(given ? *given : split_of(name, options)))
      .bind(bit)
      .run();
  return database.last_row_id();
}

// What the clips of a recording still say of its split, after one of them has changed its mind.
void refresh_split(Database& database, std::int64_t recording_id, const SplitOptions& options) {
  auto query = database.query(
      "SELECT r.name, coalesce(sum(DISTINCT 1 << c.given_split), 0) FROM recordings r"
      " LEFT JOIN clips c ON c.recording_id = r.id WHERE r.id = ?");
  query.bind(recording_id).step();
  const std::int64_t given = query.integer(1);
  set_split(database, recording_id, given, given != 0 ? strictest(given) : split_of(query.text(0), options));
}

void insert_truth(Database& database, std::int64_t clip_id, const std::vector<Truth>& truth) {
  for (const Truth& one : truth) {
    const std::int64_t truth_class = class_id(database, one.label);
    auto query =
        database.query("INSERT INTO truths(clip_id, class_id, onset_s, offset_s) VALUES (?, ?, ?, ?)");
    query.bind(clip_id).bind(truth_class);
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

void delete_set_aside(Database& database, std::int64_t source_id, const std::string& path) {
  database.query("DELETE FROM set_aside WHERE source_id = ? AND path = ?").bind(source_id).bind(path).run();
}

}  // namespace

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
        "SELECT id, size_bytes, mtime_ns, index_hash FROM clips WHERE source_id = ? AND path = ?");
    if (clip.bind(source_id).bind(path).step()) {
      return KnownFile{clip.integer(0), {clip.integer(1), clip.integer(2)}, clip.text(3), {}, 0};
    }
  }
  auto aside = database.query(
      "SELECT size_bytes, mtime_ns, reason, config_id FROM set_aside WHERE source_id = ? AND path = ?");
  if (!aside.bind(source_id).bind(path).step()) return std::nullopt;
  return KnownFile{0, {aside.integer(0), aside.integer(1)}, {}, aside.text(2), aside.integer(3)};
}

std::string index_hash(const SourceItem& item) {
  std::string text = concat(item.recording, "\n", item.split ? split_name(*item.split) : "", "\n",
                            item.author, "\n", item.licence, "\n", item.attribution_url);
  for (const Truth& truth : item.truth) {
    text += concat("\n", truth.label, "\t", truth.onset_s.value_or(-1), "\t", truth.offset_s.value_or(-1));
  }
  return sha256_hex(text).substr(0, 16);
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
  const std::int64_t recording_row =
      recording_id(database, item.recording.empty() ? recording : item.recording, item.split, split);
  const std::int64_t licence_row = licence_id(database, item.licence);
  {
    auto query = database.query(
        "INSERT INTO clips(recording_id, source_id, path, size_bytes, mtime_ns, index_hash, given_split, "
        "author,"
        " licence_id, url, duration_ms, original_rate_hz, original_channel_count, original_codec)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(recording_row).bind(source_id).bind(item.path).bind(stamp.size_bytes).bind(stamp.mtime_ns);
    query.bind(index_hash(item));
    item.split ? query.bind(static_cast<std::int32_t>(*item.split)) : query.bind_null();
    query.bind(item.author).bind(licence_row).bind(item.attribution_url).bind(duration_ms(intake));
    query.bind(intake.original_rate_hz).bind(intake.original_channel_count).bind(intake.original_codec).run();
  }
  NewClip added;
  added.clip_id = database.last_row_id();
  insert_truth(database, added.clip_id, item.truth);
  added.view_id = insert_audio(database, added.clip_id, intake);
  return added;
}

void update_clip(Database& database, std::int64_t clip_id, const SourceItem& item,
                 const SplitOptions& split) {
  std::int64_t old_recording = 0;
  std::string recording = item.recording;
  {
    auto query = database.query(
        "SELECT c.recording_id, r.name FROM clips c JOIN recordings r ON r.id = c.recording_id"
        " WHERE c.id = ?");
    query.bind(clip_id).step();
    old_recording = query.integer(0);
    if (recording.empty()) recording = query.text(1);
  }
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  const std::int64_t recording_row = recording_id(database, recording, item.split, split);
  const std::int64_t licence_row = licence_id(database, item.licence);
  {
    auto query = database.query(
        "UPDATE clips SET recording_id = ?, index_hash = ?, given_split = ?, author = ?, licence_id = ?, url "
        "= ?"
        " WHERE id = ?");
    query.bind(recording_row).bind(index_hash(item));
    item.split ? query.bind(static_cast<std::int32_t>(*item.split)) : query.bind_null();
    query.bind(item.author).bind(licence_row).bind(item.attribution_url).bind(clip_id).run();
  }
  insert_truth(database, clip_id, item.truth);
  refresh_split(database, recording_row, split);
  if (old_recording == recording_row) return;
  refresh_split(database, old_recording, split);
  database
      .query(
          "DELETE FROM recordings WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM clips WHERE recording_id = ?1)")
      .bind(old_recording)
      .run();
}

std::int64_t replace_audio(Database& database, std::int64_t clip_id, const FileStamp& stamp,
                           const Intake& intake) {
  const auto truth = read_truth(database, clip_id);
  database.query("DELETE FROM truths WHERE clip_id = ?").bind(clip_id).run();
  database.query("DELETE FROM views WHERE clip_id = ?").bind(clip_id).run();
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
  insert_truth(database, clip_id, truth);
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

void put_set_aside(Database& database, std::int64_t source_id, const std::string& path,
                   const FileStamp& stamp, SetAsideReason reason, const std::string& detail,
                   std::int64_t other_clip_id, std::int64_t collect_config_id) {
  delete_set_aside(database, source_id, path);
  auto query = database.query(
      "INSERT INTO set_aside(source_id, path, size_bytes, mtime_ns, reason, detail, other_clip_id, config_id)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(source_id).bind(path).bind(stamp.size_bytes).bind(stamp.mtime_ns);
  query.bind(set_aside_reason_name(reason)).bind(detail);
  other_clip_id != 0 ? query.bind(other_clip_id) : query.bind_null();
  query.bind(collect_config_id).run();
}

Fingerprint read_fingerprint(Database& database, std::int64_t clip_id) {
  auto query = database.query("SELECT words, landmarks FROM fingerprints WHERE clip_id = ?");
  if (!query.bind(clip_id).step()) return {};
  return {query.array<std::uint32_t>(0), {}, query.array<std::uint32_t>(1)};
}

std::string recording_of(Database& database, std::int64_t clip_id) {
  auto query =
      database.query("SELECT r.name FROM clips c JOIN recordings r ON r.id = c.recording_id WHERE c.id = ?");
  query.bind(clip_id).step();
  return query.text(0);
}

}  // namespace pupil::corpus
