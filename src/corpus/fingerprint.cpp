// SPDX-License-Identifier: Apache-2.0
// Words are made frame by frame. Which frames tell anything depends on the clip's loudest one: finish()
// decides.
//
// 1. words, weak_bits, levels and fluxes have one entry per frame. The first kLagFrames have nothing before
//    them to compare with, and tell nothing.
// 2. A word of 0 means that the frame tells nothing: a telling frame whose bits are all 0 becomes 1.
// 3. recent is a ring: the entry that a frame replaces is the one kLagFrames before it, which it was compared
//    with.

#include "corpus/fingerprint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "audio/resampler.h"
#include "base/error.h"
#include "pupil/edge/log_mel.h"

namespace pupil::corpus {
namespace {

constexpr std::int32_t kPrintRateHz = 8000;
constexpr int kBandCount = 33;
constexpr int kBitCount = kBandCount - 1;
constexpr std::size_t kLagFrames = 4;  // 64 ms
// Frames this far below the clip's loudest, or below the absolute level, are codec noise.
constexpr float kQuietBelowLoudest = 50.0F * 0.2302585F;  // dB to natural log of power
constexpr float kQuietLogPower = -13.0F;
// A landmark is the strongest change within this many frames on both sides: about five a second.
constexpr std::int64_t kLandmarkRadius = 4;
// Of each half of a word the bits with the smallest differences behind them.
constexpr int kWeakBitsPerHalf = 3;

edge::LogMelOptions mel_options() {
  edge::LogMelOptions options;
  options.sample_rate_hz = kPrintRateHz;
  options.window_samples = 1024;
  options.fft_samples = 1024;
  options.hop_samples = 128;
  options.mel_count = kBandCount;
  options.low_hz = 120.0F;
  options.high_hz = 3800.0F;
  options.floor_kind = edge::FloorKind::clamp;
  options.floor = 1e-7F;
  return options;
}

using Bands = std::array<float, kBandCount>;
using Changes = std::array<float, kBitCount>;

// The bits of [begin, end) with the smallest changes behind them.
std::uint32_t weakest_bits(const Changes& changes, int begin, int end) {
  std::array<int, kBitCount> order{};
  std::iota(order.begin() + begin, order.begin() + end, begin);
  std::partial_sort(order.begin() + begin, order.begin() + begin + kWeakBitsPerHalf, order.begin() + end,
                    [&](int a, int b) { return std::abs(changes[a]) < std::abs(changes[b]); });
  std::uint32_t bits = 0;
  for (int i = begin; i < begin + kWeakBitsPerHalf; ++i) bits |= 1u << order[i];
  return bits;
}

}  // namespace

struct FingerprintMeter::State {
  explicit State(std::int32_t sample_rate_hz) : resampler(sample_rate_hz, kPrintRateHz) {
    const auto options = mel_options();
    memory.resize(edge::LogMel::state_bytes(options));
    if (log_mel.init(options, memory) != edge::Status::ok) throw Error("fingerprint: bad front end options");
  }

  void take_samples() {
    frames.resize(static_cast<std::size_t>(log_mel.push_frame_count(std::ssize(resampled)) * kBandCount));
    std::int32_t count = 0;
    if (log_mel.push(resampled, frames, &count) != edge::Status::ok)
      throw Error("fingerprint: front end failed");
    resampled.clear();
    for (std::int32_t t = 0; t < count; ++t) {
      Bands bands;
      std::copy_n(frames.begin() + t * kBandCount, kBandCount, bands.begin());
      take_frame(bands);
    }
  }

  void take_frame(const Bands& bands) {
    const std::size_t index = words.size();
    Bands& oldest = recent[index % kLagFrames];
    Changes changes{};
    std::uint32_t word = 0;
    float flux = 0;
    if (index >= kLagFrames) {
      for (int m = 0; m < kBitCount; ++m) {
        changes[m] = (bands[m] - bands[m + 1]) - (oldest[m] - oldest[m + 1]);
        word |= static_cast<std::uint32_t>(changes[m] > 0) << m;
        flux += std::abs(changes[m]);
      }
    }
    oldest = bands;
    words.push_back(word);
    weak_bits.push_back(weakest_bits(changes, 0, kBitCount / 2) |
                        weakest_bits(changes, kBitCount / 2, kBitCount));
    levels.push_back(*std::max_element(bands.begin(), bands.end()));
    fluxes.push_back(flux);
  }

