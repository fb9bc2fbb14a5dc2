// SPDX-License-Identifier: Apache-2.0
// The store: audio files named by their content, `project/store/ab/abcd...flac` (SHA-256 of the FLAC file,
// sharded by its first two digits: `sha256sum` checks it). A file there is whole: it is written aside,
// flushed, then renamed. Nothing in the store is ever changed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/decoder.h"

namespace pupil::corpus {

/// Where the audio with this hash lies or would lie in a project.
std::filesystem::path stored_audio_path(const std::filesystem::path& project_dir, const std::string& hash);

/// Whether a stored file is there as far as one look tells: a regular FLAC file of this size (0: of any), so
/// neither lost nor torn. Reads four bytes; `sha256sum` tells the rest.
bool is_whole_audio(const std::filesystem::path& file, std::int64_t size_bytes);

/// Error: the decoder left stretches of a stored file out, so that all that comes after them has moved: such
/// audio is of no use. The message says what to do.
void check_damage(const std::filesystem::path& file, const audio::Damage& damage);

/// Threads: all functions may be called from several threads at the same time. Several processes may share a
/// store. Copies are the same store.
class Store {
 public:
  /// `project_dir`/store is made when missing. Removes unfinished files of processes that are gone (kill -9). Error: it
  /// cannot be made.
  explicit Store(const std::filesystem::path& project_dir);

  /// Where the audio with this hash lies or would lie.
  std::filesystem::path path(const std::string& hash) const;
  bool contains(const std::string& hash) const;

  /// This process's own folder for files that are not finished, on the same file system: write there
  /// (audio::FlacWriter), then commit(). Removed with the last copy of this Store; after a kill by
  /// whoever opens the store next.
  const std::filesystem::path& temporary_folder() const;

  /// Takes a finished file that is on the disk already (FlacWriter::close() flushes): names it by its SHA-256
  /// and renames it into place; a file of that name is replaced: it has the same content, unless it is
  /// damaged. Returns the hash. The catalogue may name it afterwards. Error: it cannot be renamed.
  std::string commit(const std::filesystem::path& temporary) const;

  /// commit() for a file whose SHA-256 the caller has computed.
  void adopt(const std::filesystem::path& temporary, const std::string& hash) const;

  /// Encodes mono samples [L], full scale [-1, 1], as 16-bit FLAC and commits them. Returns the hash.
  std::string put_samples(std::span<const float> samples, std::int32_t sample_rate_hz) const;

  /// All samples of a stored file, mono, full scale [-1, 1], at its own rate. For clips; of long files take
  /// read_window(). Error: the file is missing, or damaged: stretches of it cannot be decoded.
  std::vector<float> read_samples(const std::string& hash) const;

  /// Samples [start, start + length) at the file's own rate, shape [length_samples]; zeros past the end.
  /// Decodes from the beginning of the file.
  std::vector<float> read_window(const std::string& hash, std::int64_t start_sample,
                                 std::int64_t length_samples) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  class TemporaryFolder;

  void remove_stray_files() const;

  std::filesystem::path root_;
  std::shared_ptr<TemporaryFolder> temporary_;
};

}  // namespace pupil::corpus
