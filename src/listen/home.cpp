// SPDX-License-Identifier: Apache-2.0
// 1. bytes_ is the sum of days_ and index_bytes_. Both are read from the disk once, at the start, and kept by what is
//    written and removed here; nobody else writes into the folder.
// 2. A clip's room is made before it is written (reserve), for its largest size; afterwards its true size counts.
// 3. Clips of a day lie in one folder, and their names begin with their time: the oldest are found by name.
// 4. A line that a kill has torn ends where the next append begins a new one; readers pass over it.

#include "listen/home.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/quietly.h"
#include "base/read_file.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "listen/clip_file.h"
#include "listen/table_line.h"
#include "listen/utc.h"

namespace pupil::listen {

namespace fs = std::filesystem;

const std::vector<std::string> kIndexColumns = {
    "kind",  "id",     "source",       "class", "score", "peak",        "threshold",
    "onset", "offset", "model_sha256", "top",   "clip",  "clip_lead_s", "no_clip_reason"};
const std::vector<std::string> kVerdictColumns = {"id",     "rejected",     "class", "reviewer",   "time",
                                                  "found",  "source",       "score", "threshold",  "onset",
                                                  "offset", "model_sha256", "clip",  "clip_lead_s"};

namespace {

constexpr std::size_t kTimeLetters = 20;  // of an id: "20261129T130406.120Z"

std::int64_t size_of(const fs::path& file) {
  std::error_code failed;
  const auto bytes = fs::file_size(file, failed);
  return failed ? 0 : static_cast<std::int64_t>(bytes);
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code ignored;
  return folder_entries(folder, &ignored);
}

std::string top_text(const std::vector<ClassScore>& top) {
  std::string text;
  for (const ClassScore& entry : top)
    text += concat(text.empty() ? "" : ";", entry.class_name, "=", entry.score);
  return text;
}

std::string text_if_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored) ? read_text(file) : std::string();
}

template <typename Take>
void for_lines(std::string_view text, const Take& take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    take(text.substr(at, end - at));
    at = end + 1;
  }
}

// The day that an id's time names: "2026-11-29".
std::string day_of_id(std::string_view id) {
  if (id.size() < kTimeLetters) return "";
  return concat(id.substr(0, 4), "-", id.substr(4, 2), "-", id.substr(6, 2));
}

}  // namespace

std::string finding_id(Time time, const std::string& source, const std::string& class_name) {
  std::string id = concat(utc_compact(time), "-", source, "-");
  for (const char c : class_name)
    id += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
  return id;
}

Home::Home(fs::path folder, ClipSection options, std::int32_t rate_hz)
    : folder_(std::move(folder)), options_(std::move(options)), rate_hz_(rate_hz) {
  look_around();
  read_verdicts();
}

Home::~Home() {
  quietly([this] { flush(); });
}

void Home::look_around() {
  for (const fs::path& day : sorted_entries(folder_ / "clips")) {
    for (const fs::path& file : sorted_entries(day)) {
      if (file.filename().string().starts_with(kTempPrefix)) {  // of a process that was killed
        remove_file_of(file);
        continue;
      }
      Day& entry = days_[day.filename().string()];
      ++entry.clips;
      entry.bytes += size_of(file);
      bytes_ += size_of(file);
    }
  }
  for (const fs::path& file : sorted_entries(folder_ / "index")) {
    index_bytes_[file.stem().string()] = size_of(file);
    bytes_ += size_of(file);
  }
}

void Home::read_verdicts() {
  for_lines(text_if_there(folder_ / "verdicts.tsv"), [&](std::string_view line) {
    const std::vector<std::string> fields = table_fields(line);
    if (fields.size() == kVerdictColumns.size()) reviewed_.insert(fields[0]);
  });
}

bool Home::remove_file_of(const fs::path& file) {
  std::error_code failed;
  return fs::remove(file, failed) && !failed;
}

// Said once per outage; a clip or line that is written ends it.
void Home::disk_refused(const std::string& reason) {
  if (!disk_refuses_)
    log_info(concat("home: ", reason, ": events go on without being kept, until there is room"));
  disk_refuses_ = true;
}

bool Home::remove_oldest(bool reviewed_too) {
  for (auto day = days_.begin(); day != days_.end(); ++day) {
    for (const fs::path& file : sorted_entries(folder_ / "clips" / day->first)) {
      if (!reviewed_too && reviewed_.contains(file.stem().string())) continue;
      const std::int64_t bytes = size_of(file);
      if (!remove_file_of(file)) continue;
      bytes_ -= bytes;
      day->second.bytes -= bytes;
      if (--day->second.clips == 0) {
        std::error_code ignored;
        fs::remove(folder_ / "clips" / day->first, ignored);
        days_.erase(day);
      }
      return true;
    }
  }
  return false;
}

