// SPDX-License-Identifier: Apache-2.0
// pupil train --processes: which processes train together, and how they meet.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "project/project_file.h"
#include "train_options.h"
#include "training/process_group.h"

namespace pupil::cli {

class TrainTogether {
 public:
  /// `--processes`: empty, a number, or "auto" for the place that a launcher gave. UsageError: neither, or no launcher.
  explicit TrainTogether(const TrainOptions& options);
  /// Waits for the processes that meet() started: what they have to say comes before this one's last words.
  ~TrainTogether();
  TrainTogether(const TrainTogether&) = delete;
  TrainTogether& operator=(const TrainTogether&) = delete;

  bool is_first() const { return rank_.index == 0; }

  /// Where processes share a machine, its processors are shared too ([train] threads = 0); a launcher has done that itself.
  void share_processors(TrainSection& train) const;

  /// Starts the others, unless a launcher has, and waits for them in `folder`, that of the training. Null: there are none.
  /// Error: they do not come.
  training::ProcessGroup* meet(const std::filesystem::path& folder);

 private:
  const TrainOptions& options_;
  training::Rank rank_;
  std::string name_;   // of the meeting
  bool here_ = false;  // all on this machine
  std::vector<pid_t> children_;
  std::unique_ptr<training::ProcessGroup> group_;
};

}  // namespace pupil::cli
