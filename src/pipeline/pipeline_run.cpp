// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline_run.h"

#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"

namespace pupil::pipeline {
namespace {

std::string amount(const StageForecast& forecast) {
  const bool whole = forecast.pending == std::floor(forecast.pending);
  return concat(whole ? with_thousands(std::llround(forecast.pending)) : fixed(forecast.pending, 1), " ",
                forecast.unit, forecast.remark.empty() ? "" : " ", forecast.remark);
}

Json stage_json(std::string_view name, const StageResult& result) {
  Json json;
  json.set("stage", name);
  json.set("state", result.state);
  json.set("pending", result.forecast.pending);
  json.set("unit", result.forecast.unit);
  json.set("expected_s", result.forecast.seconds);
  json.set("by_measured_rate", result.forecast.measured);
  if (result.state == "done") {
    json.set("seconds", result.seconds);
    json.set("report", result.report);
  }
  return json;
}

}  // namespace

PipelineRun::PipelineRun(PipelineContext& context, std::size_t first, std::size_t last)
    : context_(context), first_(first), last_(last), results_(stages().size()) {
  for (StageResult& stage : results_) stage.state = "not asked for";
}

void PipelineRun::forecast() {
  Upstream upstream;
  for (std::size_t i = first_; i <= last_; ++i) {
    StageResult& stage = results_[i];
    stage.forecast = stages()[i].forecast(context_, &upstream);
    stage.state = stage.forecast.off ? "off" : stage.forecast.pending > 0 ? "pending" : "nothing to do";
  }
}

void PipelineRun::run() {
  forecast();
  for (std::size_t i = first_; i <= last_; ++i) run_stage(i);
  set_progress_frame("", 0);
}

bool PipelineRun::did_anything() const {
  for (const StageResult& stage : results_) {
    if (stage.state == "done") return true;
  }
  return false;
}

std::string PipelineRun::table() const {
  std::string text;
  double seconds = 0;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const StageResult& stage = results_[i];
    text += concat(stages()[i].name, std::string(10 - stages()[i].name.size(), ' '));
    if (stage.state == "pending") {
      text += concat(amount(stage.forecast), ": about ", readable_seconds(stage.forecast.seconds),
                     stage.forecast.measured ? "" : " (by a default rate)");
      seconds += stage.forecast.seconds;
    } else {
      text += stage.state;
    }
    text += "\n";
  }
  return text + (seconds > 0 ? concat("in all about ", readable_seconds(seconds), "\n") : "nothing to do\n");
}

Json PipelineRun::json() const {
  Json list{Json::Array()};
  for (std::size_t i = 0; i < results_.size(); ++i) list.push_back(stage_json(stages()[i].name, results_[i]));
  return list;
}

void PipelineRun::run_stage(std::size_t i) {
  StageResult& stage = results_[i];
  if (did_anything()) {
    // Once more: what the stages before it did is known by now.
    Upstream nothing;
    stage.forecast = stages()[i].forecast(context_, &nothing);
  }
  const std::string place = concat("[", i + 1, "/", stages().size(), "] ");
  if (stage.forecast.off || stage.forecast.pending == 0) {
    stage.state = stage.forecast.off ? "off" : "nothing to do";
    log_info(concat(place, stages()[i].name, ": ", stage.state));
    return;
  }
  double later_s = 0;
  for (std::size_t next = i + 1; next <= last_; ++next) later_s += results_[next].forecast.seconds;
  log_info(concat(
      place, stages()[i].name, ": ", amount(stage.forecast), ", about ",
      readable_seconds(stage.forecast.seconds),
      later_s > 1 ? concat(" (in all ", readable_seconds(stage.forecast.seconds + later_s), ")") : ""));
  set_progress_frame(place, later_s);
  const auto start = std::chrono::steady_clock::now();
  stage.report = with_context(std::string(stages()[i].name), [&] { return stages()[i].run(context_); });
  stage.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  stage.state = "done";
}

}  // namespace pupil::pipeline
