// SPDX-License-Identifier: Apache-2.0
// The file by which processes meet has a name that no other start has, so that what a killed one left is never read; the
// first process, which has the training's folder for itself, removes it.

#include "train_together.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "child.h"
#include "launcher.h"
#include "options.h"

namespace pupil::cli {
namespace {

constexpr std::string_view kMeeting = "meeting-";  // how the file's name begins
constexpr std::string_view kHere = "here-";        // how names begin that this program gives itself
constexpr double kPatienceHere_s = 120;
constexpr double kPatience_s = 3600;  // a scheduler may start the last of them late

}  // namespace

TrainTogether::TrainTogether(const TrainOptions& options) : options_(options) {
  if (options.processes.empty()) return;
  if (options.processes != "auto") {
    rank_.count = read_integer("--processes", options.processes, Range{1, 16});
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    name_ = concat(kHere, getpid(), "-", now);
    here_ = true;
    return;
  }
  const auto place = launched_place();
  if (!place)
    throw UsageError("--processes auto: no launcher has set OMPI_COMM_WORLD_RANK, PMI_RANK or SLURM_PROCID");
  rank_ = {place->index, place->count};
  if (rank_.count == 1) return;
  name_ = launched_name();
  here_ = name_.starts_with(kHere);
}

TrainTogether::~TrainTogether() {
  group_.reset();  // the others are told so by their connections
  for (const pid_t child : children_) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void TrainTogether::share_processors(TrainSection& train) const {
  if (!here_ || train.threads > 0) return;
  const std::int64_t all = std::max(1U, std::thread::hardware_concurrency());
  train.threads = std::max<std::int64_t>(1, all / rank_.count);
}

training::ProcessGroup* TrainTogether::meet(const std::filesystem::path& folder) {
  if (rank_.count == 1) return nullptr;
  make_folders(folder);
  if (is_first() && options_.processes != "auto") {
    std::vector<std::string> words = {own_program(), "train", options_.dir, "--processes", "auto"};
    if (!options_.out.empty()) words.insert(words.end(), {"--out", options_.out});
    if (options_.fresh) words.emplace_back("--fresh");
    for (std::int64_t i = 1; i < rank_.count; ++i) {
      children_.push_back(start_child(
          words, {},
          {{"PUPIL_RANK", concat(i)}, {"PUPIL_SIZE", concat(rank_.count)}, {"PUPIL_MEETING", name_}}));
    }
  }
  const std::filesystem::path meeting = folder / concat(kMeeting, name_);
  group_ =
      std::make_unique<training::ProcessGroup>(meeting, rank_, here_, here_ ? kPatienceHere_s : kPatience_s);
  if (is_first()) {
    for (const std::filesystem::path& entry : folder_entries(folder)) {
      const bool old = entry != meeting && entry.filename().string().starts_with(kMeeting);
      if (old) remove_file(entry);
    }
  }
  return group_.get();
}

}  // namespace pupil::cli
