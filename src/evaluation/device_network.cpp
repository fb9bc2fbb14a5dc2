// SPDX-License-Identifier: Apache-2.0
#include "evaluation/device_network.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/check_status.h"
#include "base/median_time.h"
#include "metrics/calibration.h"
#include "pupil/edge/stream.h"

namespace pupil::evaluation {
DeviceNetwork::DeviceNetwork(const edge::Model& model)
    : model_(model),
      front_end_memory_(edge::LogMel::state_bytes(model.front_end())),
      arena_(edge::Network::arena_bytes(model)),
      audio_(static_cast<std::size_t>(model.window_samples())),
      frames_(static_cast<std::size_t>(model.window_frames() * model.mel_count())),
      scores_(static_cast<std::size_t>(model.class_count())) {
  check_status(log_mel_.init(model.front_end(), front_end_memory_), "the model's front end");
  check_status(network_.init(model, arena_), "the model's network");
}

std::span<const float> DeviceNetwork::logits(std::span<const float> audio) {
  const std::size_t count = std::min(audio.size(), audio_.size());
  std::copy_n(audio.begin(), count, audio_.begin());
  std::fill(audio_.begin() + static_cast<std::ptrdiff_t>(count), audio_.end(), 0.0F);
  log_mel_.reset();
  std::int32_t written = 0;
  check_status(log_mel_.push(audio_, frames_, &written), "the model's front end");
  check_status(network_.run(frames_, scores_), "the model's network");
  return network_.logits();
}

double DeviceNetwork::window_s() {
  std::fill(frames_.begin(), frames_.end(), -5.0F);
  return median_s(101, [&] { check_status(network_.run(frames_, scores_), "the model's network"); });
}

std::vector<float> device_scores(const edge::Model& model, std::span<const float> logits) {
  const auto classes = static_cast<std::size_t>(model.class_count());
  std::vector<float> scores(logits.size());
  for (std::size_t at = 0; at < logits.size(); at += classes) {
    edge::scores_from_logits(model, logits.subspan(at, classes), std::span(scores).subspan(at, classes));
  }
  return scores;
}

std::vector<float> uncalibrated_scores(const edge::Model& model, std::span<const float> logits) {
  if (model.score_kind() == edge::ScoreKind::softmax) return metrics::softmax(logits, model.class_count());
  std::vector<float> scores(logits.begin(), logits.end());
  if (model.score_kind() == edge::ScoreKind::sigmoid) {
    for (float& score : scores) score = 1.0F / (1.0F + std::exp(-score));
  }
  return scores;
}

double stream_step_s(const edge::Model& model) {
  const edge::StreamOptions options;
  std::vector<std::byte> state(edge::Streamer::state_bytes(model, options));
  edge::Streamer stream;
  check_status(stream.init(model, options, state), "the model's stream");
  const std::vector<float> piece(static_cast<std::size_t>(model.front_end().sample_rate_hz / 10), 0.01F);
  const auto push = [&] {
    for (std::span<const float> rest = piece; !rest.empty();) {
      std::size_t used = 0;
      bool scored = false;
      check_status(stream.push(rest, &used, &scored), "the model's stream");
      rest = rest.subspan(used);
    }
  };
  for (int i = 0; i < 20; ++i) push();  // the first window fills, and the caches
  return median_s(101, push);
}

}  // namespace pupil::evaluation
