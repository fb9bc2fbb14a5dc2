// SPDX-License-Identifier: Apache-2.0
// What a device keeps of what it found, and how `pupil collect` finds it again.
//
//     HOME/clips/2026-11-29/ID.flac   audio of events and near misses (WAV from the device build)
//     HOME/index/2026-11-29.tsv       a line for each event and near miss, with or without audio
//     HOME/verdicts.tsv               a line for each verdict, with all that the index said of its event
//
// docs/listen.md has the columns.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "listen/event.h"
#include "listen/listen_config.h"
#include "listen/verdict.h"

namespace pupil::listen {

/// The audio of a finding: where it is, or why there is none.
struct KeptClip {
  std::string path;    ///< below the home folder
  std::string reason;  ///< "quota", "disk full"...; empty where there is a path
};

/// The folder. A disk that refuses (full, read-only, gone) stops nothing: clips are then refused with a reason, lines of
/// the index wait in memory (bounded), and both are tried again. Threads: any.
class Home : public VerdictStore {
 public:
  /// Looks at what is there; makes what is missing when it is first written to. `rate_hz` of clips.
  Home(std::filesystem::path folder, ClipSection options, std::int32_t rate_hz);
  ~Home() override;

  /// Writes the clip whole, or says why not. Its room is made first: the oldest clips go, those with a verdict last.
  KeptClip keep_clip(const std::string& id, Time time, std::span<const std::int16_t> samples);
  /// A near miss's, for a nearer one.
  void drop_clip(const std::string& path);

  /// An event has begun: verdicts on it wait until its line is recorded, and are recorded with it.
  void expect(const std::string& id);
  /// Lines of the index: events are written at once, near misses within kFlushAfter.
  void record(const Event& event);
  void record(const NearMiss& miss);

  /// Error: the id is in no index; DiskError: it could not be written.
  void put(const Verdict& verdict) override;

  /// About once a second: writes what waited long enough; removes index files that are too old.
  void tick(Time now);
  /// Writes what waits.
  void flush();

  struct Counts {
    std::int64_t bytes = 0;  ///< of clips and index
    std::int64_t clips = 0;
    std::int64_t refused = 0;
    std::int64_t lost_lines = 0;  ///< of the index, while the disk refused for long
  };
  Counts counts() const;
  const std::filesystem::path& folder() const { return folder_; }

  static constexpr std::chrono::minutes kFlushAfter{5};
  /// The rest of the disk is others'.
  static constexpr std::int64_t kLeftFreeBytes = 32'000'000;
  static constexpr std::size_t kMostPendingBytes = 256'000;

 private:
  struct Day {
    std::int64_t clips = 0;
    std::int64_t bytes = 0;
  };

  void look_around();
  void read_verdicts();
  void add_line(const std::string& day, std::string line);
  void write_pending();
  bool append(const std::filesystem::path& file, const std::string& header, const std::string& text,
              bool sync);
  std::vector<std::string> find_line(const std::string& id);
  void write_verdict(const Verdict& verdict);
  void write_waiting_verdict(const std::string& id);
  std::string reserve(std::int64_t bytes);
  bool remove_oldest(bool reviewed_too);
  bool remove_file_of(const std::filesystem::path& file);
  void remove_old_index(Time now);
  std::int64_t quota_bytes() const { return options_.quota_mb * 1'000'000; }
  void disk_refused(const std::string& reason);

  mutable std::mutex mutex_;
  std::filesystem::path folder_;
  ClipSection options_;
  std::int32_t rate_hz_;
  std::map<std::string, Day> days_;                  // of clips, by their folder's name
  std::map<std::string, std::int64_t> index_bytes_;  // by day
  std::map<std::string, std::int64_t> today_;        // clips of a source and class, the id without its time
  std::string today_day_;
  std::map<std::string, std::string> pending_;  // lines that wait, by day
  std::size_t pending_bytes_ = 0;
  Time pending_since_{};
  Time latest_{};                   // that tick() was given
  std::set<std::string> reviewed_;  // ids
  std::map<std::string, std::optional<Verdict>>
      expected_;  // events that go on, with the latest verdict on each
  std::int64_t bytes_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t lost_lines_ = 0;
  bool disk_refuses_ = false;
};

/// "20261129T130406.120Z-yard-dog_barking": letters, digits, - and _ of the class, the rest as _.
std::string finding_id(Time time, const std::string& source, const std::string& class_name);

/// Header lines of the tables.
extern const std::vector<std::string> kIndexColumns;
extern const std::vector<std::string> kVerdictColumns;

}  // namespace pupil::listen