// Makes room; says why there is none.
std::string Home::reserve(std::int64_t bytes) {
  while (bytes_ + bytes > quota_bytes()) {
    if (!remove_oldest(false) && !remove_oldest(true)) return "quota";
  }
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0) return std::strerror(errno);
  const auto free_bytes = [&] {
    ::statvfs(folder_.c_str(), &disk);
    return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  };
  while (free_bytes() < bytes + kLeftFreeBytes) {
    if (!remove_oldest(false)) return "disk full";
  }
  return "";
}

KeptClip Home::keep_clip(const std::string& id, Time time, std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  const std::string day = utc_day(time);
  const std::string kind = id.substr(std::min(kTimeLetters, id.size()));
  if (day != today_day_) {
    today_.clear();
    today_day_ = day;
    for (const fs::path& file : sorted_entries(folder_ / "clips" / day)) {
      const std::string stem = file.stem().string();
      if (stem.size() > kTimeLetters) ++today_[stem.substr(kTimeLetters)];
    }
  }
  const auto refuse = [&](const std::string& reason) {
    ++refused_;
    return KeptClip{"", reason};
  };
  if (samples.empty()) return refuse("no audio");
  if (today_[kind] >= options_.per_class_and_day) return refuse("quota");
  try {
    const fs::path relative = fs::path("clips") / day / (id + kClipExtension);
    make_folders((folder_ / relative).parent_path());
    const std::string reason = reserve(most_clip_bytes(std::ssize(samples)));
    if (!reason.empty()) {
      if (reason != "quota") disk_refused(reason);
      return refuse(reason);
    }
    write_clip(folder_ / relative, samples, rate_hz_);
    const std::int64_t bytes = size_of(folder_ / relative);
    ++today_[kind];
    Day& entry = days_[day];
    ++entry.clips;
    entry.bytes += bytes;
    bytes_ += bytes;
    disk_refuses_ = false;
    return {relative.string(), ""};
  } catch (const Error& error) {
    disk_refused(error.what());
    return refuse("disk refused");
  }
}

void Home::drop_clip(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const fs::path file = folder_ / path;
  if (reviewed_.contains(file.stem().string())) return;
  const std::int64_t bytes = size_of(file);
  if (!remove_file_of(file)) return;
  bytes_ -= bytes;
  const auto day = days_.find(file.parent_path().filename().string());
  if (day == days_.end()) return;
  day->second.bytes -= bytes;
  --day->second.clips;
  const std::string stem = file.stem().string();
  if (day->first == today_day_ && stem.size() > kTimeLetters) --today_[stem.substr(kTimeLetters)];
}

void Home::record(const Event& event) {
  const std::string fields[] = {"event",
                                event.id,
                                event.source,
                                event.class_name,
                                concat(event.score),
                                concat(event.peak_score),
                                concat(event.threshold),
                                utc_text(event.onset),
                                utc_text(event.offset),
                                event.model_sha256,
                                top_text(event.top),
                                event.clip,
                                concat(event.clip_lead_s),
                                event.no_clip_reason};
  const std::lock_guard lock(mutex_);
  add_line(day_of_id(event.id), table_line(fields));
  write_pending();
  write_waiting_verdict(event.id);
}

void Home::record(const NearMiss& miss) {
  const std::string fields[] = {"near miss",
                                miss.id,
                                miss.source,
                                miss.class_name,
                                concat(miss.score),
                                concat(miss.score),
                                concat(miss.threshold),
                                utc_text(miss.time),
                                utc_text(miss.time),
                                miss.model_sha256,
                                top_text(miss.top),
                                miss.clip,
                                concat(miss.clip_lead_s),
                                ""};
  const std::lock_guard lock(mutex_);
  add_line(day_of_id(miss.id), table_line(fields));
}

// While the disk refuses, the oldest lines make room.
void Home::add_line(const std::string& day, std::string line) {
  if (pending_.empty()) pending_since_ = latest_;
  while (pending_bytes_ + line.size() > kMostPendingBytes && !pending_.empty()) {
    std::string& oldest = pending_.begin()->second;
    const std::size_t end = oldest.find('\n') + 1;
    oldest.erase(0, end);
    pending_bytes_ -= end;
    ++lost_lines_;
    if (oldest.empty()) pending_.erase(pending_.begin());
  }
  pending_bytes_ += line.size();
  pending_[day] += std::move(line);
}

void Home::write_pending() {
  std::erase_if(pending_, [&](const auto& entry) {
    const auto& [day, lines] = entry;
    const fs::path file = folder_ / "index" / (day + ".tsv");
    if (!append(file, table_line(kIndexColumns), lines, false)) return false;
    const std::int64_t bytes = size_of(file);
    bytes_ += bytes - index_bytes_[day];
    index_bytes_[day] = bytes;
    pending_bytes_ -= lines.size();
    return true;
  });
}

