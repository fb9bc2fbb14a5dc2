// SPDX-License-Identifier: Apache-2.0
// Writes recordings, clips and files set aside: collect's side of clips.h. All calls within a Transaction.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "corpus/clips.h"
#include "corpus/database.h"
#include "corpus/intake.h"
#include "corpus/sources.h"
#include "corpus/splits.h"

namespace pupil::corpus {

/// Begins the name of a recording whose clips' sources name no group; the content of the first follows.
inline constexpr std::string_view kUnnamedRecording = "audio:";

/// The name of the recording of a clip with this content that nobody named.
std::string unnamed_recording(const std::string& hash);

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
  std::string metadata;                ///< metadata_text() of clips and duplicates
  std::string reason;                  ///< of files set aside
  std::int64_t collect_config_id = 0;  ///< of files set aside: with which thresholds
  std::int64_t kept_clip_id = 0;       ///< of duplicates: the clip that was kept
};

/// Ids of names, found or added.
std::int64_t source_id(Database& database, const std::string& name, const std::string& kind);

/// 0: the source is not known yet.
std::int64_t find_source(Database& database, const std::string& name);

std::optional<KnownFile> find_file(Database& database, std::int64_t source_id, const std::string& path);

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

/// Keeps what the source says of a known clip's own file, then merge_clip().
void update_clip(Database& database, std::int64_t clip_id, const ClipMetadata& metadata,
                 const SplitOptions& split);

/// Puts a clip's labels, licence, author, recording and split together anew, from what the sources of its own
/// file and of its duplicates say. A recording that nobody named moves as a whole when one of its clips is
/// given a group. Returns whether anything of the clip changed.
bool merge_clip(Database& database, std::int64_t clip_id, const SplitOptions& split);

/// The file of a known clip has other content: its views go (with windows and scores), a new original view
/// comes. Returns the view's id.
std::int64_t replace_audio(Database& database, std::int64_t clip_id, const FileStamp& stamp,
                           const Intake& intake);

/// Makes a file the clip's own: what was its own is known no longer, unless the caller sets it aside. The audio is
/// replace_audio()'s, and merge_clip() is the caller's. A recording that was named by the clip's content until now
/// (kUnnamedRecording) is named by `hash`, so that its name does not tell which file came first.
void set_own_file(Database& database, std::int64_t clip_id, std::int64_t source_id, const SourceItem& item,
                  const FileStamp& stamp, const std::string& hash, const SplitOptions& split);

/// The duplicates of a clip whose own file begins `offset_s` earlier than its own file until now are near duplicates that
/// begin so much later in it.
void shift_duplicates(Database& database, std::int64_t clip_id, double offset_s, const std::string& detail);

/// A clip's own file: its row in `sources`, its path there, when it was last seen and what its source said of it.
struct OwnFile {
  std::int64_t source_id = 0;
  std::string path;
  FileStamp stamp;
  ClipMetadata metadata;
};
OwnFile own_file(Database& database, std::int64_t clip_id);

/// The file of a known clip was touched but holds the same.
void set_stamp(Database& database, std::int64_t clip_id, const FileStamp& stamp);

/// The clip of which a file is a duplicate, and what is kept of that file.
struct DuplicateOf {
  std::int64_t clip_id = 0;  ///< 0: the file is none
  std::string metadata;      ///< metadata_text()
  double offset_s = 0;       ///< where the file begins in the clip
};

/// The original audio of a clip is in the store again: what stages skipped for its loss is pending again.
void set_restored(Database& database, std::int64_t clip_id, std::int64_t size_bytes);

void put_set_aside(Database& database, std::int64_t source_id, const std::string& path,
                   const FileStamp& stamp, SetAsideReason reason, const std::string& detail,
                   const DuplicateOf& duplicate, std::int64_t collect_config_id);

/// What the source of a known duplicate says now; merge_clip() of the kept clip is the caller's.
void set_duplicate_metadata(Database& database, std::int64_t source_id, const std::string& path,
                            const std::string& metadata);

/// Forgets the duplicates of a clip whose audio is another now; the next collect looks at those files again.
/// Returns their number.
std::int64_t forget_duplicates(Database& database, std::int64_t clip_id);

/// The stored fingerprint of a clip; empty where it has none.
Fingerprint read_fingerprint(Database& database, std::int64_t clip_id);

/// What of a clip is told to a person when another file repeats it.
struct ClipName {
  std::string source;
  std::string path;
  std::string recording;  ///< name of the recording it belongs to
  double duration_s = 0;
};
ClipName name_of_clip(Database& database, std::int64_t clip_id);

}  // namespace pupil::corpus
