// SPDX-License-Identifier: Apache-2.0
#include "pipeline/calibration_figures.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "evaluation/calibration_fit.h"
#include "evaluation/system_figures.h"
#include "metrics/decisions.h"

namespace pupil::pipeline {
namespace {

using evaluation::CalibrationData;

// What pupil export wrote; of a model made elsewhere perhaps nothing.
Json own_words(const edge::Model& model) {
  Json json;
  json.set("fitted_to", "nothing");
  const std::string_view about = model.find_metadata("calibration");
  if (about.empty()) return json;
  try {
    const Json written = parse_json(about);
    return written.is_object() ? written : json;
  } catch (const Error&) {
    return json;
  }
}

void add_reliability(const CalibrationData& data, const edge::Model& model, Json* json) {
  evaluation::Items items;
  std::vector<float> logits;
  const auto classes = static_cast<std::size_t>(model.class_count());
  for (std::size_t n = 0; n < data.reference.size(); ++n) {
    if (data.reference[n] < 0) continue;
    items.reference.push_back(data.reference[n]);
    items.recordings.push_back(data.streams[n]);
    const auto row = data.logits.begin() + static_cast<std::ptrdiff_t>(n * classes);
    logits.insert(logits.end(), row, row + static_cast<std::ptrdiff_t>(classes));
  }
  const auto add = [&](const char* error, const char* bins, const std::vector<float>& scores) {
    const auto figures = evaluation::measure_system(items, scores, model.class_count());
    json->set(error, figures.calibration_error);
    json->set(bins, evaluation::reliability_json(figures.reliability));
  };
  add("error_before", "reliability_before", evaluation::uncalibrated_scores(model, logits));
  add("error_after", "reliability_after", evaluation::device_scores(model, logits));
}

double none_of_these_share(const std::vector<float>& scores, const edge::Model& model) {
  const std::vector<std::int32_t> decided =
      metrics::decide_above(scores, evaluation::model_thresholds(model));
  if (decided.empty()) return std::nan("");
  return static_cast<double>(std::count(decided.begin(), decided.end(), metrics::kNone)) /
         static_cast<double>(decided.size());
}

}  // namespace

Json calibration_figures(const student::TrainingSet& set, const edge::Model& model, const ScoredSplit& judged,
                         std::string_view judged_name, const ScoredSplit& val) {
  const auto data_of = [&](const ScoredSplit& scored) {
    return evaluation::calibration_data(set, scored.windows.windows, scored.windows.int8_logits);
  };
  const CalibrationData data = data_of(judged), fitted = data_of(val);
  const std::vector<float> scores = evaluation::device_scores(model, data.logits);
  const std::vector<float> fitted_scores = evaluation::device_scores(model, fitted.logits);
  Json json = own_words(model);
  json.set("temperature", 1.0 / static_cast<double>(model.calibration_gain(0)));
  json.set("judged_on", judged_name);
  json.set("judged_windows", std::ssize(data.reference));
  add_reliability(data, model, &json);
  Json classes = Json(Json::Array());
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    const std::string& name = set.class_names()[static_cast<std::size_t>(k)];
    const auto judge = [&](const CalibrationData& on, const std::vector<float>& by) {
      return evaluation::threshold_json(
          evaluation::judge_threshold(by, on.reference, on.streams, on.duration_s, model.class_count(), k,
                                      model.threshold(k)),
          name);
    };
    Json row = judge(data, scores);
    row.set("on_validation", judge(fitted, fitted_scores));
    classes.push_back(row);
  }
  json.set("classes", classes);
  json.set("none_of_these_share", none_of_these_share(scores, model));
  return json;
}

}  // namespace pupil::pipeline
