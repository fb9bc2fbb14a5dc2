// SPDX-License-Identifier: Apache-2.0
// Temperature first, then thresholds on the scores as the device will give them.
//
// A threshold keeps a promise (a precision, a rate of false alarms) on validation windows. Where no threshold keeps it
// with a recall worth having, weaker promises are tried one after the other, and the one that was kept is recorded: a
// class that never fires is worse than one that is known to be less sure. A class without a single reference window
// stays at 0.5, for nothing says where it begins.
//
// 1. Windows of one clip are neighbours in time and stay in their order: an alarm is a stretch of windows, not a window.
// 2. A sigmoid's logit z is taken as the pair (0, z): its softmax is that sigmoid, so one fit serves both kinds.

#include "evaluation/calibration_fit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/calibration.h"
#include "metrics/decisions.h"
#include "metrics/thresholds.h"
#include "metrics/undefined.h"

namespace pupil::evaluation {
namespace {

/// One class against the others.
struct OneClass {
  std::vector<float> scores;
  std::vector<std::uint8_t> relevant;
};

OneClass one_class(std::span<const float> scores, std::span<const std::int32_t> reference,
                   std::int32_t class_count, std::int32_t k) {
  OneClass one;
  for (std::size_t n = 0; n < reference.size(); ++n) {
    one.scores.push_back(scores[n * static_cast<std::size_t>(class_count) + static_cast<std::size_t>(k)]);
    one.relevant.push_back(reference[n] == k ? 1 : 0);
  }
  return one;
}

// Logits of windows that hold some class; a sigmoid's are pairs (0, z), of which a softmax is that sigmoid.
struct TemperatureData {
  std::vector<float> logits;
  std::vector<std::int32_t> truth;
  std::int32_t class_count = 0;
};

TemperatureData temperature_data(const CalibrationData& data, std::int32_t class_count,
                                 edge::ScoreKind kind) {
  TemperatureData out;
  const auto classes = static_cast<std::size_t>(class_count);
  out.class_count = kind == edge::ScoreKind::sigmoid ? 2 : class_count;
  for (std::size_t n = 0; n < data.reference.size(); ++n) {
    const std::span<const float> row = std::span(data.logits).subspan(n * classes, classes);
    if (kind == edge::ScoreKind::sigmoid) {
      for (std::size_t k = 0; k < classes; ++k) {
        out.logits.insert(out.logits.end(), {0.0F, row[k]});
        out.truth.push_back(data.reference[n] == static_cast<std::int32_t>(k) ? 1 : 0);
      }
    } else if (data.reference[n] >= 0) {
      out.logits.insert(out.logits.end(), row.begin(), row.end());
      out.truth.push_back(data.reference[n]);
    }
  }
  return out;
}

double error_at(const TemperatureData& data, double temperature) {
  if (data.truth.empty()) return metrics::kUndefined;
  const std::vector<float> scores = metrics::softmax(data.logits, data.class_count, temperature);
  return metrics::expected_calibration_error(
      metrics::reliability_bins(scores, data.class_count, data.truth, 10));
}

std::vector<float> scores_at(std::span<const float> logits, std::int32_t class_count, edge::ScoreKind kind,
                             double temperature) {
  if (kind == edge::ScoreKind::softmax) return metrics::softmax(logits, class_count, temperature);
  std::vector<float> scores;
  for (const float logit : logits) {
    const double z = logit / temperature;
    scores.push_back(static_cast<float>(kind == edge::ScoreKind::sigmoid ? 1.0 / (1.0 + std::exp(-z)) : z));
  }
  return scores;
}

metrics::OperatingPoint point_for(const OneClass& one, const CalibrationData& data,
                                  CalibrationTarget::Kind kind, double value) {
  if (kind == CalibrationTarget::Kind::precision)
    return metrics::threshold_for_precision(one.scores, one.relevant, value);
  return metrics::threshold_for_false_alarms(one.scores, one.relevant, data.streams, data.duration_s, value);
}

// The promise itself, then weaker and weaker ones.
std::vector<double> promises(const CalibrationTarget& target) {
  std::vector<double> values = {target.value};
  for (int step = 1; step <= 16; ++step) {
    const double weaker = target.kind == CalibrationTarget::Kind::precision
                              ? target.value - 0.05 * step
                              : std::max(target.value, 0.25) * std::pow(2.0, step);
    if (target.kind == CalibrationTarget::Kind::precision && weaker < 0.5) break;
    values.push_back(weaker);
  }
  return values;
}

}  // namespace

CalibrationData calibration_data(const student::TrainingSet& set, std::span<const std::int64_t> windows,
                                 std::span<const float> logits) {
  const auto classes = static_cast<std::size_t>(set.class_count());
  CalibrationData data;
  std::map<std::int32_t, std::vector<std::pair<std::int32_t, std::size_t>>> by_clip;  // start, row
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const student::TrainingWindow& window = set.windows()[static_cast<std::size_t>(windows[i])];
    if (window_reference(window) == kNoReference) continue;
    by_clip[window.clip].emplace_back(window.start_sample, i);
  }
  for (auto& [clip, rows] : by_clip) {
    std::sort(rows.begin(), rows.end());
    for (const auto& [start, row] : rows) {
      data.reference.push_back(window_reference(set.windows()[static_cast<std::size_t>(windows[row])]));
      data.streams.push_back(clip);
      const std::span<const float> values = logits.subspan(row * classes, classes);
      data.logits.insert(data.logits.end(), values.begin(), values.end());
    }
    data.duration_s += static_cast<double>(set.clips()[static_cast<std::size_t>(clip)].sample_count) /
                       student::kTrainingRateHz;
  }
  return data;
}

