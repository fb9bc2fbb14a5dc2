// SPDX-License-Identifier: Apache-2.0
// Forecasts go down the chain: each stage is told what the stages before it will bring (Upstream), asks the
// catalogue what is pending already, and adds its own part.
//
// 1. Upstream::changed tells the later stages that what they have will be replaced, whatever the catalogue
//    says today: labels are decided again, a training begins anew.
// 2. Upstream::window_count is a number of new windows down to labelling, and from there on their share of
//    the known ones: what is trained grows in proportion.
// 3. A rate comes from this project's own earlier runs where there are any. Else it is a default for a known
//    machine, scaled by a trial on this one (machine_scale()).

#include "pipeline/stages.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/revision.h"
#include "base/text.h"
#include "corpus/collect_stage.h"
#include "corpus/stage_run.h"
#include "nn/model_store.h"
#include "pipeline/evaluate_stage.h"
#include "pipeline/export_stage.h"
#include "pipeline/label_stage.h"
#include "pipeline/label_summary.h"
#include "pipeline/separate_stage.h"
#include "pipeline/train_stage.h"

namespace pupil::pipeline {
namespace {

// Rates of two cores of a Xeon with AVX-512, for the first run of a project; then its own are known. Per
// second:
struct ModelRate {
  double published, small;  // small: sep-nano, clap-nano, EfficientAT mn04
};
constexpr std::uintmax_t kSmallModelBytes = 20'000'000;
constexpr ModelRate kSeparatedSound = {2.5, 100};  // seconds of sound, f32
constexpr ModelRate kEmbeddedWindows = {15, 120};  // of clips half as many
constexpr double kLearnedWindows = 900;  // `small`, without a teacher that scores the augmented audio
constexpr double kQuantisedWindows = 350;
constexpr double kExportSeconds = 2;
constexpr double kEvaluateSeconds = 30;
// Decoding is so large a share of collecting; the rest is encoding, levels, fingerprints.
constexpr double kDecodingShare = 0.25;
// Of all windows, before any label is known: how many train.
constexpr double kLearnedShare = 0.45;

constexpr double kReferenceTrialSeconds = 0.0018;
constexpr double kReferenceCores = 2;

double processors(const PipelineContext& place) {
  return place.threads > 0 ? static_cast<double>(place.threads)
                           : std::max(1.0, static_cast<double>(std::thread::hardware_concurrency()));
}

/// How fast this machine is beside the one of the defaults: a loop of fixed length, the best of three, times
/// cores.
double machine_scale(const PipelineContext& place) {
  static const double one_core = [] {
    std::vector<float> values(1024, 1.0F);
    double best = 1e9;
    for (int trial = 0; trial < 3; ++trial) {
      const auto start = std::chrono::steady_clock::now();
      for (int round = 0; round < 20'000; ++round) {
        for (float& value : values) value = value * 0.999F + 0.001F;
      }
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return values[17] > 0 ? kReferenceTrialSeconds / best : 1.0;  // read, so that the loop stays
  }();
  return one_core * processors(place) / kReferenceCores;
}

/// Fills seconds for `items` of a kind of work of `stage`.
void set_time(PipelineContext& place, std::string_view stage, const std::string& kind, double items,
              double default_rate, StageForecast* forecast) {
  const auto rate = corpus::measured_rate(place.catalogue, stage, kind);
  forecast->measured = rate.has_value();
  forecast->seconds = items / (rate ? *rate : default_rate * machine_scale(place));
}

bool is_small(const Project& project, std::string_view model) {
  std::filesystem::path path = nn::resolve_model(model, project.dir, nn::cache_dir());
  if (std::filesystem::is_directory(path)) path /= "model.safetensors";
  std::error_code unknown;
  const std::uintmax_t bytes = std::filesystem::file_size(path, unknown);
  return !unknown && bytes < kSmallModelBytes;
}

/// Why there is something to do, where something else was there before: "(made with other prompts)".
void add_reason(const std::string& reason, StageForecast* forecast) {
  if (forecast->pending > 0 && reason.starts_with("made with")) forecast->remark += concat(" (", reason, ")");
}

/// A stage's text for standard output, among the messages.
void log_lines(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  log_info(text);
}

// ---- collect

StageForecast forecast_collecting(PipelineContext& place, Upstream* upstream) {
  const corpus::CollectForecast found = corpus::forecast_collect(
      place.catalogue, place.sources, corpus::collect_options(place.project, place.threads));
  StageForecast forecast;
  forecast.unit = "files";
  forecast.pending = static_cast<double>(found.pending_files.size());
  forecast.remark = concat("of ", with_thousands(found.file_count));
  if (!found.pending_files.empty()) {
    const corpus::SampledFiles sampled = corpus::sample_files(found.pending_files);
    const double sound_s = sampled.audio_s * forecast.pending;
    const double rate = sampled.audio_s / std::max(sampled.work_s, 1e-6) * kDecodingShare * processors(place);
    set_time(place, "collect", "seconds of sound", sound_s, 1.0, &forecast);
    if (!forecast.measured) forecast.seconds = sound_s / std::max(rate, 1e-6);
    forecast.measured = true;
    upstream->clip_count = forecast.pending;
    upstream->sound_s = sound_s;
    upstream->window_count = sound_s / place.project.window.hop_s;
  } else if (!found.nothing_to_do()) {
    forecast.unit = found.uncut_view_count > 0 ? "clips"
                    : found.lost_count > 0     ? "lost views"
                                               : "index changes";
    forecast.pending = static_cast<double>(
        std::max<std::int64_t>(1, found.uncut_view_count + found.lost_count + found.relabelled_count));
    forecast.remark = found.uncut_view_count > 0 ? "to cut into windows" : "";
    upstream->window_count = static_cast<double>(found.uncut_view_count);
  }
  upstream->changed = !found.nothing_to_do();
  return forecast;
}

Json run_collecting(PipelineContext& place) {
  const corpus::CollectReport report =
      corpus::run_collect_stage(place.catalogue, corpus::Store(place.project.dir), place.sources,
                                corpus::collect_options(place.project, place.threads), place.record);
  corpus::warn_of(report, place.project, place.catalogue);
  log_lines(corpus::collect_report_text(report));
  return corpus::collect_report_json(report);
}

// ---- separate

StageForecast forecast_separating(PipelineContext& place, Upstream* upstream) {
  StageForecast forecast;
  forecast.off = place.project.separate.mode == "off";
  if (forecast.off) return forecast;
  const SeparateForecast found = forecast_separation(place.project, place.catalogue);
  const double queries = static_cast<double>(found.query_count);
  const double sound_s = found.duration_s + upstream->sound_s * queries;
  forecast.unit = "clips";
  forecast.pending = static_cast<double>(found.clip_count) + upstream->clip_count;
  forecast.remark = concat(found.query_count, found.query_count == 1 ? " query" : " queries", " each");
  if (forecast.pending == 0 && found.unjudged_count > 0) {
    forecast.pending = static_cast<double>(found.unjudged_count);
    forecast.unit = "views";
    forecast.remark = "to judge by the teacher";
  }
  add_reason(found.reason, &forecast);
  set_time(place, "separate", found.kind, sound_s,
           is_small(place.project, place.project.separate.model) ? kSeparatedSound.small
                                                                 : kSeparatedSound.published,
           &forecast);
  const double windows = sound_s / place.project.window.hop_s;
  upstream->window_count = windows + (place.project.separate.mode == "both" ? upstream->window_count : 0);
  upstream->changed = upstream->changed || forecast.pending > 0;
  return forecast;
}

Json run_separating(PipelineContext& place) {
  SeparateStageOptions options;
  options.threads = place.threads;
  options.record = place.record;
  const SeparateStageReport report =
      run_separate_stage(place.project, place.catalogue, corpus::Store(place.project.dir), options);
  log_lines(separate_report_text(report));
  return separate_report_json(report);
}

// ---- label

StageForecast forecast_labelling(PipelineContext& place, Upstream* upstream) {
  const LabelForecast found = forecast_labels(place.project, place.catalogue);
  const bool by_clip = place.project.teacher.input == "clip";
  const auto teachers = place.project.teacher.teachers();
  const double unembedded =
      static_cast<double>(found.unembedded_count) +
      static_cast<double>(teachers.size()) * (by_clip ? upstream->clip_count : upstream->window_count);
  StageForecast forecast;
  forecast.unit = by_clip ? "clips" : "windows";
  forecast.pending = unembedded;
  forecast.remark = "to embed";
  if (unembedded == 0 && (found.undecided_count > 0 || upstream->changed)) {
    forecast.unit = "windows";
    forecast.pending = static_cast<double>(std::max<std::int64_t>(1, found.undecided_count));
    forecast.remark = "to decide again";
  }
  add_reason(found.reason, &forecast);
  const bool small = std::ranges::all_of(
      teachers, [&](const auto& member) { return is_small(place.project, member.model); });
  const double rate = small ? kEmbeddedWindows.small : kEmbeddedWindows.published;
  set_time(place, "label", found.kind, unembedded, by_clip ? rate / 2 : rate, &forecast);
  upstream->changed = upstream->changed || forecast.pending > 0;
  upstream->window_count /=
      std::max(1.0, static_cast<double>(found.window_count));  // from here on: by so much more
  return forecast;
}

Json run_labelling(PipelineContext& place) {
  at::set_num_threads(static_cast<int>(processors(place)));
  const LabelStageReport report =
      run_label_stage(place.project, place.catalogue, corpus::Store(place.project.dir), {}, place.record);
  log_lines(label_report_text(report));
  return label_report_json(report);
}

// ---- train and quantise: one training in two phases

TrainForecast expected_training(PipelineContext& place, const Upstream& upstream) {
  if (!upstream.changed) return forecast_training(place.project, place.catalogue);
  // Whatever is there was learned from other labels.
  TrainForecast forecast;
  try {
    forecast = forecast_training(place.project, place.catalogue);
  } catch (const Error&) {  // the labels as they are now may not do; those to come may
  }
  const TrainSection& train = place.project.train;
  forecast.float_done = forecast.quantised = false;
  forecast.float_epochs_left = static_cast<double>(train.epochs);
  forecast.quantise_epochs_left = std::round(train.quantise_epochs * static_cast<double>(train.epochs));
  const double known = static_cast<double>(forecast.windows_per_epoch);
  const double expected =
      known > 0 ? known * (1 + upstream.window_count) : kLearnedShare * upstream.window_count;
  forecast.windows_per_epoch = std::llround(expected);
  return forecast;
}

StageForecast forecast_epochs(PipelineContext& place, std::string_view stage, const TrainForecast& found,
                              double epochs, double default_rate) {
  StageForecast forecast;
  forecast.unit = "epochs";
  forecast.pending = epochs;
  forecast.remark = concat(with_thousands(found.windows_per_epoch), " windows each");
  set_time(place, stage, found.kind, epochs * static_cast<double>(found.windows_per_epoch), default_rate,
           &forecast);
  return forecast;
}

StageForecast forecast_training_part(PipelineContext& place, Upstream* upstream) {
  const TrainForecast found = expected_training(place, *upstream);
  StageForecast forecast = forecast_epochs(place, "train", found, found.float_epochs_left, kLearnedWindows);
  upstream->changed = upstream->changed || !found.float_done;
  return forecast;
}

StageForecast forecast_quantising_part(PipelineContext& place, Upstream* upstream) {
  const TrainForecast found = expected_training(place, *upstream);
  StageForecast forecast =
      forecast_epochs(place, "quantise", found, found.quantise_epochs_left, kQuantisedWindows);
  if (!found.quantised && forecast.pending == 0) {
    forecast.pending = 1;
    forecast.unit = "students";
    forecast.remark = "ranges to measure";
  }
  upstream->changed = upstream->changed || !found.quantised;
  return forecast;
}

Json train_part(PipelineContext& place, bool float_only) {
  TrainStageOptions options;
  options.old_checkpoint = OldCheckpoint::replace;
  options.float_only = float_only;
  options.record = place.record;
  const student::TrainerResult result = run_train_stage(place.project, &place.catalogue, options);
  Json json;
  json.set("steps", result.steps);
  json.set("windows_per_s", result.windows_per_s);
  return json;
}

Json run_training(PipelineContext& place) {
  return train_part(place, true);
}

Json run_quantising(PipelineContext& place) {
  if (!forecast_training(place.project, place.catalogue).float_done) {
    throw Error(
        concat("the student is not trained yet: pupil run ", place.project.dir.string(), " --from train"));
  }
  return train_part(place, false);
}

// ---- export

StageForecast forecast_exporting(PipelineContext& place, Upstream* upstream) {
  StageForecast forecast;
  forecast.unit = "models";
  forecast.pending = upstream->changed || !export_is_current(place.project, place.catalogue) ? 1 : 0;
  set_time(place, "export", "models", forecast.pending, 1.0 / kExportSeconds, &forecast);
  upstream->changed = forecast.pending > 0;
  return forecast;
}

Json run_exporting(PipelineContext& place) {
  ExportStageOptions options;
  options.record = place.record;
  const deploy::ExportedFiles files = run_export_stage(place.project, &place.catalogue, options);
  log_info(files.model.string());
  Json json;
  json.set("model", files.model.string());
  return json;
}

// ---- evaluate

StageForecast forecast_evaluating(PipelineContext& place, Upstream* upstream) {
  StageForecast forecast;
  forecast.unit = "models";
  forecast.pending = upstream->changed || !evaluation_is_current(place.project, place.catalogue) ? 1 : 0;
  set_time(place, "evaluate", "models", forecast.pending, 1.0 / kEvaluateSeconds, &forecast);
  return forecast;
}

Json run_evaluating(PipelineContext& place) {
  EvaluateStageOptions options;
  options.record = place.record;
  const EvaluationReport report =
      run_evaluate_stage(place.project, place.catalogue, corpus::Store(place.project.dir), options);
  log_lines(evaluation_text(report));
  return parse_json(corpus::latest_finished_run(place.catalogue, "evaluate")->summary_json);
}

constexpr Stage kStages[] = {
    {"collect", forecast_collecting, run_collecting},       {"separate", forecast_separating, run_separating},
    {"label", forecast_labelling, run_labelling},           {"train", forecast_training_part, run_training},
    {"quantise", forecast_quantising_part, run_quantising}, {"export", forecast_exporting, run_exporting},
    {"evaluate", forecast_evaluating, run_evaluating},
};

}  // namespace

std::span<const Stage> stages() {
  return kStages;
}

std::size_t find_stage(std::string_view option, std::string_view name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::size(kStages); ++i) {
    if (kStages[i].name == name) return i;
    names.push_back(kStages[i].name);
  }
  std::string all;
  for (const std::string_view known : names) all += concat(all.empty() ? "" : ", ", known);
  throw UsageError(concat(option, " '", name, "': no such stage", did_you_mean(name, names), " (", all, ")"));
}

}  // namespace pupil::pipeline
