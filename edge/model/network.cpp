// SPDX-License-Identifier: Apache-2.0
// A window is a stream that is restarted each time: the engine runs it in steps, where it fits the cache in one.

#include "pupil/edge/network.h"

#include <algorithm>

#include "kernels/table.h"
#include "model/engine.h"
#include "model/plan.h"

namespace pupil::edge {

std::size_t Network::arena_bytes(const Model& model, KernelSet kernels) noexcept {
  const kernels::Table* table = kernels::find_table(kernels);
  if (!model.loaded() || table == nullptr) return 0;
  return Engine::arena_bytes(model, kernels, window_step_frames(model, *table));
}

Status Network::init(const Model& model, std::span<std::byte> arena, KernelSet kernels) noexcept {
  const kernels::Table* table = kernels::find_table(kernels);
  if (!model.loaded() || table == nullptr) return Status::bad_argument;
  Engine* engine = nullptr;
  const Status status = Engine::place(model, kernels, window_step_frames(model, *table), arena, &engine);
  if (status != Status::ok) return status;
  model_ = model;
  kernels_ = kernels == KernelSet::automatic ? best_kernel_set() : kernels;
  engine_ = engine;
  return Status::ok;
}

Status Network::run(std::span<const float> frames, std::span<float> scores) noexcept {
  if (engine_ == nullptr) return Status::bad_argument;
  const std::int32_t window_frames = model_.window_frames();
  const std::int32_t mel_count = model_.mel_count();
  if (frames.size() != static_cast<std::size_t>(window_frames) * static_cast<std::size_t>(mel_count) ||
      scores.size() != static_cast<std::size_t>(model_.class_count())) {
    return Status::bad_argument;
  }
  engine_->reset();
  for (std::int32_t done = 0; done < window_frames;) {
    const std::int32_t count = std::min(engine_->step_frames(), window_frames - done);
    engine_->put_frames(0, frames.data() + std::int64_t{done} * mel_count, count);
    engine_->step(count);
    done += count;
  }
  scores_from_logits(model_, engine_->finish_window(), scores);
  return Status::ok;
}

std::span<const float> Network::logits() const noexcept {
  return engine_ == nullptr ? std::span<const float>() : engine_->logits();
}

void Network::observe(const LayerObserver& observer) noexcept {
  if (engine_ != nullptr) engine_->observe(observer);
}

}  // namespace pupil::edge
