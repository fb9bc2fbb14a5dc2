// SPDX-License-Identifier: Apache-2.0
// The stages as `pupil run` walks them: what each would find to do, how long that takes here, and doing it.
// Every stage is a function that its own command calls too; this is their order and nothing else.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/sources.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// What the stages work on.
struct PipelineContext {
  Project project;
  corpus::Catalogue& catalogue;
  std::vector<corpus::Source> sources;  ///< of the [[source]] tables
  std::int64_t threads = 0;             ///< 0: all processors
  Json record;                          ///< the options of `pupil run`, for run records
};

/// What the stages before will have brought, where they have not run yet.
struct Upstream {
  double clip_count = 0;
  double sound_s = 0;
  double window_count = 0;
  bool changed = false;  ///< something will be other than it is
};

struct StageForecast {
  bool off = false;       ///< [separate] mode = "off"
  double pending = 0;     ///< of `unit`; 0: nothing to do
  std::string unit;       ///< "files", "clips", "windows", "epochs", "models"
  std::string remark;     ///< why or of what: "3,431 windows each"
  double seconds = 0;     ///< expected
  bool measured = false;  ///< by the rate of an earlier run or by a trial, not by a default
};

struct Stage {
  std::string_view name;
  /// Writes nothing. `upstream` is what the stages before will bring; it adds its own.
  StageForecast (*forecast)(PipelineContext& place, Upstream* upstream);
  /// Does what is pending and returns its report; says what came of it in the log.
  Json (*run)(PipelineContext& place);
};

/// collect, separate, label, train, quantise, export, evaluate.
std::span<const Stage> stages();

/// Index in stages(). UsageError with the nearest name.
std::size_t find_stage(std::string_view option, std::string_view name);

}  // namespace pupil::pipeline