  // Frames near the clip's loudest one tell something; the others are the codec's noise.
  void blank_quiet_frames() {
    const float top = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
    const float quiet = std::max(top - kQuietBelowLoudest, kQuietLogPower);
    for (std::size_t t = 0; t < words.size(); ++t) {
      const bool telling = t >= kLagFrames && levels[t] > quiet;
      words[t] = telling ? std::max(words[t], 1u) : 0;
    }
  }

  std::vector<std::uint32_t> find_landmarks() const {
    std::vector<std::uint32_t> landmarks;
    const std::int64_t count = std::ssize(words);
    for (std::int64_t t = 0; t < count; ++t) {
      if (words[static_cast<std::size_t>(t)] == 0) continue;
      const auto begin = fluxes.begin() + std::max<std::int64_t>(0, t - kLandmarkRadius);
      const auto end = fluxes.begin() + std::min(count, t + kLandmarkRadius + 1);
      if (std::max_element(begin, end) - fluxes.begin() == t)
        landmarks.push_back(static_cast<std::uint32_t>(t));
    }
    return landmarks;
  }

  audio::Resampler resampler;
  std::vector<std::byte> memory;
  edge::LogMel log_mel;
  std::vector<float> resampled;
  std::vector<float> frames;
  std::array<Bands, kLagFrames> recent{};
  std::vector<std::uint32_t> words;
  std::vector<std::uint32_t> weak_bits;
  std::vector<float> levels;
  std::vector<float> fluxes;
};

FingerprintMeter::FingerprintMeter(std::int32_t sample_rate_hz)
    : state_(std::make_unique<State>(sample_rate_hz)) {}
FingerprintMeter::~FingerprintMeter() = default;

void FingerprintMeter::push(std::span<const float> samples) {
  state_->resampler.push(samples, state_->resampled);
  state_->take_samples();
}

Fingerprint FingerprintMeter::finish() {
  State& state = *state_;
  state.resampler.finish(state.resampled);
  state.take_samples();
  state.blank_quiet_frames();
  auto landmarks = state.find_landmarks();
  return {std::move(state.words), std::move(state.weak_bits), std::move(landmarks)};
}

std::int64_t Fingerprint::telling_count() const {
  return std::count_if(words.begin(), words.end(), [](std::uint32_t word) { return word != 0; });
}

Fingerprint fingerprint(std::span<const float> samples, std::int32_t sample_rate_hz) {
  FingerprintMeter meter(sample_rate_hz);
  meter.push(samples);
  return meter.finish();
}

FingerprintMatch compare_at(const Fingerprint& a, const Fingerprint& b, std::int64_t offset_frames) {
  const auto begin = std::max<std::int64_t>(0, -offset_frames);
  const auto end = std::min<std::int64_t>(std::ssize(b.words), std::ssize(a.words) - offset_frames);
  std::int64_t common = 0;
  std::int64_t different = 0;
  for (std::int64_t t = begin; t < end; ++t) {
    const std::uint32_t left = a.words[static_cast<std::size_t>(t + offset_frames)];
    const std::uint32_t right = b.words[static_cast<std::size_t>(t)];
    if (left == 0 || right == 0) continue;
    ++common;
    different += std::popcount(left ^ right);
  }
  const double share =
      common > 0 ? 1.0 - static_cast<double>(different) / static_cast<double>(common * kBitCount) : 0.0;
  return {share, offset_frames, common};
}

FingerprintMatch compare(const Fingerprint& a, const Fingerprint& b, std::int64_t min_common_frames) {
  FingerprintMatch best;
  for (std::int64_t offset = -std::ssize(b.words) + 1; offset < std::ssize(a.words); ++offset) {
    const FingerprintMatch match = compare_at(a, b, offset);
    if (match.common_frames >= min_common_frames && match.similarity > best.similarity) best = match;
  }
  return best;
}

}  // namespace pupil::corpus
