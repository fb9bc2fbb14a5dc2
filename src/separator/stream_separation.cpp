// SPDX-License-Identifier: Apache-2.0
#include "separator/stream_separation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace pupil::separator {
namespace {

constexpr double kSilenceDb = -200;
constexpr std::size_t kReadSamples = kSampleRateHz;
constexpr std::int64_t kBlockSamples = kSampleRateHz / 10;

constexpr double kSilentRatio = 1e-4;
constexpr double kSilentDb = -70;
constexpr double kDestroyedRatio = 4;

double power_db(double power) {
  return power > 1e-20 ? 10 * std::log10(power) : kSilenceDb;
}

class Meter {
 public:
  void add(float mixture, float wanted) {
    const double removed = static_cast<double>(mixture) - wanted;
    measure_.mixture_energy += static_cast<double>(mixture) * mixture;
    measure_.wanted_energy += static_cast<double>(wanted) * wanted;
    measure_.residual_energy += removed * removed;
    measure_.peak = std::max(measure_.peak, std::abs(wanted));
    block_energy_ += static_cast<double>(wanted) * wanted;
    if (++measure_.sample_count % kBlockSamples == 0) end_block(kBlockSamples);
  }

  SeparationMeasure finish() {
    const std::int64_t rest = measure_.sample_count % kBlockSamples;
    // The last, shorter block counts alone only where there is no other.
    if (rest == measure_.sample_count && rest > 0) end_block(rest);
    return measure_;
  }

 private:
  void end_block(std::int64_t sample_count) {
    measure_.loudest_db =
        std::max(measure_.loudest_db, power_db(block_energy_ / static_cast<double>(sample_count)));
    block_energy_ = 0;
  }

  SeparationMeasure measure_;
  double block_energy_ = 0;
};

}  // namespace

double SeparationMeasure::energy_ratio() const {
  return mixture_energy > 0 ? wanted_energy / mixture_energy : 0;
}

double SeparationMeasure::removed_db() const {
  return mixture_energy > 0 ? power_db(residual_energy / mixture_energy) : kSilenceDb;
}

OutputState judge(const SeparationMeasure& measure) {
  if (measure.energy_ratio() > kDestroyedRatio) return OutputState::destroyed;
  const bool silent = measure.energy_ratio() < kSilentRatio || measure.loudest_db < kSilentDb;
  return silent ? OutputState::silent : OutputState::good;
}

SeparationMeasure separate_stream(audio::Decoder& decoder, const Separator& separator, const Query& query,
                                  const StreamOptions& options, const PairSink& sink) {
  if (decoder.sample_rate_hz() != kSampleRateHz) throw Error("the separator takes audio at 32000 Hz");
  const auto mix = static_cast<float>(options.mix);
  std::vector<float> pending;  // of the recording, not yet answered by the separator
  std::vector<float> blended;
  Meter meter;
  const SampleSink answer = [&](std::span<const float> wanted) {
    const std::span<const float> mixture = std::span(pending).first(wanted.size());
    blended.assign(wanted.begin(), wanted.end());
    for (std::size_t i = 0; i < blended.size(); ++i) {
      if (mix > 0) blended[i] += mix * (mixture[i] - blended[i]);
      meter.add(mixture[i], blended[i]);
    }
    sink(mixture, blended);
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(wanted.size()));
  };

  WindowedSeparation separation(separator, query, options.plan);
  std::vector<float> samples(kReadSamples);
  while (const std::size_t count = decoder.read(samples)) {
    const std::span<const float> read = std::span(samples).first(count);
    pending.insert(pending.end(), read.begin(), read.end());
    separation.push(read, answer);
  }
  separation.finish(answer);
  return meter.finish();
}

}  // namespace pupil::separator
