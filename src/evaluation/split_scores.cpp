// SPDX-License-Identifier: Apache-2.0
#include "evaluation/split_scores.h"

#include <set>

#include "metrics/decisions.h"
#include "student/scoring.h"

namespace pupil::evaluation {
namespace {

using student::SetVerdict;
using student::TrainingSet;
using student::TrainingWindow;

std::vector<float> chosen_rows(std::span<const float> scores, std::span<const std::size_t> rows,
                               std::size_t class_count) {
  std::vector<float> chosen;
  chosen.reserve(rows.size() * class_count);
  for (const std::size_t row : rows) {
    const std::span<const float> values = scores.subspan(row * class_count, class_count);
    chosen.insert(chosen.end(), values.begin(), values.end());
  }
  return chosen;
}

}  // namespace

SplitScores score_split(const TrainingSet& set, student::SetSplit split, DeviceNetwork& network,
                        const std::filesystem::path& student) {
  SplitScores result;
  result.windows = student::windows_of(set, split);
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  for (const std::int64_t index : result.windows) {
    const std::span<const float> soft = set.soft(index);
    result.scores.teacher.insert(result.scores.teacher.end(), soft.begin(), soft.end());
    set.read_window(set.windows()[static_cast<std::size_t>(index)], 0, audio);
    const std::span<const float> logits = network.logits(audio);
    result.int8_logits.insert(result.int8_logits.end(), logits.begin(), logits.end());
  }
  result.scores.int8 = device_scores(network.model(), result.int8_logits);
  if (!student.empty()) result.scores.floating = float_scores(student, set, result.windows);
  return result;
}

SplitClips clips_of(const TrainingSet& set, const SplitScores& split) {
  std::set<std::int32_t> heard;
  for (const std::int64_t index : split.windows) {
    const TrainingWindow& window = set.windows()[static_cast<std::size_t>(index)];
    if (window.verdict != SetVerdict::background) heard.insert(window.clip);
  }
  const auto classes = static_cast<std::size_t>(set.class_count());
  SplitClips clips;
  std::vector<std::size_t> rows;
  const auto add = [&](const std::vector<float>& windows, std::vector<float>* out) {
    if (windows.empty()) return;
    const student::ClipTable table = student::decide_clips(set, split.windows, windows, true);
    if (clips.clips.empty()) {
      for (std::size_t i = 0; i < table.clips.size(); ++i) {
        if (!heard.contains(table.clips[i])) {
          ++clips.quiet_count;
          continue;
        }
        rows.push_back(i);
        clips.clips.push_back(table.clips[i]);
        clips.truth.push_back(table.truth[i]);
        clips.recordings.push_back(table.recordings[i]);
      }
    }
    *out = chosen_rows(table.scores, rows, classes);
  };
  add(split.scores.int8, &clips.scores.int8);
  add(split.scores.teacher, &clips.scores.teacher);
  add(split.scores.floating, &clips.scores.floating);
  return clips;
}

std::int32_t window_reference(const TrainingWindow& window) {
  switch (window.verdict) {
    case SetVerdict::background: return metrics::kNone;
    case SetVerdict::none_of_these: return window.truth >= 0 ? window.truth : metrics::kNone;
    case SetVerdict::accepted:
    case SetVerdict::capped: return window.truth >= 0 ? window.truth : window.label;
    case SetVerdict::doubtful: break;
  }
  return window.truth >= 0 ? window.truth : kNoReference;
}

}  // namespace pupil::evaluation
