// SPDX-License-Identifier: Apache-2.0
// Recordings that people sent (`pupil submit-page`): the folder DIR/submissions, and that folder as a source. Of each recording
// it holds two files, named by the SHA-256 of the first: HASH.flac, and the record HASH.json with licence, consent, time and
// sender. A recording was received when its record is there; audio without one was not.
//
// What nobody has reviewed yet is held back: collected and labelled, so that `pupil review` can show it, but in no training, no
// refinement of labels and no figure. A verdict about any stretch of it (review_journal.h; unsure is none) ends that.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "audio/flac_writer.h"
#include "corpus/catalogue.h"
#include "corpus/sources.h"

namespace pupil::corpus {

/// Source::kind of such a folder, and its Layout in words.
inline constexpr std::string_view kSubmissions = "submissions";

/// DIR/submissions.
std::filesystem::path submission_folder(const std::filesystem::path& project_dir);

struct Submission {
  std::string hash;  ///< SHA-256 of the audio file, and its name; set by put_submission()
  std::string
      author;  ///< stands for the sender: "sender-1a2b3c4d5e6f"; also the recording of all that came from there
  std::string licence;          ///< licence_id() (licences.h)
  std::string consent;          ///< what the sender agreed to, word for word
  std::string received;         ///< UTC, ISO 8601; set by put_submission()
  std::int64_t size_bytes = 0;  ///< of the audio file; 0: it is gone
};

enum class PutSubmission { stored, known };

/// Finishes `writer`, whose folder is `folder`, and stores audio, then record: both or neither, and on the disk once it returns.
/// `known`: this very audio was received before; nothing is changed then. Error: as FlacWriter's and TempFile's.
PutSubmission put_submission(const std::filesystem::path& folder, audio::FlacWriter& writer,
                             Submission submission);

/// By hash. A record that cannot be read is left out and named in `warnings`. Error: the folder cannot be listed.
std::vector<Submission> list_submissions(const std::filesystem::path& folder,
                                         std::vector<std::string>* warnings);

/// Removes what a killed process left: temporary files, audio without a record. Only for who is alone there (ProjectLock).
void remove_stray_submissions(const std::filesystem::path& folder);

/// Removes the recordings of an author, audio first. Returns how many. A folder that is not there has none. DiskError.
std::int64_t remove_submissions(const std::filesystem::path& folder, const std::string& author);

/// Whether a folder holds any record.
bool is_submission_folder(const std::filesystem::path& folder);

/// All that is in the folder, which may be nothing: people have yet to come. Author, licence and recording are the records'.
Source read_submissions(const std::filesystem::path& folder);

/// Clips from such folders that nobody has reviewed.
std::int64_t count_held_clips(Catalogue& catalogue);

}  // namespace pupil::corpus
