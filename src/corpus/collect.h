// SPDX-License-Identifier: Apache-2.0
// collect: brings clips in. Decodes in parallel, sets bad files aside with a reason, stores the good ones as
// FLAC, cuts their windows, and writes everything to the catalogue in the order of the source, so that the
// result does not depend on threads, nor on how often it was killed and started again.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/duplicate_index.h"
#include "corpus/metadata_conflicts.h"
#include "corpus/sources.h"
#include "corpus/splits.h"
#include "corpus/store.h"
#include "corpus/windows.h"

namespace pupil::corpus {

struct Intake;

/// Fills `intake` with what take_in() (intake.h) would give for `file`, where that is known already; else false. Called from
/// several threads.
using KnownIntake = std::function<bool(const std::filesystem::path& file, Intake* intake)>;

/// `[collect]` of pupil.toml.
struct CollectOptions {
  /// Clips are stored at this rate, or at their own where that is lower.
  std::int32_t sample_rate_hz = 32000;

  /// The channel to take, from 0; -1: the mean of all.
  std::int32_t channel = -1;

  /// Shorter files are set aside.
  double min_duration_s = 0.1;

  /// Files whose peak stays below this are set aside as silent.
  double silence_dbfs = -70.0;

  /// Files with more than this share of their samples within 0.1 dB of full scale are set aside as clipped.
  double clipped_share_max = 0.05;

  /// Off: near duplicates are kept. Exact ones are always set aside.
  bool near_duplicates = true;
  DuplicateOptions duplicates;

  /// Licences that clips may have, as is_allowed() (licences.h) reads them; empty: any.
  std::vector<std::string> licences_allowed;

  SplitOptions split;
  WindowOptions window;

  /// What given labels mean: two words for one class do not contradict each other. None: every word for
  /// itself.
  ClassOfLabel class_of;

  /// Decoding threads; 0: as many as the machine has.
  std::int32_t thread_count = 0;

  /// What shards have taken in (collect_shard.h); none: every file is decoded here.
  KnownIntake known_intake;
};

/// Called after every file, from the calling thread: files done and in all.
using CollectProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// A constant offset from here on is mentioned; of full scale.
inline constexpr double kNoticedOffset = 0.01;

struct CollectReport {
  std::int64_t file_count = 0;  ///< named by the sources
  std::int64_t unchanged_count =
      0;                         ///< known since an earlier run (path, size and time of change are the same)
  std::int64_t added_count = 0;  ///< new clips
  std::int64_t relabelled_count =
      0;  ///< known clips whose given labels, licence, author or group changed in the index
  std::int64_t completed_count =
      0;  ///< known clips that got labels, group, split or licence from a duplicate
  std::int64_t moved_count =
      0;  ///< known clips whose file came again from another place and is gone from the old
  std::int64_t restored_count = 0;  ///< known clips whose audio was lost from the store and is there again
  std::map<SetAsideReason, std::int64_t> set_aside;  ///< of this run
  std::int64_t replaced_count = 0;                   ///< known clips whose file holds other audio now
  double added_s = 0;                                ///< duration of the new clips
  std::int64_t window_count = 0;                     ///< windows cut
  std::vector<SplitConflict> split_conflicts;
  std::vector<MetadataConflict> metadata_conflicts;
  std::int64_t few_in_train_count =
      0;  ///< recordings kept in train because they are too few (keep_few_in_train())
  std::vector<std::string> remarks;  ///< the sources': what a person may want to know
  std::vector<std::string>
      warnings;  ///< one line each: what was lost, passed over or kept against expectation
};

/// Collects all items of `sources`. Kill it at any point and call it again: it goes on, nothing twice,
/// nothing lost. One bad file is data (see SetAside); Error: the disk is full, the catalogue cannot be
/// written. What was committed until then stays good.
CollectReport collect(Catalogue& catalogue, const Store& store, const std::vector<Source>& sources,
                      const CollectOptions& options, const CollectProgress& progress = {});

/// What collect() would find to do.
struct CollectForecast {
  std::int64_t file_count = 0;        ///< named by the sources
  std::int64_t relabelled_count = 0;  ///< known files of which an index says other things now
  std::int64_t lost_count = 0;  ///< separated views lost from the store (lost originals are pending files)
  std::int64_t uncut_view_count = 0;  ///< stored audio without windows of the options' kind
  bool splits_change = false;  ///< other shares or another seed than before, or too few recordings to divide
  /// New or changed files, in order; to be decoded.
  std::vector<std::filesystem::path> pending_files;

  bool nothing_to_do() const {
    return pending_files.empty() && relabelled_count == 0 && lost_count == 0 && uncut_view_count == 0 &&
           !splits_change;
  }
};

/// Looks at the files' names, sizes and times; decodes nothing and writes nothing.
CollectForecast forecast_collect(Catalogue& catalogue, const std::vector<Source>& sources,
                                 const CollectOptions& options);

}  // namespace pupil::corpus
