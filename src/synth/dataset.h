// SPDX-License-Identifier: Apache-2.0
// A folder of scenes with their ground truth, as `pupil synth` writes it.
//
//   OUT/bark/bark_000000.flac ...   clips, a folder for each class
//   OUT/scenes/scene_0000.flac ...  long scenes
//   OUT/clips.csv                   path,label,group,split,licence,author,duration_s,background,caption
//   OUT/captions.csv                file,caption
//   OUT/events.csv                  file,class,onset_s,offset_s,snr_db
//   OUT/synth.json                  how it was made
//
// A file is a function of the options and its number alone, not of how many there are, the order or the
// number of threads: a folder can be finished after a kill, or grow.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "synth/scene.h"

namespace pupil::synth {

/// Changes when the same options would give other bytes. Stored in synth.json: folders are not mixed.
inline constexpr std::int32_t kGeneratorVersion = 1;

struct DatasetOptions {
  std::uint64_t seed = 1;

  /// Short clips of one class each; the classes take turns.
  std::int64_t clip_count = 0;
  /// 0.5 to 600.
  double clip_s = 5;
  std::vector<SoundKind> classes;  ///< none: all
  /// A dog's class takes so many turns to a background's one, 1 to 100.
  std::int32_t dog_turns = 1;
  /// Isolated sounds, near and dry, instead of sounds in places with backgrounds.
  bool clean = false;
  /// As SceneSpec's.
  double snr_low_db = 0;
  double snr_high_db = 20;

  /// Long scenes: dogs (of `classes`) and other sounds now and then over changing backgrounds.
  std::int64_t scene_count = 0;
  /// 0.1 to 60.
  double scene_min = 10;
  /// Half of them dogs. 0 to 20; 0: backgrounds alone.
  double events_per_min = 4;

  /// Shares of recording groups, every class in each as far as there are enough clips; train gets the rest.
  /// Scenes are all of the test split.
  double val_share = 0.15;
  double test_share = 0.15;

  /// 16-bit FLAC, or WAV.
  bool is_wav = false;
  /// 0: all processors. The bytes do not depend on it.
  std::int32_t thread_count = 0;
};

/// The yard of `make demo`: 384 clips of 4 s (26 minutes), 48 recording groups, of each dog's class 2.4
/// minutes and of each background 0.8, 5 to 25 dB above what else is heard. Sized so that all stages of a
/// project end in minutes.
DatasetOptions demo_yard();

/// One file of the folder, as its tables say.
struct DatasetItem {
  std::string file;   ///< within the folder, with '/'
  std::string label;  ///< class of a clip; of a scene its dogs' classes, joined by ';'
  std::string group;  ///< recording group: one simulated animal in one place
  std::string split;
  double duration_s = 0;
  SceneSpec spec;
  std::uint64_t seed = 0;
};

struct DatasetReport {
  std::int64_t made_count = 0;
  std::int64_t kept_count = 0;  ///< lay there already
  double duration_s = 0;        ///< of all files
  std::int64_t event_count = 0;
  std::int64_t group_count = 0;
  std::map<std::string, std::int64_t> splits;
  std::map<std::string, std::int64_t> labels;
};

/// All files in the order of the tables: clips, then scenes. UsageError: an option out of its range.
std::vector<DatasetItem> plan_dataset(const DatasetOptions& options);

/// Writes what is not there yet, then the tables; removes what a killed run left half. One process at a time
/// per folder. `advance` is called from any thread when a file is done. UsageError: an option out of its
/// range. Error: the folder holds something else, or files made with other options; it cannot be written
/// (finished files stay).
DatasetReport write_dataset(const std::filesystem::path& folder, const DatasetOptions& options,
                            const std::function<void()>& advance = {});

}  // namespace pupil::synth
