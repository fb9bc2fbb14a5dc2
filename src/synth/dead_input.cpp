// SPDX-License-Identifier: Apache-2.0
#include "synth/dead_input.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "synth/exact_math.h"
#include "synth/filters.h"
#include "synth/random.h"

namespace pupil::synth {
namespace {

enum Kind : std::size_t {
  kSilence,
  kOffset,
  kHum50,
  kHum60,
  kLastBit,
  kWhite,
  kPink,
  kBrown,
  kRumble,
  kClicks,
  kTone
};

constexpr std::array<std::string_view, 11> kNames = {
    "digital silence", "an offset",  "mains hum, 50 Hz", "mains hum, 60 Hz", "the last bit alone",
    "white noise",     "pink noise", "brown noise",      "rumble",           "clicks of a loose plug",
    "a steady whistle"};

// Of a second: as far apart as possible from one to the next.
constexpr std::array<double, 8> kLevelsDb = {-50, -80, -30, -65, -20, -90, -40, -55};

// Noise is a microphone's own only where it is faint: louder, it may be rain. -25 dB.
constexpr double kOwnNoise = 0.056;

/// One kind's samples at full level, one after the other.
class Source {
 public:
  explicit Source(Kind kind) : kind_(kind), random_(Random(20).fork("dead input", kind)) {}

  double next() {
    const double t = static_cast<double>(position_++) / kRateHz;
    const double white = random_.noise();
    switch (kind_) {
      case kSilence: return 0;
      case kOffset: return 1;
      case kHum50: return hum(50, t);
      case kHum60: return hum(60, t);
      case kWhite: return kOwnNoise * white;
      case kPink: return kOwnNoise * 3 * pink(white);
      case kBrown: return kOwnNoise * 20 * low_(white);
      case kRumble: return 6 * rumble_(white);
      case kClicks: return random_.chance(4.0 / kRateHz) ? (white < 0 ? -1 : 1) : 0;
      case kTone: return sine(1970 * t);
      case kLastBit: break;
    }
    return random_.chance(0.02) ? white : 0;
  }

 private:
  double pink(double white) {
    const double low = low_(white);
    return low + middle_(white) + 0.2 * white;
  }
  static double hum(double mains_hz, double t) {
    return 0.6 * sine(mains_hz * t) + 0.3 * sine(3 * mains_hz * t) + 0.1 * sine(5 * mains_hz * t);
  }

  Kind kind_;
  Random random_;
  std::int64_t position_ = 0;
  LowPass low_{60}, middle_{900};
  Biquad rumble_ = Biquad::band_pass(45, 2);
};

}  // namespace

std::span<const std::string_view> dead_input_names() {
  return kNames;
}

Samples make_dead_input(std::size_t index, double duration_s) {
  if (!(duration_s >= 0.1 && duration_s <= 3600))
    throw Error(concat("dead input: ", duration_s, " s, 0.1 s to an hour are possible"));
  Source source(static_cast<Kind>(index));
  Samples samples(static_cast<std::size_t>(sample_count(duration_s)));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double level = gain_of(kLevelsDb[i / kRateHz % kLevelsDb.size()]);
    const double wanted = index == kLastBit ? 1.0 / 32768 : level;
    samples[i] = static_cast<float>(wanted * source.next());
  }
  return samples;
}

}  // namespace pupil::synth
