#include "student/scoring.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace pupil::student {
namespace {

constexpr std::size_t kWindowsAtOnce = 64;

}  // namespace

std::vector<float> window_features(const TrainingSet& set, std::span<const std::int64_t> windows, FrontEnd& front_end,
                                   const FeatureScale& scale) {
  const std::size_t mels = scale.mean.size();
  const std::size_t row = static_cast<std::size_t>(front_end.frame_count(set.window_samples())) * mels;
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  std::vector<float> features(windows.size() * row);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    set.read_window(set.windows()[static_cast<std::size_t>(windows[i])], 0, audio);
    const std::span<float> frames(features.data() + i * row, row);
    front_end.run(audio, frames);
    for (std::size_t n = 0; n < row; ++n) frames[n] = (frames[n] - scale.mean[n % mels]) / scale.deviation[n % mels];
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

void softmax_rows(std::span<float> logits, std::int64_t class_count) {
  for (std::size_t row = 0; row < logits.size(); row += static_cast<std::size_t>(class_count)) {
    const std::span<float> z = logits.subspan(row, static_cast<std::size_t>(class_count));
    const float highest = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (float& x : z) sum += x = std::exp(x - highest);
    for (float& x : z) x = static_cast<float>(x / sum);
  }
}

std::vector<ClipDecision> decide_clips(const TrainingSet& set, std::span<const std::int64_t> windows,
                                       std::span<const float> scores, float min_activity_db) {
  const auto classes = static_cast<std::size_t>(set.class_count());
  std::map<std::int32_t, std::vector<std::size_t>> of_clip;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    of_clip[set.windows()[static_cast<std::size_t>(windows[i])].clip].push_back(i);
  }
  std::vector<ClipDecision> decisions;
  for (const auto& [clip, rows] : of_clip) {
    const auto window = [&](std::size_t row) -> const TrainingWindow& {
      return set.windows()[static_cast<std::size_t>(windows[row])];
    };
    const bool any_active =
        std::any_of(rows.begin(), rows.end(), [&](std::size_t r) { return window(r).activity_db >= min_activity_db; });
    ClipDecision decision{clip, window(rows[0]).truth, std::vector<float>(classes)};
    float count = 0;
    for (const std::size_t row : rows) {
      if (any_active && window(row).activity_db < min_activity_db) continue;
      for (std::size_t k = 0; k < classes; ++k) decision.scores[k] += scores[row * classes + k];
      ++count;
    }
    for (float& x : decision.scores) x /= count;
    decisions.push_back(std::move(decision));
  }
  return decisions;
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

double accuracy(std::span<const ClipDecision> decisions) {
  double right = 0, count = 0;
  for (const ClipDecision& decision : decisions) {
    if (decision.truth < 0) continue;
    const auto best = std::max_element(decision.scores.begin(), decision.scores.end()) - decision.scores.begin();
    right += best == decision.truth ? 1 : 0;
    count += 1;
  }
  return count > 0 ? right / count : 0.0;
}

}  // namespace pupil::student
