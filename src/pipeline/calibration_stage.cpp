// SPDX-License-Identifier: Apache-2.0
#include "pipeline/calibration_stage.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "corpus/store.h"
#include "deploy/quantised_network.h"
#include "evaluation/calibration_fit.h"
#include "evaluation/negative_stream.h"
#include "evaluation/world_thresholds.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/model_metadata.h"
#include "pipeline/training_set_stage.h"
#include "student/scoring.h"

namespace pupil::pipeline {
namespace {

using evaluation::CalibrationData;
using student::TrainingSet;

/// False alarms an hour at which the report shows what is found.
constexpr double kReportedRates[] = {0.1, 1, 10};

/// Without validation recordings every fifth training recording serves.
constexpr std::int32_t kTrainingShare = 5;

std::optional<TrainingSet> open_set(const Project& project, corpus::Catalogue* catalogue) {
  if (catalogue == nullptr) {
    log_warning("no catalogue: thresholds stay at 0.5");
    return std::nullopt;
  }
  if (corpus::list_configs(*catalogue, "label").empty()) {
    log_warning("nothing is labelled: thresholds stay at 0.5");
    return std::nullopt;
  }
  return prepare_training_set(project, *catalogue, corpus::Store(project.dir), project.train.embedding > 0)
      .set;
}

CalibrationData score(const TrainingSet& set, std::span<const std::int64_t> windows,
                      evaluation::DeviceNetwork& network) {
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  std::vector<float> logits;
  for (const std::int64_t index : windows) {
    set.read_window(set.windows()[static_cast<std::size_t>(index)], 0, audio);
    const std::span<const float> row = network.logits(audio);
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return evaluation::calibration_data(set, windows, logits);
}

bool names_a_class(const CalibrationData& data) {
  return std::any_of(data.reference.begin(), data.reference.end(), [](std::int32_t k) { return k >= 0; });
}

std::vector<std::int64_t> some_training_windows(const TrainingSet& set) {
  std::vector<std::int64_t> windows;
  for (const std::int64_t index : student::windows_of(set, student::SetSplit::train)) {
    const student::TrainingWindow& window = set.windows()[static_cast<std::size_t>(index)];
    if (set.clips()[static_cast<std::size_t>(window.clip)].recording % kTrainingShare == 0)
      windows.push_back(index);
  }
  return windows;
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += concat(list.empty() ? "" : ", ", name);
  return list;
}

// Of the part of the bank that thresholds are chosen by, and what a dead microphone gives.
std::vector<std::vector<float>> threshold_audio(const Project& project, corpus::Catalogue& catalogue,
                                                std::int32_t rate_hz) {
  const ConfigChain chain = require_labels(project, catalogue);
  std::vector<std::vector<float>> audio =
      negative_audio(project, catalogue, chain, corpus::Split::val, rate_hz);
  if (audio.empty()) return audio;
  for (std::vector<float>& dead : dead_input_audio(rate_hz)) audio.push_back(std::move(dead));
  return audio;
}

// What [export] target = "false_alarms" promises, kept on the bank. False: there is no bank to keep it on.
bool set_world_thresholds(const Project& project, corpus::Catalogue& catalogue, const CalibrationData& data,
                          edge::ModelImage* image, Json* about) {
  const std::vector<std::vector<float>> audio =
      threshold_audio(project, catalogue, image->front_end.sample_rate_hz);
  if (audio.empty()) return false;
  const deploy::QuantisedNetwork network(*image);
  const evaluation::NegativeStream stream = evaluation::stream_negatives(network.model(), audio);
  const evaluation::WorldThresholds world(*image, data, stream);
  const double promised = project.exporting.target_false_alarms_per_hour;
  const evaluation::WorldPoint chosen = world.at(promised);
  evaluation::WorldThresholds::apply(chosen, image);
  std::vector<std::string> weaker, muted;
  for (std::size_t k = 0; k < chosen.classes.size(); ++k) {
    const evaluation::WorldThreshold& row = chosen.classes[k];
    if (!row.kept) (row.muted ? muted : weaker).push_back(image->classes[k].label);
  }
  if (!muted.empty())
    log_warning(concat("hardly ever reported, for other sounds would ring as often: ", listed(muted),
                       "; verdicts (pupil review) or examples ([[class]] examples) teach what words do not"));
  if (!weaker.empty())
    log_warning(
        concat("the promised ", promised, " false alarms an hour are not kept for: ", listed(weaker)));
  about->set("stream_s", stream.duration_s);
  about->set("unique_s", stream.unique_s);
  Json points = Json(Json::Array());
  points.push_back(evaluation::world_point_json(chosen, *image));
  for (const double per_hour : kReportedRates)
    points.push_back(evaluation::world_point_json(world.at(per_hour), *image));
  about->set("world", points);
  return true;
}

// Whatever the thresholds promise, a dead microphone is none of the classes.
void keep_dead_inputs_silent(edge::ModelImage* image) {
  const std::vector<std::string> raised =
      evaluation::silence_dead_inputs(dead_input_audio(image->front_end.sample_rate_hz), image);
  if (!raised.empty())
    log_warning(concat("thresholds raised, for silence, hum or noise was taken for: ", listed(raised)));
}

void warn_of_broken_promises(const evaluation::CalibrationFit& fit, const edge::ModelImage& image) {
  std::string without_windows, weaker;
  for (std::size_t k = 0; k < fit.classes.size(); ++k) {
    if (fit.classes[k].kept) continue;
    std::string& list = fit.classes[k].reference_count == 0 ? without_windows : weaker;
    list += concat(list.empty() ? "" : ", ", image.classes[k].label);
  }
  if (!weaker.empty()) log_warning(concat("what [export] promises is not kept for: ", weaker));
  if (!without_windows.empty())
    log_warning(concat("no window to set a threshold by, it stays at 0.5: ", without_windows));
}

}  // namespace

evaluation::CalibrationTarget calibration_target(const ExportSection& section) {
  if (section.target == "precision")
    return {evaluation::CalibrationTarget::Kind::precision, section.target_precision};
  return {evaluation::CalibrationTarget::Kind::false_alarms, section.target_false_alarms_per_hour};
}

void calibrate_image(const Project& project, corpus::Catalogue* catalogue, edge::ModelImage* image) {
  const std::optional<TrainingSet> set = open_set(project, catalogue);
  if (!set) return;
  for (edge::ClassDraft& c : image->classes) c.calibration_offset = 0.0F;
  const deploy::QuantisedNetwork network(*image);
  evaluation::DeviceNetwork device(network.model());
  std::string fitted_to = "validation windows";
  CalibrationData data = score(*set, student::windows_of(*set, student::SetSplit::val), device);
  if (!names_a_class(data)) {
    fitted_to = "every fifth training recording, for there are none for validation";
    log_warning(concat("thresholds are fitted to ", fitted_to, ": expect them to be too low"));
    data = score(*set, some_training_windows(*set), device);
  }
  const evaluation::CalibrationTarget target = calibration_target(project.exporting);
  const evaluation::CalibrationFit fit =
      evaluation::fit_calibration(data, set->class_count(), image->score_kind, target);
  for (std::size_t k = 0; k < fit.classes.size(); ++k) {
    image->classes[k].threshold = fit.classes[k].threshold;
    image->classes[k].calibration_gain = static_cast<float>(1.0 / fit.temperature);
  }
  Json about;
  about.set("target", evaluation::target_json(target));
  const bool wants_world = target.kind == evaluation::CalibrationTarget::Kind::false_alarms;
  if (!wants_world || !set_world_thresholds(project, *catalogue, data, image, &about))
    warn_of_broken_promises(fit, *image);
  if (project.label.broad_negatives) keep_dead_inputs_silent(image);
  about.set("fitted_to", fitted_to);
  about.set("windows", fit.window_count);
  about.set("temperature", fit.temperature);
  set_metadata("calibration", about.dump(), image);
}

}  // namespace pupil::pipeline
