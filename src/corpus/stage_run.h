// SPDX-License-Identifier: Apache-2.0
// The record of one run of one stage: kept in the catalogue whatever becomes of it, and the source of the
// rates by which the next one is estimated.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Begins with its construction; without finish() it ends as "failed".
class StageRun {
 public:
  /// `inputs_hash`: over all that decides the result, empty where the stage knows by other means what is
  /// pending.
  StageRun(Catalogue& catalogue, std::string_view stage, const Json& options, std::uint64_t seed = 0,
           std::string inputs_hash = {});
  ~StageRun();
  StageRun(const StageRun&) = delete;
  StageRun& operator=(const StageRun&) = delete;

  /// What the costly part of the run was: `items` of `kind` ("efficientat, clips") in the time since `start`.
  /// Rates are compared among the same kind alone.
  void set_work(std::string kind, double items, std::chrono::steady_clock::time_point start);
  void finish(Json summary);

 private:
  Catalogue& catalogue_;
  std::int64_t id_;
  Json work_;
  bool finished_ = false;
};

/// Items of `kind` per second in the latest finished run of `stage` that worked on them for half a second or
/// more.
std::optional<double> measured_rate(Catalogue& catalogue, std::string_view stage, std::string_view kind);

/// The latest run of `stage`, however it ended; killed ones have no outcome.
std::optional<Run> latest_run(Catalogue& catalogue, std::string_view stage);

/// The latest run of `stage` that ended well.
std::optional<Run> latest_finished_run(Catalogue& catalogue, std::string_view stage);

}  // namespace pupil::corpus
