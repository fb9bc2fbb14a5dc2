// SPDX-License-Identifier: Apache-2.0
// What a training reads: one file with the audio of whole clips, windows into it, and what the
// teacher said of each. Made from the catalogue by training_set_builder.h; this knows nothing of it, so that
// the training can run where only this file is.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pupil::student {

constexpr std::int32_t kTrainingRateHz = 16000;

/// Stored in training sets with these numbers; the same as the catalogue's.
enum class SetSplit : std::int32_t { train = 0, val = 1, test = 2 };
enum class SetVerdict : std::int32_t {
  accepted = 0,
  doubtful = 1,
  none_of_these = 2,
  background = 3,
  capped = 4
};

struct TrainingClip {
  std::int64_t first_sample = 0;
  std::int64_t sample_count = 0;
  SetSplit split = SetSplit::train;
  std::int32_t recording = 0;  ///< equal for clips of one recording
  bool separated = false;      ///< a separated view, not the original
  bool borrowed = false;       ///< not the project's: of a bank of negatives, or a dead input
};

struct TrainingWindow {
  std::int32_t clip = 0;
  std::int32_t start_sample = 0;  ///< in the clip
  SetVerdict verdict = SetVerdict::doubtful;
  std::int32_t label = -1;  ///< the teacher's class; -1 where it named none
  std::int32_t truth = -1;  ///< the given class; -1 where none was given. For comparisons and figures alone.
  float activity_db = 0;    ///< level above the clip's floor
};

/// What a set is made of, for writing one.
struct TrainingSetDraft {
  std::string configuration;              ///< JSON: what it was made from
  std::vector<std::string> class_names;   ///< K
  std::int32_t reported_class_count = 0;  ///< The first so many are reported; the others are negatives.
  std::int32_t window_samples = kTrainingRateHz;
  std::vector<TrainingClip> clips;
  std::vector<TrainingWindow> windows;
  std::vector<float> soft;       ///< [windows, K]; rows of background windows are 0
  std::vector<float> embedding;  ///< [windows, E]; may be empty
};

/// An open training set. Copies share it. Threads: any number may read.
class TrainingSet {
 public:
  /// Error, beginning with the path: not a training set, or one that contradicts itself.
  static TrainingSet open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return content_->path; }
  const std::string& configuration() const { return content_->draft.configuration; }
  const std::vector<std::string>& class_names() const { return content_->draft.class_names; }
  std::int32_t class_count() const { return static_cast<std::int32_t>(class_names().size()); }
  std::int32_t reported_class_count() const { return content_->draft.reported_class_count; }
  std::int32_t window_samples() const { return content_->draft.window_samples; }
  const std::vector<TrainingClip>& clips() const { return content_->draft.clips; }
  const std::vector<TrainingWindow>& windows() const { return content_->draft.windows; }

  /// The same audio and embeddings with other labels: `windows` lie where this set's do, `soft` [windows, K]. Error: they do not.
  TrainingSet relabelled(std::vector<TrainingWindow> windows, std::vector<float> soft) const;

  /// Soft target of window `index`, [K].
  std::span<const float> soft(std::int64_t index) const;
  /// The teacher's embedding of window `index`, [embedding_size()]; empty where the set has none.
  std::span<const float> embedding(std::int64_t index) const;
  std::int32_t embedding_size() const { return content_->embedding_size; }

  SetSplit split(const TrainingWindow& window) const {
    return clips()[static_cast<std::size_t>(window.clip)].split;
  }

  /// Audio of a window that may begin `shift` samples later (or earlier) than it does, full scale [-1, 1];
  /// zeros outside the clip. `out` [window_samples()]. Read from the file, not mapped: a set of any length takes no
  /// memory for its audio. Error: the file cannot be read (DiskError), or was shortened.
  void read_window(const TrainingWindow& window, std::int64_t shift, std::span<float> out) const;

 private:
  struct Content {
    std::filesystem::path path;
    TrainingSetDraft draft;
    std::shared_ptr<const void> owner;  // keeps the mapping
    std::shared_ptr<const int> file;    // for the audio
    std::int64_t audio_begin_bytes = 0;
    const float* soft = nullptr;
    const float* embedding = nullptr;
    std::int32_t embedding_size = 0;
  };
  std::shared_ptr<const Content> content_;
};

/// Takes clips' audio one after the other to a file, then makes the training set of it: memory does not grow
/// with the audio.
class TrainingSetWriter {
 public:
  /// The set will be `path`; until finish() only `path` with ".audio" behind it exists.
  explicit TrainingSetWriter(std::filesystem::path path);
  ~TrainingSetWriter();
  TrainingSetWriter(const TrainingSetWriter&) = delete;
  TrainingSetWriter& operator=(const TrainingSetWriter&) = delete;

  /// Appends audio at kTrainingRateHz, a clip or a piece of one, and returns its first sample. DiskError: no room.
  std::int64_t append(std::span<const float> samples);
  /// Appended so far.
  std::int64_t sample_count() const { return sample_count_; }
  /// Writes the set, replacing an old one whole. DiskError: full disk and the like.
  void finish(const TrainingSetDraft& draft);

 private:
  struct File;
  std::filesystem::path path_;
  std::unique_ptr<File> file_;
  std::int64_t sample_count_ = 0;
};

}  // namespace pupil::student
