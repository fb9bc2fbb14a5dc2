// SPDX-License-Identifier: Apache-2.0
#include "listen/lane.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/check_status.h"
#include "listen/pcm_floats.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kTopCount = 3;

edge::StreamOptions options_of(std::int32_t hop_ms) {
  edge::StreamOptions options;
  options.hop_ms = hop_ms;
  return options;
}

std::int64_t hop_samples_of(const edge::Model& model, std::int32_t hop_ms) {
  return std::int64_t{edge::hop_frames(model, options_of(hop_ms))} * model.front_end().hop_samples;
}

}  // namespace

Lane::Lane(std::shared_ptr<const LoadedModel> model, std::vector<EventRule> rules, std::int32_t hop_ms,
           double near_miss_floor)
    : model_(std::move(model)),
      state_(edge::Streamer::state_bytes(model_->model(), options_of(hop_ms))),
      stream_(std::make_unique<edge::Streamer>()),
      tracker_(model_->model(), std::move(rules), hop_samples_of(model_->model(), hop_ms)),
      near_misses_(model_->reported_count(), near_miss_floor) {
  check_status(stream_->init(model_->model(), options_of(hop_ms), state_), model_->path());
  next_end_ = window_samples();
}

void Lane::push(std::span<const std::int16_t> samples, const TakeWindow& take) {
  for_float_blocks(samples, [&](std::span<const float> block) {
    while (!block.empty()) {
      std::size_t used = 0;
      bool scored = false;
      const auto begin = std::chrono::steady_clock::now();
      check_status(stream_->push(block, &used, &scored), model_->path());
      block = block.subspan(used);
      if (!scored) continue;
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      const std::int64_t end = origin_ + stream_->window_end_samples();
      next_end_ = end + hop_samples();
      take({stream_->scores(), end, took.count()});
    }
  });
}

void Lane::restart() {
  stream_->reset();
  tracker_.finish();
  near_misses_.finish();
  origin_ = 0;
  next_end_ = window_samples();
}

void Lane::catch_up(const AudioRing& ring, std::int64_t next_end_samples) {
  origin_ = std::max(ring.begin(), next_end_samples - window_samples());
  next_end_ = origin_ + window_samples();
  push(ring.copy(origin_, ring.end()), [](const Window&) {});
}

std::int64_t Lane::window_begin_before(std::int64_t sample) const {
  const std::int64_t from_origin = std::max<std::int64_t>(0, sample - origin_);
  return origin_ + from_origin / hop_samples() * hop_samples();
}

std::vector<ClassScore> Lane::top(std::span<const float> scores) const {
  std::vector<std::int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const std::size_t count = std::min(kTopCount, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
                    });
  std::vector<ClassScore> top;
  for (std::size_t i = 0; i < count; ++i)
    top.push_back({std::string(model_->model().label(order[i])), scores[static_cast<std::size_t>(order[i])]});
  return top;
}

}  // namespace pupil::listen
