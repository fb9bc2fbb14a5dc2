// The store: audio files named by their content, `project/store/ab/abcd...flac` (SHA-256 of the FLAC file,
// sharded by its first two digits). A file there is whole: it is written aside, flushed, then renamed.
// Nothing in the store is ever changed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pupil::corpus {

/// Threads: all functions may be called from several threads at the same time. Several processes may share a
/// store.
class Store {
 public:
  /// `project_dir`/store and its temporary folder are made when missing. Error: they cannot be.
  explicit Store(const std::filesystem::path& project_dir);

  /// Where the audio with this hash lies or would lie.
  std::filesystem::path path(const std::string& hash) const;
  bool contains(const std::string& hash) const;

  /// A new name in the temporary folder on the same file system, unused by any thread or process.
  std::filesystem::path temporary_path() const;

  /// Takes a finished file: flushes it to disk, names it by its SHA-256 and renames it into place; if the
  /// store has it already the temporary one is removed. Returns the hash. Error: full disk and the like; the
  /// temporary file is removed.
  std::string commit(const std::filesystem::path& temporary) const;

  /// The two halves of commit(), for a file that may not be wanted once its content is known.
  std::string hash_and_flush(const std::filesystem::path& temporary) const;
  void adopt(const std::filesystem::path& temporary, const std::string& hash) const;

  /// Encodes mono samples [L] as 16-bit FLAC and commits them. Returns the hash.
  std::string put_samples(std::span<const float> samples, std::int32_t sample_rate_hz) const;

  /// All samples of a stored file, mono, full scale [-1, 1], at its own rate. For clips; long files:
  /// read_window().
  std::vector<float> read_samples(const std::string& hash) const;

  /// Samples [start, start + length) at the file's own rate, shape [length_samples]; zeros past the end.
  /// Seeks.
  std::vector<float> read_window(const std::string& hash, std::int64_t start_sample,
                                 std::int64_t length_samples) const;

  /// Removes temporary files that no living process owns (left by a kill). Returns their number.
  std::int64_t remove_stray_files() const;

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace pupil::corpus
