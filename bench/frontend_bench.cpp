// SPDX-License-Identifier: Apache-2.0
// A round does 100 frames with each of: the peer's bare transforms, the front end in one push, the same in
// pushes of 10 ms, and each step of a frame alone. All in turns, so that a busy machine is unfair to all of
// them.
//
// The steps are called as the front end calls them (frame.h), so their sum is what the whole costs without the
// handling of samples. kissfft does less than our spectrum: no window and no
// power.

#include "bench/frontend_bench.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#ifdef PUPIL_HAS_KISSFFT
#include <kiss_fftr.h>
#endif

#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"
#include "bench/timing.h"
#include "frontend/frame_table.h"
#include "frontend/mel_bank.h"
#include "frontend/real_fft.h"
#include "pupil/edge/log_mel.h"

namespace pupil::bench {
namespace {

constexpr int kFrames = 100;
constexpr std::size_t kSecondSamples = 16000;
constexpr std::size_t kTenMsSamples = 160;
constexpr std::int32_t kMelCount = 64;
constexpr std::int32_t kFftSamples = 512;

// White noise and a lower rumble: nothing is rounded to zero, nothing repeats.
std::vector<float> test_signal() {
  std::vector<float> samples(kSecondSamples + kFftSamples);
  Noise noise(1);
  float low = 0.0F;
  for (float& sample : samples) {
    const float white = noise.next() - 0.5F;
    low += 0.05F * (white - low);
    sample = 0.1F * white + low;
  }
  return samples;
}

/// Zeros on whole cache lines, as the front end places its own numbers.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::int32_t count) : lines_(static_cast<std::size_t>(count) / kLineFloats + 1) {}
  float* data() { return lines_.data()->floats; }

 private:
  static constexpr std::size_t kLineFloats = 16;
  struct alignas(64) Line {
    float floats[kLineFloats] = {};
  };
  std::vector<Line> lines_;
};

template <typename Work>
double microseconds(Work&& work) {
  const auto start = Clock::now();
  work();
  return microseconds_since(start);
}

// The whole front end. The stream goes on from round to round, so that every second has its 100 frames.
class WholeFrontend {
 public:
  explicit WholeFrontend(edge::KernelSet kernels)
      : state_(edge::LogMel::state_bytes(options_, kernels)), frames_(kFrames * kMelCount) {
    check_status(log_mel_.init(options_, state_, kernels), "front end");
    push(test_signal(), kFftSamples);  // the first window
  }

  void push(std::span<const float> samples, std::size_t piece) {
    std::int32_t written = 0;
    std::span<float> frames(frames_);
    for (std::size_t at = 0; at < samples.size(); at += piece) {
      check_status(log_mel_.push(samples.subspan(at, std::min(piece, samples.size() - at)), frames, &written),
                   "front end");
    }
  }

 private:
  edge::LogMelOptions options_;
  std::vector<std::byte> state_;
  std::vector<float> frames_;
  edge::LogMel log_mel_;
};

// The steps of a frame, each alone, through the front end's inner functions.
class Stages {
 public:
  explicit Stages(edge::KernelSet kernels)
      : steps_(*edge::frame::find_table(kernels)),
        size_(edge::mel_bank_size(options_, steps_.single.triangles)),
        table_(edge::fft_table_size(kFftSamples)),
        work_(edge::fft_work_size(kFftSamples)),
        window_(kFftSamples),
        power_(kFftSamples / 2 + 1 + size_.power_slack),
        groups_(static_cast<std::size_t>(size_.groups)),
        weights_(size_.weights),
        mel_(kMelCount),
        frame_(kMelCount) {
    std::fill_n(window_.data(), kFftSamples, 0.5F);
    edge::build_fft_table(kFftSamples, table_.data());
    edge::build_mel_bank(options_, steps_.single.triangles, groups_.data(), weights_.data());
  }

  void spectrum(std::span<const float> samples) {
    for (std::size_t t = 0; t < kFrames; ++t) {
      steps_.single.power_spectrum({kFftSamples, table_.data(), samples.data() + kTenMsSamples * t,
                                    window_.data(), work_.data(), power_.data()});
    }
  }

  void mel() {
    for (int t = 0; t < kFrames; ++t)
      steps_.single.mel_power({kMelCount, groups_.data(), weights_.data(), power_.data(), mel_.data()});
  }

  void log() {
    for (int t = 0; t < kFrames; ++t)
      steps_.log({mel_.data(), frame_.data(), kMelCount, options_.floor, true, true, 1.0F});
  }

 private:
  edge::LogMelOptions options_;
  const edge::frame::Table& steps_;
  edge::MelBankSize size_;
  AlignedFloats table_, work_, window_, power_;
  std::vector<std::int32_t> groups_;
  AlignedFloats weights_, mel_, frame_;
};

#ifdef PUPIL_HAS_KISSFFT
// The peer: bare transforms, no window, no power.
class KissFft {
 public:
  KissFft() : plan_(kiss_fftr_alloc(kFftSamples, 0, nullptr, nullptr)), spectrum_(kFftSamples / 2 + 1) {}
  KissFft(const KissFft&) = delete;
  KissFft& operator=(const KissFft&) = delete;
  ~KissFft() { kiss_fftr_free(plan_); }

  double second_us(std::span<const float> samples) {
    return microseconds([&] {
      for (std::size_t t = 0; t < kFrames; ++t) {
        kiss_fftr(plan_, samples.data() + kTenMsSamples * t, spectrum_.data());
      }
    });
  }

 private:
  kiss_fftr_cfg plan_;
  std::vector<kiss_fft_cpx> spectrum_;
};
#endif

}  // namespace

FrontendFigures measure_frontend(edge::KernelSet kernels, int rounds) {
  if (!edge::kernel_set_available(kernels)) {
    throw Error(concat("kernels '", edge::to_string(kernels), "' cannot run on this machine"));
  }
  const std::vector<float> signal = test_signal();
  const auto second = std::span(signal).first(kSecondSamples);
  WholeFrontend whole(kernels);
  Stages stages(kernels);
  std::vector<double> whole_us, ten_ms_us, spectrum_us, mel_us, log_us;
#ifdef PUPIL_HAS_KISSFFT
  KissFft peer;
  std::vector<double> peer_us;
#endif
  for (int round = 0; round < rounds; ++round) {
#ifdef PUPIL_HAS_KISSFFT
    peer_us.push_back(peer.second_us(signal));
#endif
    whole_us.push_back(microseconds([&] { whole.push(second, kSecondSamples); }));
    ten_ms_us.push_back(microseconds([&] { whole.push(second, kTenMsSamples); }));
    spectrum_us.push_back(microseconds([&] { stages.spectrum(signal); }));
    mel_us.push_back(microseconds([&] { stages.mel(); }));
    log_us.push_back(microseconds([&] { stages.log(); }));
  }
  FrontendFigures figures;
  figures.rounds = rounds;
  figures.whole_push_us = median(whole_us);
  figures.ten_ms_push_us = median(ten_ms_us);
  figures.spectrum_us = median(spectrum_us);
  figures.mel_us = median(mel_us);
  figures.log_us = median(log_us);
#ifdef PUPIL_HAS_KISSFFT
  figures.kissfft_us = median(peer_us);
  figures.whole_push_ratio = median_ratio(whole_us, peer_us);
  figures.ten_ms_push_ratio = median_ratio(ten_ms_us, peer_us);
#endif
  return figures;
}

}  // namespace pupil::bench
