// Writes recordings, clips and files set aside: collect's side of clips.h. All calls within a Transaction.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "corpus/clips.h"
#include "corpus/database.h"
#include "corpus/intake.h"
#include "corpus/sources.h"
#include "corpus/splits.h"

namespace pupil::corpus {

/// What tells whether a file has changed since it was last seen.
struct FileStamp {
  std::int64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// None: there is no such file.
std::optional<FileStamp> read_stamp(const std::filesystem::path& file);

/// A file the catalogue knows, as a clip or as set aside.
struct KnownFile {
  std::int64_t clip_id = 0;  ///< 0: set aside
  FileStamp stamp;
  std::string index_hash;              ///< of clips
  std::string reason;                  ///< of files set aside
  std::int64_t collect_config_id = 0;  ///< of files set aside: with which thresholds
};

/// Ids of names, found or added.
std::int64_t source_id(Database& database, const std::string& name, const std::string& kind);

/// 0: the source is not known yet.
std::int64_t find_source(Database& database, const std::string& name);

std::optional<KnownFile> find_file(Database& database, std::int64_t source_id, const std::string& path);

/// Hash over all that the source says of an item: a change of labels in an index is seen by it.
std::string index_hash(const SourceItem& item);

/// The clip whose original view has this content; 0: none.
std::int64_t find_clip_by_hash(Database& database, const std::string& hash);

/// Adds a clip with its recording, given labels, original view, levels and fingerprint; takes it off the
/// set-aside list. `recording` is used where the item names none. Returns {clip id, view id}.
struct NewClip {
  std::int64_t clip_id = 0;
  std::int64_t view_id = 0;
};
NewClip insert_clip(Database& database, std::int64_t source_id, const SourceItem& item,
                    const FileStamp& stamp, const Intake& intake, const std::string& recording,
                    const SplitOptions& split);

/// Writes what the source says of a known clip anew: labels, licence, author, recording, split.
void update_clip(Database& database, std::int64_t clip_id, const SourceItem& item, const SplitOptions& split);

/// The file of a known clip has other content: its views go (with windows and scores), a new original view
/// comes. Returns the view's id.
std::int64_t replace_audio(Database& database, std::int64_t clip_id, const FileStamp& stamp,
                           const Intake& intake);

/// The file of a known clip was touched but holds the same.
void set_stamp(Database& database, std::int64_t clip_id, const FileStamp& stamp);

void put_set_aside(Database& database, std::int64_t source_id, const std::string& path,
                   const FileStamp& stamp, SetAsideReason reason, const std::string& detail,
                   std::int64_t other_clip_id, std::int64_t collect_config_id);

/// The stored fingerprint of a clip; empty where it has none.
Fingerprint read_fingerprint(Database& database, std::int64_t clip_id);

/// Name of the recording a clip belongs to.
std::string recording_of(Database& database, std::int64_t clip_id);

}  // namespace pupil::corpus
