// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train_stage.h"

#include <chrono>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/text.h"
#include "corpus/review_journal.h"
#include "corpus/stage_run.h"
#include "pipeline/impulse_response_folder.h"
#include "pipeline/training_set_stage.h"
#include "student/batch_loader.h"
#include "student/metrics_plot.h"

namespace pupil::pipeline {
namespace {

std::string work_kind(const TrainSection& train) {
  const std::string network = train.blocks.empty() ? concat(train.size, " ", train.body) : "own blocks";
  return concat(network, ", ", train.mel_count, " mel");
}

student::TrainingSet open_set(const Project& project, corpus::Catalogue* catalogue,
                              const TrainStageOptions& options) {
  if (!options.set.empty()) return student::TrainingSet::open(options.set);
  return prepare_training_set(project, *catalogue, corpus::Store(project.dir), project.train.embedding > 0)
      .set;
}

// Sets of older labels: each holds all audio once more, and can be made again.
void remove_other_sets(const std::filesystem::path& kept) {
  for (const std::filesystem::path& entry : folder_entries(kept.parent_path())) {
    const std::string name = entry.filename().string();
    const bool is_set = name.starts_with("set-") && name.ends_with(".safetensors");
    std::error_code ignored;
    if (is_set && entry.filename() != kept.filename()) std::filesystem::remove(entry, ignored);
  }
}

// Verdicts behind the beginning of the last training, which had read the labels by then. Each ends with the quantised phase.
std::int64_t count_later_verdicts(corpus::Catalogue& catalogue) {
  const auto run = corpus::latest_finished_run(catalogue, "quantise");
  if (!run) return 0;
  std::int64_t count = 0;
  for (const corpus::JournalEntry& entry : corpus::list_verdicts(catalogue))
    count += entry.repeat_of == 0 && entry.kind != corpus::VerdictKind::unsure && entry.at > run->started_at;
  return count;
}

student::TrainerOptions trainer_options(const Project& project, const TrainStageOptions& options) {
  student::TrainerOptions trainer;
  trainer.train = project.train;
  trainer.folder = options.folder.empty() ? project.dir / "train" : options.folder;
  trainer.responses = project_responses(project);
  trainer.float_only = options.float_only;
  trainer.fresh = options.old_checkpoint == OldCheckpoint::forget;
  trainer.group = options.group;
  return trainer;
}

}  // namespace

void join_train_stage(const Project& project, const TrainStageOptions& options) {
  const student::TrainingSet set = student::TrainingSet::open(options.group->share(""));
  student::train_student(set, trainer_options(project, options));
}

student::TrainerResult run_train_stage(const Project& project, corpus::Catalogue* catalogue,
                                       const TrainStageOptions& options) {
  const student::TrainingSet set = open_set(project, catalogue, options);
  if (options.group != nullptr) options.group->share(set.path().string());
  student::TrainerOptions trainer = trainer_options(project, options);
  if (options.old_checkpoint == OldCheckpoint::replace) {
    trainer.fresh =
        student::training_state(set, project.train, trainer.folder, trainer.responses).other_checkpoint;
  }
  const double frames_per_second = 1000.0 / project.train.hop_ms;
  log_info(student::describe_network(student::student_network(project.train, set), frames_per_second));

  std::optional<corpus::StageRun> run;
  if (catalogue != nullptr) {
    run.emplace(*catalogue, options.float_only ? "train" : "quantise", options.record,
                static_cast<std::uint64_t>(project.train.seed));
  }
  const auto start = std::chrono::steady_clock::now();
  const student::TrainerResult result = student::train_student(set, trainer);
  student::draw_metrics(trainer.folder / "metrics.jsonl", trainer.folder / "metrics.svg");
  if (run) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    run->set_work(work_kind(project.train), result.windows_per_s * seconds, start);
    Json summary;
    summary.set("student", result.student.string());
    summary.set("steps", result.steps);
    run->finish(summary);
  }
  if (options.set.empty() && !result.student.empty()) remove_other_sets(set.path());
  return result;
}

TrainForecast forecast_training(const Project& project, corpus::Catalogue& catalogue) {
  TrainForecast forecast;
  const TrainSection& train = project.train;
  forecast.kind = work_kind(train);
  forecast.float_epochs_left = static_cast<double>(train.epochs);
  forecast.quantise_epochs_left = std::round(train.quantise_epochs * static_cast<double>(train.epochs));
  const TrainingSetOutline outline = outline_training_set(project, catalogue, train.embedding > 0);
  forecast.windows_per_epoch = outline.learned_count;
  if (!outline.exists) return forecast;
  const student::TrainingState state = student::training_state(
      student::TrainingSet::open(outline.path), train, project.dir / "train", project_responses(project));
  forecast.windows_per_epoch = state.steps_per_epoch * train.batch;
  const auto epochs = [&](std::int64_t steps) {
    return state.finished ? 0.0
                          : static_cast<double>(std::max<std::int64_t>(0, steps)) /
                                static_cast<double>(state.steps_per_epoch);
  };
  const std::int64_t float_left = state.float_steps - state.steps_done;
  forecast.quantised = state.finished;
  forecast.float_done = state.finished || float_left <= 0;
  forecast.float_epochs_left = epochs(float_left);
  forecast.quantise_epochs_left = epochs(std::min(state.quantise_steps, state.quantise_steps + float_left));
  return forecast;
}

std::string student_problem(const Project& project, corpus::Catalogue& catalogue) {
  if (!std::filesystem::exists(project.dir / "train" / "student.safetensors"))
    return "no student is trained yet";
  try {
    const TrainForecast forecast = forecast_training(project, catalogue);
    if (forecast.float_done && forecast.quantised) return "";
  } catch (const Error&) {
    return "its labels are stale";
  }
  const std::int64_t verdicts = count_later_verdicts(catalogue);
  if (verdicts == 0) return "made with other labels, recordings or another [train] section";
  return concat(with_thousands(verdicts), verdicts == 1 ? " verdict was" : " verdicts were",
                " given since it was trained");
}

}  // namespace pupil::pipeline
