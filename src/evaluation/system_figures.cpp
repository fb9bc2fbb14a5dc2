// SPDX-License-Identifier: Apache-2.0
#include "evaluation/system_figures.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/decisions.h"
#include "metrics/ranking.h"

namespace pupil::evaluation {
namespace {

constexpr std::int32_t kReliabilityBins = 10;

Json class_json(const ClassResult& result, const std::string& name) {
  Json json;
  json.set("name", name);
  json.set("reference_count", result.figures.truth_count);
  json.set("decided_count", result.figures.decided_count);
  json.set("right_count", result.figures.right_count);
  json.set("precision", result.figures.precision);
  json.set("recall", result.figures.recall);
  json.set("f1", result.figures.f1);
  json.set("average_precision", result.average_precision);
  json.set("auc", result.auc);
  return json;
}

bool all_probabilities(std::span<const float> scores) {
  return std::all_of(scores.begin(), scores.end(), [](float score) { return score >= 0 && score <= 1; });
}

}  // namespace

std::int64_t Items::recording_count() const {
  return std::ssize(std::set<std::int64_t>(recordings.begin(), recordings.end()));
}

SystemFigures measure_system(const Items& items, std::span<const float> scores, std::int32_t class_count) {
  const std::vector<std::int32_t> decided = metrics::decide(scores, class_count);
  const metrics::ConfusionMatrix confusion(items.reference, decided, class_count);
  const std::vector<std::uint8_t> relevant = metrics::one_of_k(items.reference, class_count);
  const std::vector<double> precisions = metrics::per_class_average_precision(scores, relevant, class_count);
  const std::vector<double> areas = metrics::per_class_roc_auc(scores, relevant, class_count);

  SystemFigures figures;
  figures.accuracy = metrics::bootstrap_accuracy(items.reference, decided, items.recordings);
  figures.balanced_accuracy = confusion.balanced_accuracy();
  figures.macro_f1 = confusion.macro_f1();
  figures.mean_average_precision = metrics::mean_of_defined(precisions);
  figures.calibration_error = std::nan("");
  if (all_probabilities(scores)) {
    figures.reliability = metrics::reliability_bins(scores, class_count, items.reference, kReliabilityBins);
    figures.calibration_error = metrics::expected_calibration_error(figures.reliability);
  }
  for (std::int32_t k = 0; k < class_count; ++k) {
    const auto at = static_cast<std::size_t>(k);
    figures.classes.push_back({confusion.figures(k), precisions[at], areas[at]});
  }
  figures.confusion.assign(confusion.counts().begin(), confusion.counts().end());
  return figures;
}

Json interval_json(const metrics::Interval& interval) {
  Json json;
  json.set("value", interval.value);
  json.set("low", interval.low);
  json.set("high", interval.high);
  return json;
}

Json reliability_json(std::span<const metrics::ReliabilityBin> bins) {
  Json list = Json(Json::Array());
  for (const metrics::ReliabilityBin& bin : bins) {
    Json json;
    json.set("low", bin.low);
    json.set("high", bin.high);
    json.set("count", bin.count);
    json.set("confidence", bin.confidence);
    json.set("accuracy", bin.accuracy);
    list.push_back(json);
  }
  return list;
}

Json figures_json(const SystemFigures& figures, std::span<const std::string> class_names) {
  Json json;
  json.set("accuracy", interval_json(figures.accuracy));
  json.set("balanced_accuracy", figures.balanced_accuracy);
  json.set("macro_f1", figures.macro_f1);
  json.set("mean_average_precision", figures.mean_average_precision);
  json.set("calibration_error", figures.calibration_error);
  json.set("reliability", reliability_json(figures.reliability));
  Json classes = Json(Json::Array());
  for (std::size_t k = 0; k < figures.classes.size(); ++k)
    classes.push_back(class_json(figures.classes[k], class_names[k]));
  json.set("classes", classes);
  json.set("confusion", Json(figures.confusion));
  return json;
}

}  // namespace pupil::evaluation
