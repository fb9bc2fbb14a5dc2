// SPDX-License-Identifier: Apache-2.0
// One round times a window's front end, its network, a hop's front end and a whole hop, in turns; figures are
// medians over the rounds, ratios medians of the rounds' ratios.
//
// 1. Everything is allocated and packed before the first round, and the first window of the stream has been
//    scored: each further hop gives one score and costs the same.
// 2. Layers are timed in rounds of their own: an observer's two clock reads per layer and step would be in
//    the window.
// 3. The front end of a hop is measured by itself and subtracted; where noise makes the difference negative
//    it is 0.

#include "bench/edge_bench.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"
#include "bench/timing.h"
#include "pupil/edge/log_mel.h"
#include "pupil/edge/network.h"
#include "pupil/edge/stream.h"

namespace pupil::bench {
namespace {

std::vector<float> noise_samples(std::int64_t count) {
  std::vector<float> samples(static_cast<std::size_t>(count));
  Noise noise(1);
  for (float& x : samples) x = 0.2F * (noise.next() - 0.5F);
  return samples;
}

// Adds up the time of each layer over the steps of one window.
struct LayerClock {
  std::vector<double> us;
  Clock::time_point start;

  static void before(void* self, std::int32_t) { static_cast<LayerClock*>(self)->start = Clock::now(); }
  static void after(void* self, const edge::LayerRows& rows) {
    LayerClock& clock = *static_cast<LayerClock*>(self);
    clock.us[static_cast<std::size_t>(rows.layer)] += microseconds_since(clock.start);
  }
};

/// Everything that is timed, with its memory.
class Bench {
 public:
  Bench(const edge::Model& model, edge::KernelSet kernels)
      : model_(model),
        options_{.hop_ms = 100, .kernels = kernels},
        samples_(noise_samples(model.window_samples())),
        frames_(static_cast<std::size_t>(model.window_frames()) *
                static_cast<std::size_t>(model.mel_count())),
        scores_(static_cast<std::size_t>(model.class_count())),
        arena_(edge::Network::arena_bytes(model, kernels)),
        state_(edge::Streamer::state_bytes(model, options_)),
        log_mel_state_(edge::LogMel::state_bytes(model.front_end())) {
    check_status(network_.init(model, arena_, kernels), "network");
    check_status(stream_.init(model, options_, state_), "stream");
    check_status(log_mel_.init(model.front_end(), log_mel_state_), "front end");
    (void)window_front_end();
    push_hop(samples_);  // from here on every hop gives one score
  }

  double window_front_end() {
    const auto start = Clock::now();
    log_mel_.reset();
    std::int32_t written = 0;
    check_status(log_mel_.push(samples_, frames_, &written), "front end");
    return microseconds_since(start);
  }

  double window() {
    const auto start = Clock::now();
    check_status(network_.run(frames_, scores_), "network");
    return microseconds_since(start);
  }

  double hop_front_end() {
    const auto start = Clock::now();
    std::int32_t written = 0;
    check_status(log_mel_.push(hop_samples(), frames_, &written), "front end");
    return microseconds_since(start);
  }

  double hop() {
    const auto start = Clock::now();
    push_hop(hop_samples());
    return microseconds_since(start);
  }

  std::vector<double> layers() {
    LayerClock clock{std::vector<double>(static_cast<std::size_t>(model_.layer_count())), {}};
    network_.observe({LayerClock::before, LayerClock::after, &clock});
    (void)window();
    network_.observe({});
    return clock.us;
  }

  void describe(EdgeFigures* figures) const {
    figures->kernels = network_.kernels();
    figures->window_arena_bytes = static_cast<std::int64_t>(arena_.size());
    figures->stream_state_bytes = static_cast<std::int64_t>(state_.size());
    figures->hop_ms = 1000.0 * stream_.hop_samples() / model_.front_end().sample_rate_hz;
  }

 private:
  std::span<const float> hop_samples() const {
    return std::span(samples_).first(static_cast<std::size_t>(stream_.hop_samples()));
  }

  void push_hop(std::span<const float> samples) {
    while (!samples.empty()) {
      std::size_t used = 0;
      bool scored = false;
      check_status(stream_.push(samples, &used, &scored), "stream");
      samples = samples.subspan(used);
    }
  }

  edge::Model model_;
  edge::StreamOptions options_;
  std::vector<float> samples_;
  std::vector<float> frames_;
  std::vector<float> scores_;
  std::vector<std::byte> arena_;
  std::vector<std::byte> state_;
  std::vector<std::byte> log_mel_state_;
  edge::Network network_;
  edge::Streamer stream_;
  edge::LogMel log_mel_;
};

void measure_layers(const edge::Model& model, Bench* bench, EdgeFigures* figures) {
  std::vector<std::vector<double>> us(static_cast<std::size_t>(model.layer_count()));
  for (int round = 0; round < figures->rounds; ++round) {
    const std::vector<double> layers = bench->layers();
    for (std::size_t i = 0; i < layers.size(); ++i) us[i].push_back(layers[i]);
  }
  for (std::int32_t i = 0; i < model.layer_count(); ++i) {
    EdgeLayerFigures layer;
    layer.info = model.layer(i);
    layer.us = median(us[static_cast<std::size_t>(i)]);
    layer.gmac_per_s = layer.us > 0.0 ? 1e-3 * static_cast<double>(layer.info.macs) / layer.us : 0.0;
    figures->layers.push_back(layer);
  }
}

}  // namespace

EdgeFigures measure_edge(const edge::Model& model, edge::KernelSet kernels, int rounds) {
  if (!edge::kernel_set_available(kernels)) {
    throw Error(concat("kernels '", edge::to_string(kernels), "' cannot run on this machine"));
  }
  Bench bench(model, kernels);
  EdgeFigures figures;
  figures.rounds = rounds;
  bench.describe(&figures);
  std::vector<double> window;
  std::vector<double> window_front_end;
  std::vector<double> hop;
  std::vector<double> hop_front_end;
  std::vector<double> whole;
  std::vector<double> hop_network;
  for (int round = 0; round < rounds; ++round) {
    window_front_end.push_back(bench.window_front_end());
    window.push_back(bench.window());
    hop_front_end.push_back(bench.hop_front_end());
    hop.push_back(bench.hop());
    whole.push_back(window.back() + window_front_end.back());
    hop_network.push_back(std::max(0.0, hop.back() - hop_front_end.back()));
  }
  const double hops_in_100_ms = 100.0 / figures.hop_ms;
  figures.window_us = median(window);
  figures.window_front_end_us = median(window_front_end);
  figures.hop_us = median(hop);
  figures.hop_front_end_us = median(hop_front_end);
  figures.stream_100_ms_ratio = hops_in_100_ms * median_ratio(hop, whole);
  figures.stream_100_ms_network_ratio = hops_in_100_ms * median_ratio(hop_network, window);
  figures.second_us = 10.0 * hops_in_100_ms * figures.hop_us;
  figures.gmac_per_s = 1e-3 * static_cast<double>(model.macs()) / figures.window_us;
#ifdef PUPIL_HAS_VNNI_PEAK
  if (figures.kernels == edge::KernelSet::avx512_vnni) figures.peak_gmac_per_s = measure_vnni_peak();
#endif
  measure_layers(model, &bench, &figures);
  return figures;
}

}  // namespace pupil::bench