// All of the text, or nothing of it: what a full disk took of it is cut off again.
bool Home::append(const fs::path& file, const std::string& header, const std::string& text, bool sync) {
  int handle = -1;
  try {
    make_folders(file.parent_path());
    handle = ::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  } catch (const Error&) {
  }
  if (handle < 0) {
    disk_refused(concat(file.string(), ": ", std::strerror(errno)));
    return false;
  }
  const off_t size = ::lseek(handle, 0, SEEK_END);
  char last = '\n';
  const bool torn = size > 0 && ::pread(handle, &last, 1, size - 1) == 1 && last != '\n';
  const std::string all = concat(size == 0 ? header : "", torn ? "\n" : "", text);
  const bool written =
      write_all(handle, std::as_bytes(std::span(all))) == all.size() && (!sync || sync_file(handle));
  if (!written) {
    disk_refused(concat(file.string(), ": ", std::strerror(errno)));
    (void)!resize_file(handle, size);
  } else {
    disk_refuses_ = false;
  }
  ::close(handle);
  return written;
}

std::vector<std::string> Home::find_line(const std::string& id) {
  std::vector<std::string> found;
  const std::string day = day_of_id(id);
  const auto look = [&](std::string_view text) {
    for_lines(text, [&](std::string_view line) {
      if (line.find(id) == std::string_view::npos) return;
      std::vector<std::string> fields = table_fields(line);
      if (fields.size() == kIndexColumns.size() && fields[1] == id) found = std::move(fields);
    });
  };
  const bool plain =
      std::all_of(day.begin(), day.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  if (day.empty() || !plain) return found;
  look(text_if_there(folder_ / "index" / (day + ".tsv")));
  const auto waiting = pending_.find(day);
  if (waiting != pending_.end()) look(waiting->second);
  return found;
}

void Home::expect(const std::string& id) {
  const std::lock_guard lock(mutex_);
  expected_[id];
}

void Home::write_waiting_verdict(const std::string& id) {
  const auto expected = expected_.extract(id);
  if (expected.empty() || !expected.mapped()) return;
  try {
    write_verdict(*expected.mapped());
  } catch (const Error& error) {
    log_warning(concat("a verdict is lost: ", error.what()));
  }
}

void Home::put(const Verdict& verdict) {
  const std::lock_guard lock(mutex_);
  const auto expected = expected_.find(verdict.id);
  if (expected != expected_.end())
    expected->second = verdict;
  else
    write_verdict(verdict);
}

void Home::write_verdict(const Verdict& verdict) {
  const std::vector<std::string> event = find_line(verdict.id);
  if (event.empty()) throw Error(concat("no event or near miss \"", verdict.id, "\" is known (any more)"));
  const std::string fields[] = {verdict.id,
                                verdict.rejected ? "1" : "0",
                                verdict.rejected ? "" : verdict.class_name,
                                verdict.reviewer,
                                utc_text(verdict.time),
                                event[3],
                                event[2],
                                event[5],
                                event[6],
                                event[7],
                                event[8],
                                event[9],
                                event[11],
                                event[12]};
  if (!append(folder_ / "verdicts.tsv", table_line(kVerdictColumns), table_line(fields), true))
    throw DiskError(concat((folder_ / "verdicts.tsv").string(), ": the verdict could not be written"));
  reviewed_.insert(verdict.id);
}

void Home::remove_old_index(Time now) {
  const std::string oldest = utc_day(now - std::chrono::days(options_.index_days));
  while (!index_bytes_.empty()) {
    const auto day = index_bytes_.begin();
    const bool over_quota = bytes_ > quota_bytes() && index_bytes_.size() > 1;
    if (day->first >= oldest && !over_quota) return;
    if (over_quota && (remove_oldest(false) || remove_oldest(true))) continue;
    remove_file_of(folder_ / "index" / (day->first + ".tsv"));
    bytes_ -= day->second;
    index_bytes_.erase(day);
  }
}

void Home::tick(Time now) {
  const std::lock_guard lock(mutex_);
  latest_ = now;
  if (pending_.empty() || (now - pending_since_ < kFlushAfter && now >= pending_since_)) return;
  write_pending();
  pending_since_ = now;  // refused: not again before its time
  remove_old_index(now);
}

void Home::flush() {
  const std::lock_guard lock(mutex_);
  write_pending();
}

Home::Counts Home::counts() const {
  const std::lock_guard lock(mutex_);
  std::int64_t clips = 0;
  for (const auto& [day, entry] : days_) clips += entry.clips;
  return {bytes_, clips, refused_, lost_lines_};
}

}  // namespace pupil::listen
