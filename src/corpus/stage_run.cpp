// SPDX-License-Identifier: Apache-2.0
#include "corpus/stage_run.h"

#include <algorithm>
#include <utility>

#include "base/quietly.h"
#include "base/revision.h"

namespace pupil::corpus {
namespace {

constexpr double kLeastMeasuredSeconds = 0.5;

}  // namespace

StageRun::StageRun(Catalogue& catalogue, std::string_view stage, const Json& options, std::uint64_t seed,
                   std::string inputs_hash)
    : catalogue_(catalogue) {
  Run run;
  run.command = stage;
  run.options_json = options.dump();
  run.seed = seed;
  run.inputs_hash = std::move(inputs_hash);
  run.revision = revision();
  id_ = begin_run(catalogue, run);
}

StageRun::~StageRun() {
  if (finished_) return;
  // The catalogue may be what failed.
  quietly([this] { end_run(catalogue_, id_, "failed", "{}"); });
}

void StageRun::set_work(std::string kind, double items, std::chrono::steady_clock::time_point start) {
  work_.set("kind", std::move(kind));
  work_.set("items", items);
  work_.set("seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void StageRun::finish(Json summary) {
  if (!work_.is_null()) summary.set("work", work_);
  end_run(catalogue_, id_, "done", summary.dump());
  finished_ = true;
}

std::optional<double> measured_rate(Catalogue& catalogue, std::string_view stage, std::string_view kind) {
  const std::vector<Run> runs = list_runs(catalogue, stage);
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (run->outcome != "done") continue;
    const Json summary = parse_json(run->summary_json);
    const Json* work = summary.is_object() ? summary.find("work") : nullptr;
    if (work == nullptr || work->at("kind").as_string() != kind) continue;
    const double seconds = work->at("seconds").as_double();
    const double items = work->at("items").as_double();
    if (seconds >= kLeastMeasuredSeconds && items > 0) return items / seconds;
  }
  return std::nullopt;
}

std::optional<Run> latest_run(Catalogue& catalogue, std::string_view stage) {
  std::vector<Run> runs = list_runs(catalogue, stage);
  if (runs.empty()) return std::nullopt;
  return std::move(runs.back());
}

std::optional<Run> latest_finished_run(Catalogue& catalogue, std::string_view stage) {
  const std::vector<Run> runs = list_runs(catalogue, stage);
  const auto done =
      std::find_if(runs.rbegin(), runs.rend(), [](const Run& run) { return run.outcome == "done"; });
  return done == runs.rend() ? std::nullopt : std::optional(*done);
}

}  // namespace pupil::corpus
