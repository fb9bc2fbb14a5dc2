// SPDX-License-Identifier: Apache-2.0
// Samples become frames one hop of the front end at a time; frames are gathered until a step of the engine is
// full or a score is due, whichever comes first; then the engine runs over them at once.
//
// 1. gathered_frames_ frames are quantised in the engine's input and not yet run; always fewer than a step.
// 2. frames_until_score_ counts down to the next score: a whole window for the first, a hop for the others.
// 3. The engine's step is the hop, so that apart from the first window every score takes one step.
// 4. push() stops right after a score: what is left of the samples belongs to the caller's next call.

#include "pupil/edge/stream.h"

#include <algorithm>

#include "frontend/carving.h"
#include "model/engine.h"

namespace pupil::edge {

namespace {

struct Layout {
  std::size_t log_mel_bytes = 0;
  std::size_t engine_bytes = 0;
  std::size_t frame_offset = 0;
  std::size_t total_bytes = 0;  // 0: cannot be
};

// The state holds the engine, the front end, one frame and the scores, in this order.
Layout lay_out(const Model& model, const StreamOptions& options) {
  Layout layout;
  if (!model.loaded() || options.hop_ms <= 0) return layout;
  layout.engine_bytes = Engine::arena_bytes(model, options.kernels, hop_frames(model, options));
  layout.log_mel_bytes = LogMel::state_bytes(model.front_end(), options.kernels);
  if (layout.engine_bytes == 0 || layout.log_mel_bytes == 0) return layout;
  layout.frame_offset = layout.engine_bytes + layout.log_mel_bytes;
  const auto floats =
      static_cast<std::size_t>(model.mel_count()) + static_cast<std::size_t>(model.class_count());
  layout.total_bytes = layout.frame_offset + alignof(float) + floats * sizeof(float);
  return layout;
}

float* align_floats(std::byte* pointer) {
  return reinterpret_cast<float*>(align_up(pointer, alignof(float)));
}

}  // namespace

std::int32_t hop_frames(const Model& model, const StreamOptions& options) noexcept {
  // In samples times 1000, to stay with integers.
  const std::int64_t wanted = std::int64_t{options.hop_ms} * model.front_end().sample_rate_hz;
  const std::int64_t stride = std::int64_t{model.time_stride()} * model.front_end().hop_samples * 1000;
  const std::int64_t strides = std::max<std::int64_t>(1, (wanted + stride / 2) / stride);
  // A hop beyond the window would skip audio, so it ends there.
  const std::int64_t most = std::max<std::int32_t>(1, model.window_frames() / model.time_stride());
  return static_cast<std::int32_t>(std::min(strides, most)) * model.time_stride();
}

std::size_t Streamer::state_bytes(const Model& model, const StreamOptions& options) noexcept {
  return lay_out(model, options).total_bytes;
}

Status Streamer::init(const Model& model, const StreamOptions& options, std::span<std::byte> state) noexcept {
  const Layout layout = lay_out(model, options);
  if (layout.total_bytes == 0) return Status::bad_argument;
  if (state.size() < layout.total_bytes) return Status::arena_too_small;
  Engine* engine = nullptr;
  const std::int32_t hop = hop_frames(model, options);
  const Status placed = Engine::place(model, options.kernels, hop, state.first(layout.engine_bytes), &engine);
  if (placed != Status::ok) return placed;
  const Status started = log_mel_.init(
      model.front_end(), state.subspan(layout.engine_bytes, layout.log_mel_bytes), options.kernels);
  if (started != Status::ok) return started;
  model_ = model;
  engine_ = engine;
  frame_ = align_floats(state.data() + layout.frame_offset);
  scores_ = frame_ + model.mel_count();
  kernels_ = options.kernels == KernelSet::automatic ? best_kernel_set() : options.kernels;
  hop_frames_ = hop;
  reset();
  return Status::ok;
}

void Streamer::reset() noexcept {
  if (engine_ == nullptr) return;
  engine_->reset();
  log_mel_.reset();
  gathered_frames_ = 0;
  frames_until_score_ = model_.window_frames();
  score_count_ = 0;
  window_end_samples_ = 0;
}

Status Streamer::push(std::span<const float> samples, std::size_t* samples_used, bool* scored) noexcept {
  if (engine_ == nullptr) return Status::bad_argument;
  const auto hop = static_cast<std::size_t>(model_.front_end().hop_samples);
  const auto mel_count = static_cast<std::size_t>(model_.mel_count());
  const std::int64_t before = score_count_;
  std::size_t used = 0;
  while (used < samples.size() && score_count_ == before) {
    // So few samples complete at most one frame.
    const std::size_t count = std::min(hop, samples.size() - used);
    std::int32_t frames = 0;
    const Status status = log_mel_.push(samples.subspan(used, count), {frame_, mel_count}, &frames);
    if (status != Status::ok) return status;
    used += count;
    if (frames > 0) take_frame();
  }
  *samples_used = used;
  *scored = score_count_ != before;
  return Status::ok;
}

void Streamer::take_frame() noexcept {
  engine_->put_frames(gathered_frames_++, frame_, 1);
  --frames_until_score_;
  if (gathered_frames_ < engine_->step_frames() && frames_until_score_ > 0) return;
  engine_->step(gathered_frames_);
  gathered_frames_ = 0;
  if (frames_until_score_ == 0) score_window();
}

void Streamer::score_window() noexcept {
  const auto class_count = static_cast<std::size_t>(model_.class_count());
  scores_from_logits(model_, engine_->finish_window(), {scores_, class_count});
  frames_until_score_ = hop_frames_;
  window_end_samples_ = model_.window_samples() + score_count_ * hop_samples();
  ++score_count_;
}

std::span<const float> Streamer::scores() const noexcept {
  if (score_count_ == 0) return {};
  return {scores_, static_cast<std::size_t>(model_.class_count())};
}

std::span<const float> Streamer::logits() const noexcept {
  return score_count_ == 0 ? std::span<const float>() : engine_->logits();
}

void Streamer::observe(const LayerObserver& observer) noexcept {
  if (engine_ != nullptr) engine_->observe(observer);
}

}  // namespace pupil::edge
