// SPDX-License-Identifier: Apache-2.0
#include "training/training_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/metrics_file.h"
#include "base/progress.h"
#include "base/text.h"

namespace pupil::training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void save(const TrainingPhase& phase, const LoopOptions& options) {
  Checkpoint checkpoint;
  checkpoint.configuration = options.configuration;
  checkpoint.tensors = options.constants;
  phase.save(&checkpoint);
  save_checkpoint(checkpoint_path(options.folder), checkpoint);
}

// Clears the means.
Json metrics_line(TrainingPhase& phase) {
  Json line;
  line.set("step", phase.step());
  for (const auto& [name, sum] : phase.means().sums) line.set(name, sum.mean());
  line.set("learning_rate", phase.learning_rate());
  phase.means() = {};
  return line;
}

}  // namespace

LoopResult run_phase(TrainingPhase& phase, const LoopOptions& options) {
  LoopResult result;
  std::optional<MetricsFile> metrics;
  if (options.writes) metrics.emplace(metrics_path(options.folder), phase.step());
  std::optional<Progress> bar;
  if (!options.label.empty() && !phase.done()) {
    bar.emplace(options.label, options.total_steps * options.units_per_step, options.unit);
    bar->advance(phase.step() * options.units_per_step);
  }
  const Clock::time_point start = Clock::now();
  Clock::time_point line_start = start, last_checkpoint = start;
  std::int64_t line_steps = 0;  // of this run, since the last line
  while (!phase.done()) {
    phase.take_step();
    ++result.steps;
    ++line_steps;
    if (bar) bar->advance(options.units_per_step);
    if (phase.step() % options.steps_per_line == 0 || phase.done()) {
      const double per_s = static_cast<double>(line_steps * options.units_per_step) /
                           std::max(seconds_since(line_start), 1e-9);
      Json line = metrics_line(phase);
      if (bar) bar->set_note(concat("loss ", fixed(line.at("loss").as_double(), 3)));
      if (options.complete_line) options.complete_line(line);
      line.set(concat(options.unit, "_per_s"), per_s);
      if (metrics)
        metrics->append(line);  // before the checkpoint: a line without one is written again, never missed
      line_steps = 0;
      line_start = Clock::now();
    }
    const bool stop = options.stop_after_steps >= 0 && result.steps >= options.stop_after_steps;
    if (options.writes && (stop || phase.done() || seconds_since(last_checkpoint) >= options.checkpoint_s)) {
      save(phase, options);
      last_checkpoint = Clock::now();
    }
    if (stop) break;
  }
  result.finished = phase.done();
  result.seconds = seconds_since(start);
  result.units_per_s =
      static_cast<double>(result.steps * options.units_per_step) / std::max(result.seconds, 1e-9);
  return result;
}

}  // namespace pupil::training
