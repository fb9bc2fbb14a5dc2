// SPDX-License-Identifier: Apache-2.0
#include "student/scoring.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "metrics/clip_scores.h"
#include "metrics/decisions.h"

namespace pupil::student {
namespace {

constexpr std::size_t kWindowsAtOnce = 64;

}  // namespace

std::vector<float> window_features(const TrainingSet& set, std::span<const std::int64_t> windows,
                                   FrontEnd& front_end, const FeatureScale& scale) {
  const std::size_t mels = scale.mean.size();
  const std::size_t row = static_cast<std::size_t>(front_end.frame_count(set.window_samples())) * mels;
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  std::vector<float> features(windows.size() * row);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    set.read_window(set.windows()[static_cast<std::size_t>(windows[i])], 0, audio);
    const std::span<float> frames(features.data() + i * row, row);
    front_end.run(audio, frames);
    for (std::size_t n = 0; n < row; ++n)
      frames[n] = (frames[n] - scale.mean[n % mels]) / scale.deviation[n % mels];
  }
  return features;
}

WindowScorer::WindowScorer(Learner& learner, const edge::LogMelOptions& front_end, const FeatureScale& scale)
    : learner_(learner), front_end_(front_end), scale_(scale) {}

std::vector<float> WindowScorer::logits(const TrainingSet& set, std::span<const std::int64_t> windows) {
  const at::NoGradGuard no_gradient;
  const at::Device device = learner_.parameters().device();
  const auto mels = static_cast<std::int64_t>(scale_.mean.size());
  const std::int64_t frames = front_end_.frame_count(set.window_samples());
  std::vector<float> all;
  all.reserve(windows.size() * static_cast<std::size_t>(set.class_count()));
  for (std::size_t first = 0; first < windows.size(); first += kWindowsAtOnce) {
    const auto some = windows.subspan(first, std::min(kWindowsAtOnce, windows.size() - first));
    std::vector<float> features = window_features(set, some, front_end_, scale_);
    const at::Tensor input = at::from_blob(features.data(), {std::ssize(some), frames, mels}).to(device);
    const at::Tensor logits = learner_.forward(input, false).logits.detach().cpu().contiguous();
    all.insert(all.end(), logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return all;
}

ClipTable decide_clips(const TrainingSet& set, std::span<const std::int64_t> windows,
                       std::span<const float> scores, bool with_unknown) {
  std::vector<std::int64_t> clip_ids;
  std::vector<std::uint8_t> active;
  std::map<std::int64_t, std::int32_t> truth;
  for (const std::int64_t index : windows) {
    const TrainingWindow& window = set.windows()[static_cast<std::size_t>(index)];
    clip_ids.push_back(window.clip);
    active.push_back(window.verdict != SetVerdict::background ? 1 : 0);
    truth[window.clip] = window.truth;
  }
  const metrics::ClipScores clips =
      metrics::mean_of_active_windows(scores, set.class_count(), clip_ids, active);
  ClipTable table;
  const auto classes = static_cast<std::ptrdiff_t>(set.class_count());
  for (std::size_t i = 0; i < clips.clip_ids.size(); ++i) {
    const std::int32_t given = truth.at(clips.clip_ids[i]);
    if (given < 0 && !with_unknown) continue;
    table.truth.push_back(given);
    table.clips.push_back(static_cast<std::int32_t>(clips.clip_ids[i]));
    table.recordings.push_back(set.clips()[static_cast<std::size_t>(clips.clip_ids[i])].recording);
    const auto row = clips.scores.begin() + static_cast<std::ptrdiff_t>(i) * classes;
    table.scores.insert(table.scores.end(), row, row + classes);
  }
  return table;
}

double clip_accuracy(const ClipTable& table, std::int32_t class_count) {
  return metrics::accuracy(table.truth, metrics::decide(table.scores, class_count));
}

std::vector<std::int64_t> windows_of(const TrainingSet& set, SetSplit split) {
  std::vector<std::int64_t> windows;
  for (std::size_t i = 0; i < set.windows().size(); ++i) {
    const TrainingWindow& window = set.windows()[i];
    if (set.split(window) != split || set.clips()[static_cast<std::size_t>(window.clip)].separated) continue;
    windows.push_back(static_cast<std::int64_t>(i));
  }
  return windows;
}

}  // namespace pupil::student
