// SPDX-License-Identifier: Apache-2.0
// A file for each record, and no index: two files that are written whole need no lock against readers and cannot be torn, and
// removing a sender's recordings is removing files. The name of the audio is its content: sent twice, it is there once.

#include "corpus/submissions.h"

#include <algorithm>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/database.h"
#include "corpus/rows.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kAudioEnding = ".flac";
constexpr std::string_view kRecordEnding = ".json";

fs::path sound_path(const fs::path& folder, const std::string& hash) {
  return folder / concat(hash, kAudioEnding);
}

fs::path record_path(const fs::path& folder, const std::string& hash) {
  return folder / concat(hash, kRecordEnding);
}

bool is_hash(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The hash in "HASH.ending"; empty for any other name.
std::string hash_in(const fs::path& file, std::string_view ending) {
  const std::string stem = file.stem().string();
  return file.extension().string() == ending && is_hash(stem) ? stem : "";
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> files = folder_entries(folder, &failure);
  if (failure) throw Error(concat(folder.string(), ": cannot be listed: ", failure.message()));
  return files;
}

Json record_json(const Submission& submission) {
  Json json;
  json.set("author", submission.author);
  json.set("licence", submission.licence);
  json.set("received", submission.received);
  json.set("consent", submission.consent);
  json.set("consent_sha256", sha256_hex(submission.consent));
  return json;
}

Submission read_record(const fs::path& folder, const std::string& hash) {
  const Json json = read_json(record_path(folder, hash));
  Submission submission;
  submission.hash = hash;
  submission.author = json.at("author").as_string();
  submission.licence = json.at("licence").as_string();
  submission.received = json.at("received").as_string();
  submission.consent = json.at("consent").as_string();
  if (json.at("consent_sha256").as_string() != sha256_hex(submission.consent))
    throw Error(concat(record_path(folder, hash).string(), ": the text of the consent was changed"));
  std::error_code gone;
  const auto size = fs::file_size(sound_path(folder, hash), gone);
  submission.size_bytes = gone ? 0 : static_cast<std::int64_t>(size);
  return submission;
}

}  // namespace

fs::path submission_folder(const fs::path& project_dir) {
  return project_dir / "submissions";
}

PutSubmission put_submission(const fs::path& folder, audio::FlacWriter& writer, Submission submission) {
  submission.hash = sha256_file(writer.close());
  submission.received = utc_now();
  if (fs::exists(record_path(folder, submission.hash))) return PutSubmission::known;
  const fs::path audio = sound_path(folder, submission.hash);
  writer.commit(audio);
  try {
    write_whole(record_path(folder, submission.hash), record_json(submission).dump(2) + "\n");
  } catch (const DiskError&) {
    remove_file(audio);
    throw;
  }
  return PutSubmission::stored;
}

std::vector<Submission> list_submissions(const fs::path& folder, std::vector<std::string>* warnings) {
  std::vector<Submission> submissions;
  for (const fs::path& file : files_in(folder)) {
    const std::string hash = hash_in(file, kRecordEnding);
    if (hash.empty()) continue;
    try {
      submissions.push_back(read_record(folder, hash));
    } catch (const DiskError&) {
      throw;
    } catch (const Error& error) {
      warnings->push_back(concat(error.what(), "; the recording is passed over"));
    }
  }
  return submissions;
}

void remove_stray_submissions(const fs::path& folder) {
  for (const fs::path& file : files_in(folder)) {
    const std::string hash = hash_in(file, kAudioEnding);
    const bool is_temporary = file.filename().string().starts_with(kTempPrefix);
    if (is_temporary || (!hash.empty() && !fs::exists(record_path(folder, hash)))) remove_file(file);
  }
}

std::int64_t remove_submissions(const fs::path& folder, const std::string& author) {
  if (!fs::is_directory(folder)) return 0;
  std::int64_t count = 0;
  std::vector<std::string> unreadable;
  for (const Submission& submission : list_submissions(folder, &unreadable)) {
    if (submission.author != author) continue;
    remove_file(sound_path(folder, submission.hash));
    remove_file(record_path(folder, submission.hash));
    ++count;
  }
  return count;
}

bool is_submission_folder(const fs::path& folder) {
  return std::ranges::any_of(files_in(folder),
                             [](const fs::path& file) { return !hash_in(file, kRecordEnding).empty(); });
}

Source read_submissions(const fs::path& folder) {
  Source source;
  source.name = folder.string();
  source.kind = kSubmissions;
  for (const Submission& submission : list_submissions(folder, &source.warnings)) {
    SourceItem& item = source.items.emplace_back();
    item.path = concat(submission.hash, kAudioEnding);
    item.file = folder / item.path;
    item.author = submission.author;
    item.licence = submission.licence;
    item.recording = submission.author;
  }
  return source;
}

std::int64_t count_held_clips(Catalogue& catalogue) {
  auto query = catalogue.database().query(concat("SELECT count(*) FROM clips c WHERE NOT ", kNotHeld));
  return query.step() ? query.integer(0) : 0;
}

}  // namespace pupil::corpus
