// SPDX-License-Identifier: Apache-2.0
#include "evaluation/microphones.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "evaluation/system_figures.h"
#include "metrics/clip_scores.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

class MicrophoneMeter {
 public:
  MicrophoneMeter(const student::TrainingSet& set, const SplitScores& split, const SplitClips& clips,
                  const student::ImpulseResponses& responses, DeviceNetwork& network)
      : set_(set), split_(split), responses_(responses), network_(network) {
    const std::vector<std::int32_t> teacher = metrics::decide(clips.scores.teacher, set.class_count());
    for (std::size_t i = 0; i < clips.clips.size(); ++i) {
      const std::int32_t reference = clips.truth[i] >= 0 ? clips.truth[i] : teacher[i];
      if (reference >= 0) references_[clips.clips[i]] = {reference, clips.recordings[i]};
    }
  }

  std::optional<MicrophoneFigures> measure() {
    if (references_.empty() || responses_.empty()) return std::nullopt;
    MicrophoneFigures figures;
    figures.clip_count = std::ssize(references_);
    figures.clean = accuracy(std::nullopt);
    for (std::size_t i = 0; i < responses_.size(); ++i) figures.accuracy.push_back(accuracy(i).value);
    const double sum = std::accumulate(figures.accuracy.begin(), figures.accuracy.end(), 0.0);
    figures.mean = sum / static_cast<double>(figures.accuracy.size());
    figures.worst = std::ranges::min(figures.accuracy);
    return figures;
  }

 private:
  struct Reference {
    std::int32_t label = 0;
    std::int64_t recording = 0;
  };

  // A whole clip would pass a device at once; a window is passed with what lies before it, as long as a response is.
  metrics::Interval accuracy(std::optional<std::size_t> response) {
    constexpr std::int32_t kBefore = 32 * student::kTrainingRateHz / 1000;
    std::vector<float> scores, audio(static_cast<std::size_t>(set_.window_samples()));
    std::vector<float> longer(audio.size() + kBefore);
    std::vector<std::int64_t> clip_ids;
    for (const std::int64_t index : split_.windows) {
      const student::TrainingWindow& window = set_.windows()[static_cast<std::size_t>(index)];
      if (window.verdict == student::SetVerdict::background || !references_.contains(window.clip)) continue;
      set_.read_window(window, 0, audio);
      if (response) {
        std::ranges::fill(longer, 0.0F);
        if (window.start_sample >= kBefore)
          set_.read_window(window, -kBefore, std::span(longer).first(audio.size()));
        std::copy(audio.begin(), audio.end(), longer.begin() + kBefore);
        responses_.apply(*response, longer);
        std::copy(longer.begin() + kBefore, longer.end(), audio.begin());
      }
      const std::vector<float> row = device_scores(network_.model(), network_.logits(audio));
      scores.insert(scores.end(), row.begin(), row.end());
      clip_ids.push_back(window.clip);
    }
    const metrics::ClipScores clips =
        metrics::mean_of_active_windows(scores, set_.class_count(), clip_ids, {});
    std::vector<std::int32_t> labels;
    std::vector<std::int64_t> recordings;
    for (const std::int64_t clip : clips.clip_ids) {
      const Reference& reference = references_.at(static_cast<std::int32_t>(clip));
      labels.push_back(reference.label);
      recordings.push_back(reference.recording);
    }
    return metrics::bootstrap_accuracy(labels, metrics::decide(clips.scores, set_.class_count()), recordings);
  }

  const student::TrainingSet& set_;
  const SplitScores& split_;
  const student::ImpulseResponses& responses_;
  DeviceNetwork& network_;
  std::map<std::int32_t, Reference> references_;  // by clip
};

}  // namespace

std::optional<MicrophoneFigures> measure_microphones(const student::TrainingSet& set,
                                                     const SplitScores& split, const SplitClips& clips,
                                                     const student::ImpulseResponses& responses,
                                                     DeviceNetwork& network) {
  return MicrophoneMeter(set, split, clips, responses, network).measure();
}

Json microphones_json(const MicrophoneFigures& figures) {
  Json json;
  json.set("responses", std::ssize(figures.accuracy));
  json.set("clips", figures.clip_count);
  json.set("clean", interval_json(figures.clean));
  json.set("mean", figures.mean);
  json.set("worst", figures.worst);
  Json each = Json(Json::Array());
  for (const double accuracy : figures.accuracy) each.push_back(accuracy);
  json.set("accuracy", each);
  return json;
}

}  // namespace pupil::evaluation
