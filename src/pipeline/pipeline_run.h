// SPDX-License-Identifier: Apache-2.0
// Runs the stages of a project one after the other and keeps what became of each: what `pupil run` does.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/stages.h"

namespace pupil::pipeline {

/// What became of one stage.
struct StageResult {
  StageForecast forecast;
  std::string state;  ///< "done", "nothing to do", "off", "not asked for"; of a forecast "pending"
  double seconds = 0;
  Json report;  ///< of a stage that is done
};

class PipelineRun {
 public:
  /// The stages from `first` to `last` (indices in stages()); those outside stay "not asked for". `context` must outlive
  /// the object.
  PipelineRun(PipelineContext& context, std::size_t first, std::size_t last);

  /// What would be done; writes nothing.
  void forecast();

  /// Forecasts, then does what is pending, with a log line per stage. Error: the stage's, with its name in front.
  void run();

  bool did_anything() const;
  const std::vector<StageResult>& results() const { return results_; }

  /// A line per stage with the expected time, and their sum.
  std::string table() const;
  Json json() const;

 private:
  void run_stage(std::size_t i);

  PipelineContext& context_;
  const std::size_t first_, last_;
  std::vector<StageResult> results_;
};

}  // namespace pupil::pipeline
