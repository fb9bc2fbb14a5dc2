// SPDX-License-Identifier: Apache-2.0
#include "evaluation/clip_meter.h"

#include <algorithm>
#include <vector>

#include "evaluation/system_figures.h"
#include "metrics/clip_scores.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {

ClipMeter::ClipMeter(const student::TrainingSet& set, const SplitScores& split, const SplitClips& clips,
                     DeviceNetwork& network, MeteredClips which)
    : set_(set), split_(split), network_(network) {
  const std::vector<std::int32_t> teacher = metrics::decide(clips.scores.teacher, set.class_count());
  const std::int32_t end = which == MeteredClips::all ? set.class_count() : set.reported_class_count();
  for (std::size_t i = 0; i < clips.clips.size(); ++i) {
    const std::int32_t reference = clips.truth[i] >= 0 ? clips.truth[i] : teacher[i];
    if (reference < 0 || reference >= end) continue;
    known_[clips.clips[i]] = {reference, clips.recordings[i]};
    against_truth_ = against_truth_ || clips.truth[i] >= 0;
  }
}

ClipMeter::Outcome ClipMeter::measure(const Change& change) {
  std::vector<float> logits, audio(static_cast<std::size_t>(set_.window_samples()));
  std::vector<std::int64_t> clip_ids;
  for (const std::int64_t index : split_.windows) {
    const student::TrainingWindow& window = set_.windows()[static_cast<std::size_t>(index)];
    if (window.verdict == student::SetVerdict::background || !contains(window.clip)) continue;
    set_.read_window(window, 0, audio);
    change(index, audio);
    const std::span<const float> row = network_.logits(audio);
    logits.insert(logits.end(), row.begin(), row.end());
    clip_ids.push_back(window.clip);
  }
  const std::int32_t classes = set_.class_count();
  const metrics::ClipScores clips =
      metrics::mean_of_active_windows(device_scores(network_.model(), logits), classes, clip_ids, {});

  std::vector<std::int32_t> references, strongest;
  std::vector<std::int64_t> recordings;
  for (std::size_t i = 0; i < clips.clip_ids.size(); ++i) {
    const Known& known = known_.at(static_cast<std::int32_t>(clips.clip_ids[i]));
    references.push_back(known.reference);
    recordings.push_back(known.recording);
    const auto row = clips.scores.begin() + static_cast<std::ptrdiff_t>(i) * classes;
    strongest.push_back(
        static_cast<std::int32_t>(std::max_element(row, row + set_.reported_class_count()) - row));
  }
  return {metrics::bootstrap_accuracy(references, metrics::decide(clips.scores, classes), recordings),
          metrics::accuracy(references, strongest)};
}

}  // namespace pupil::evaluation
