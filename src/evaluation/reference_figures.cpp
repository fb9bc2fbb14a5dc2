// SPDX-License-Identifier: Apache-2.0
// Teacher, float student and int8 student, judged on the same rows against the same reference.
//
// Two references exist: given labels, and the teacher's decisions. Rows are chosen once per reference (Choice), then the
// three tables of scores are cut to those rows, so that no figure compares systems on different sounds. Against the
// teacher's own decisions the teacher's scores are dropped: it would be right by definition.
// Intervals are bootstrapped by recording, never by clip or window: those of one recording agree with each other.

#include "evaluation/reference_figures.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/decisions.h"
#include "metrics/ranking.h"

namespace pupil::evaluation {
namespace {

using metrics::Interval;
using student::SetVerdict;

/// Rows of the tables that were chosen, with what is right about each.
struct Choice {
  Items items;
  std::vector<std::size_t> rows;

  void add(std::size_t row, std::int32_t reference, std::int64_t recording) {
    rows.push_back(row);
    items.reference.push_back(reference);
    items.recordings.push_back(recording);
  }
};

SystemScores chosen(const SystemScores& scores, std::span<const std::size_t> rows, std::size_t class_count) {
  const auto pick = [&](const std::vector<float>& table) {
    std::vector<float> picked;
    if (table.empty()) return picked;
    for (const std::size_t row : rows) {
      const auto begin = table.begin() + static_cast<std::ptrdiff_t>(row * class_count);
      picked.insert(picked.end(), begin, begin + static_cast<std::ptrdiff_t>(class_count));
    }
    return picked;
  };
  return {pick(scores.teacher), pick(scores.floating), pick(scores.int8)};
}

std::optional<ReferenceFigures> measure_choice(const Choice& choice, const SystemScores& scores,
                                               std::int32_t class_count, bool against_teacher) {
  if (choice.rows.empty()) return std::nullopt;
  SystemScores rows = chosen(scores, choice.rows, static_cast<std::size_t>(class_count));
  if (against_teacher) rows.teacher.clear();
  return measure_systems(choice.items, rows, class_count);
}

}  // namespace

ReferenceFigures measure_systems(const Items& items, const SystemScores& scores, std::int32_t class_count) {
  ReferenceFigures result;
  result.item_count = std::ssize(items.reference);
  result.recording_count = items.recording_count();
  result.int8 = measure_system(items, scores.int8, class_count);
  const std::vector<std::int32_t> int8 = metrics::decide(scores.int8, class_count);
  std::vector<std::int32_t> teacher;
  if (!scores.teacher.empty()) {
    result.teacher = measure_system(items, scores.teacher, class_count);
    teacher = metrics::decide(scores.teacher, class_count);
  }
  result.class_count = std::ssize(std::set<std::int32_t>(items.reference.begin(), items.reference.end()));
  const auto retained = [&](const std::vector<std::int32_t>& student, const SystemFigures& figures) {
    if (result.class_count < 2) return metrics::Interval{std::nan(""), std::nan(""), std::nan("")};
    if (teacher.empty()) return figures.accuracy;
    return metrics::bootstrap_retained_accuracy(items.reference, student, teacher, items.recordings);
  };
  result.retained_int8 = retained(int8, result.int8);
  if (scores.floating.empty()) return result;

  result.floating = measure_system(items, scores.floating, class_count);
  const std::vector<std::int32_t> floating = metrics::decide(scores.floating, class_count);
  result.retained_float = retained(floating, *result.floating);
  result.int8_minus_float_points =
      metrics::bootstrap(items.recordings, [&](std::span<const std::size_t> rows) {
        double gained = 0;
        for (const std::size_t n : rows) {
          gained += (int8[n] == items.reference[n] ? 1 : 0) - (floating[n] == items.reference[n] ? 1 : 0);
        }
        return 100.0 * gained / static_cast<double>(rows.size());
      });
  return result;
}

SplitFigures measure_split(const student::TrainingSet& set, const SplitScores& split,
                           const SplitClips& clips) {
  const std::int32_t classes = set.class_count();
  const std::vector<std::int32_t> teacher = metrics::decide(clips.scores.teacher, classes);
  Choice clips_by_truth, clips_by_teacher, windows_by_truth, windows_by_teacher;
  for (std::size_t i = 0; i < clips.clips.size(); ++i) {
    if (clips.truth[i] >= 0) clips_by_truth.add(i, clips.truth[i], clips.recordings[i]);
    clips_by_teacher.add(i, teacher[i], clips.recordings[i]);
  }
  for (std::size_t i = 0; i < split.windows.size(); ++i) {
    const student::TrainingWindow& window = set.windows()[static_cast<std::size_t>(split.windows[i])];
    const std::int64_t recording = set.clips()[static_cast<std::size_t>(window.clip)].recording;
    if (window.verdict == SetVerdict::background) continue;
    if (window.truth >= 0) windows_by_truth.add(i, window.truth, recording);
    const bool sure = window.verdict == SetVerdict::accepted || window.verdict == SetVerdict::capped;
    if (sure && window.label >= 0) windows_by_teacher.add(i, window.label, recording);
  }
  SplitFigures figures;
  figures.clips_against_truth = measure_choice(clips_by_truth, clips.scores, classes, false);
  figures.clips_against_teacher = measure_choice(clips_by_teacher, clips.scores, classes, true);
  figures.windows_against_truth = measure_choice(windows_by_truth, split.scores, classes, false);
  figures.windows_against_teacher = measure_choice(windows_by_teacher, split.scores, classes, true);
  figures.clip_count = std::ssize(clips.clips);
  figures.quiet_clip_count = clips.quiet_count;
  return figures;
}

std::vector<float> any_class_scores(std::span<const float> scores, std::int32_t class_count,
                                    std::int32_t reported_count, bool one_of_k) {
  std::vector<float> any;
  const auto reported = static_cast<std::size_t>(reported_count);
  for (std::size_t at = 0; at < scores.size(); at += static_cast<std::size_t>(class_count)) {
    float value = 0;
    for (const float score : scores.subspan(at, reported))
      value = one_of_k ? value + score : std::max(value, score);
    any.push_back(value);
  }
  return any;
}

std::optional<AnyClassFigures> measure_any_class(const SplitClips& clips, std::span<const std::int8_t> any,
                                                 std::int32_t class_count, std::int32_t reported_count,
                                                 bool one_of_k) {
  Choice choice;
  for (std::size_t i = 0; i < clips.clips.size(); ++i) {
    if (any[i] >= 0) choice.add(i, any[i], clips.recordings[i]);
  }
  const std::vector<std::uint8_t> relevant(choice.items.reference.begin(), choice.items.reference.end());
  AnyClassFigures figures;
  figures.any_count = std::count(relevant.begin(), relevant.end(), 1);
  figures.rest_count = std::ssize(relevant) - figures.any_count;
  if (figures.any_count == 0 || figures.rest_count == 0) return std::nullopt;

  const SystemScores rows = chosen(clips.scores, choice.rows, static_cast<std::size_t>(class_count));
  const auto area = [&](const std::vector<float>& scores) {
    if (scores.empty()) return std::nan("");
    return metrics::roc_auc(any_class_scores(scores, class_count, reported_count, one_of_k), relevant);
  };
  figures.teacher_auc = area(rows.teacher);
  figures.float_auc = area(rows.floating);
  const std::vector<float> int8 = any_class_scores(rows.int8, class_count, reported_count, one_of_k);
  figures.int8_auc = metrics::bootstrap(choice.items.recordings, [&](std::span<const std::size_t> drawn) {
    std::vector<float> scores;
    std::vector<std::uint8_t> truth;
    for (const std::size_t n : drawn) {
      scores.push_back(int8[n]);
      truth.push_back(relevant[n]);
    }
    return metrics::roc_auc(scores, truth);
  });
  return figures;
}

Json reference_json(const ReferenceFigures& figures, std::span<const std::string> class_names) {
  Json json;
  json.set("count", figures.item_count);
  json.set("recordings", figures.recording_count);
  json.set("judged_classes", figures.class_count);
  json.set("retained_int8", interval_json(figures.retained_int8));
  if (figures.retained_float) json.set("retained_float", interval_json(*figures.retained_float));
  if (figures.int8_minus_float_points)
    json.set("int8_minus_float_points", interval_json(*figures.int8_minus_float_points));
  if (figures.teacher) json.set("teacher", figures_json(*figures.teacher, class_names));
  if (figures.floating) json.set("float", figures_json(*figures.floating, class_names));
  json.set("int8", figures_json(figures.int8, class_names));
  return json;
}

Json split_json(const SplitFigures& figures, std::span<const std::string> class_names) {
  Json json;
  json.set("clips", figures.clip_count);
  json.set("clips_too_quiet", figures.quiet_clip_count);
  const auto add = [&](const char* key, const std::optional<ReferenceFigures>& part) {
    if (part) json.set(key, reference_json(*part, class_names));
  };
  add("clips_against_truth", figures.clips_against_truth);
  add("clips_against_teacher", figures.clips_against_teacher);
  add("windows_against_truth", figures.windows_against_truth);
  add("windows_against_teacher", figures.windows_against_teacher);
  return json;
}

Json any_class_json(const AnyClassFigures& figures) {
  Json json;
  json.set("any_class_clips", figures.any_count);
  json.set("rest_clips", figures.rest_count);
  json.set("teacher_auc", figures.teacher_auc);
  json.set("float_auc", figures.float_auc);
  json.set("int8_auc", interval_json(figures.int8_auc));
  return json;
}

}  // namespace pupil::evaluation