ClassThreshold judge_threshold(std::span<const float> scores, std::span<const std::int32_t> reference,
                               std::span<const std::int64_t> streams, double duration_s,
                               std::int32_t class_count, std::int32_t class_index, float threshold) {
  const OneClass one = one_class(scores, reference, class_count, class_index);
  ClassThreshold result;
  result.threshold = threshold;
  std::int64_t passing = 0, right = 0, alarms = 0;
  bool in_alarm = false;
  for (std::size_t n = 0; n < one.scores.size(); ++n) {
    const bool passes = one.scores[n] >= threshold;
    const bool alarm = passes && one.relevant[n] == 0;
    if (n > 0 && streams[n] != streams[n - 1]) in_alarm = false;
    if (alarm && !in_alarm) ++alarms;
    in_alarm = alarm;
    passing += passes ? 1 : 0;
    right += passes && one.relevant[n] != 0 ? 1 : 0;
    result.reference_count += one.relevant[n];
  }
  result.precision =
      passing > 0 ? static_cast<double>(right) / static_cast<double>(passing) : metrics::kUndefined;
  result.recall = result.reference_count > 0
                      ? static_cast<double>(right) / static_cast<double>(result.reference_count)
                      : metrics::kUndefined;
  result.false_alarms_per_hour =
      duration_s > 0 ? static_cast<double>(alarms) * 3600.0 / duration_s : metrics::kUndefined;
  return result;
}

CalibrationFit fit_calibration(const CalibrationData& data, std::int32_t class_count, edge::ScoreKind kind,
                               const CalibrationTarget& target) {
  CalibrationFit fit;
  fit.window_count = std::ssize(data.reference);
  fit.classes.resize(static_cast<std::size_t>(class_count));
  const TemperatureData rows = temperature_data(data, class_count, kind);
  if (kind != edge::ScoreKind::none)
    fit.temperature = metrics::fit_temperature(rows.logits, rows.class_count, rows.truth);
  fit.error_before = error_at(rows, 1.0);
  fit.error_after = error_at(rows, fit.temperature);
  const std::vector<float> scores = scores_at(data.logits, class_count, kind, fit.temperature);
  for (std::int32_t k = 0; k < class_count; ++k) {
    const OneClass one = one_class(scores, data.reference, class_count, k);
    float threshold = 0.5F;
    double kept_value = metrics::kUndefined;
    const bool occurs = std::count(one.relevant.begin(), one.relevant.end(), 1) > 0;
    for (const double value : promises(target)) {
      if (!occurs) break;  // nothing says where the class begins
      const metrics::OperatingPoint point = point_for(one, data, target.kind, value);
      if (!std::isfinite(point.threshold) || !(point.recall >= kLeastRecall)) continue;
      threshold = std::max(point.threshold, kLowestThreshold);
      kept_value = value;
      break;
    }
    ClassThreshold& row = fit.classes[static_cast<std::size_t>(k)];
    row = judge_threshold(scores, data.reference, data.streams, data.duration_s, class_count, k, threshold);
    row.kept = kept_value == target.value;
    row.kept_value = kept_value;
  }
  return fit;
}

Json target_json(const CalibrationTarget& target) {
  Json json;
  json.set("kind", target.kind == CalibrationTarget::Kind::precision ? "precision" : "false_alarms_per_hour");
  json.set("value", target.value);
  return json;
}

Json threshold_json(const ClassThreshold& threshold, const std::string& class_name) {
  Json json;
  json.set("name", class_name);
  json.set("threshold", Json(threshold.threshold));
  json.set("reference_count", threshold.reference_count);
  json.set("precision", threshold.precision);
  json.set("recall", threshold.recall);
  json.set("false_alarms_per_hour", threshold.false_alarms_per_hour);
  return json;
}

}  // namespace pupil::evaluation
