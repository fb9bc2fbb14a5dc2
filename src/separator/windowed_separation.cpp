// SPDX-License-Identifier: Apache-2.0
#include "separator/windowed_separation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.h"

namespace pupil::separator {
namespace {

std::vector<float> rising_half(std::int64_t count) {
  std::vector<float> weights(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double phase = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    weights[i] = static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * phase));
  }
  return weights;
}

}  // namespace

WindowPlan reference_chunks() {
  return {5 * kSampleRateHz, 3 * kSampleRateHz, 1 * kSampleRateHz, 0, /*silent_when_short=*/true};
}

WindowedSeparation::WindowedSeparation(const Separator& separator, Query query, const WindowPlan& plan)
    : separator_(separator), query_(std::move(query)), plan_(plan), fade_in_(rising_half(plan.fade_samples)) {
  const std::int64_t overlap = plan.window_samples - plan.hop_samples;
  if (plan.context_samples < 0 || plan.fade_samples < 0 ||
      overlap < plan.context_samples + plan.fade_samples || 2 * overlap > plan.window_samples) {
    throw Error("windows must overlap by context and fade, and by no more than their half");
  }
}

void WindowedSeparation::push(std::span<const float> samples, const SampleSink& sink) {
  const auto window = static_cast<std::size_t>(plan_.window_samples);
  while (!samples.empty()) {
    // One sample more than a window tells that another window follows.
    const std::size_t taken = std::min(samples.size(), window + 1 - waiting_.size());
    waiting_.insert(waiting_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(taken));
    samples = samples.subspan(taken);
    if (waiting_.size() <= window) continue;
    run_window(plan_.window_samples, /*is_last=*/false, sink);
    waiting_.erase(waiting_.begin(), waiting_.begin() + plan_.hop_samples);
  }
}

void WindowedSeparation::finish(const SampleSink& sink) {
  if (is_first_ && plan_.silent_when_short) {
    std::fill(waiting_.begin(), waiting_.end(), 0.0F);
    sink(waiting_);
    return;
  }
  run_window(static_cast<std::int64_t>(waiting_.size()), /*is_last=*/true, sink);
  waiting_.clear();
}

void WindowedSeparation::run_window(std::int64_t length_samples, bool is_last, const SampleSink& sink) {
  std::vector<float> wanted =
      separator_.separate(std::span(waiting_).first(static_cast<std::size_t>(length_samples)), query_);
  const auto context = static_cast<std::size_t>(plan_.context_samples);
  const auto begin = is_first_ ? 0 : context;
  if (!is_first_) {
    for (std::size_t i = 0; i < fade_in_.size(); ++i) {
      float& sample = wanted[context + i];
      sample = fade_out_[i] + fade_in_[i] * (sample - fade_out_[i]);
    }
  }
  const auto end = is_last ? wanted.size() : static_cast<std::size_t>(plan_.hop_samples) + context;
  if (!is_last) {
    const auto rest = wanted.begin() + static_cast<std::ptrdiff_t>(end);
    fade_out_.assign(rest, rest + plan_.fade_samples);
  }
  sink(std::span(wanted).subspan(begin, end - begin));
  is_first_ = false;
}

std::vector<float> separate_windowed(const Separator& separator, const Query& query,
                                     std::span<const float> samples, const WindowPlan& plan) {
  std::vector<float> out;
  out.reserve(samples.size());
  const SampleSink sink = [&](std::span<const float> part) {
    out.insert(out.end(), part.begin(), part.end());
  };
  WindowedSeparation separation(separator, query, plan);
  separation.push(samples, sink);
  separation.finish(sink);
  return out;
}

}  // namespace pupil::separator
