// SPDX-License-Identifier: Apache-2.0
// One call of a dog by the source-filter model: a larynx (a sum of partials, its cycles as irregular as the voice is
// rough) or a stream of air, through a tube whose resonances move with the mouth.
//
// 1. The tract is a tube closed at one end: formants at odd quarters of a wave, all of them scaled by one opening. Big
//    animals sound low because the tube is long, not because the pitch is.
// 2. Formants and pitch move once a millisecond (kControlSamples); in between the filters run unchanged.
// 3. Partials stop below half of the sample rate: nothing here aliases.
// 4. Random numbers are drawn in a fixed order, so a seed is a sound. exact_math.h keeps the bytes the same everywhere.

#include "synth/vocal_tract.h"

#include <algorithm>
#include <array>

#include "synth/exact_math.h"
#include "synth/filters.h"

namespace pupil::synth {
namespace {

constexpr double kSoundCmPerS = 35000;
constexpr double kHighestFormantHz = 11000;
constexpr double kHighestPartialHz = 13000;
constexpr std::size_t kMostFormants = 16;
// Formants move this often: once a millisecond.
constexpr std::size_t kControlSamples = 32;
constexpr int kMostPartials = 80;
// A formant's bandwidth at 0 Hz, and what each Hz of its frequency adds: losses at the walls grow with frequency.
constexpr double kBandwidthHz = 70;
constexpr double kBandwidthPerHz = 0.05;
// Deviation of a cycle's length and strength: a clear voice's, and what full roughness adds.
constexpr double kClearJitter = 0.004, kRoughJitter = 0.2;
constexpr double kClearShimmer = 0.02, kRoughShimmer = 0.35;
// Air that is drawn in passes a shorter tube.
constexpr double kInhaledTract = 0.8;
// Share of a cycle in which the glottis is open, and how much air passes while it is shut.
constexpr double kOpenShare = 0.6, kShutAir = 0.4;

// A tube closed at the larynx and open at the mouth resonates at odd quarters of a wave. `opening` above 1
// shortens it (an open mouth), below 1 lengthens it (rounded lips).
class Tract {
 public:
  explicit Tract(double length_cm, double damping) : length_cm_(length_cm), damping_(damping) {}

  void shape(double opening) {
    const double first_hz = kSoundCmPerS / (4 * length_cm_) * opening;
    std::size_t count = 0;
    for (double hz = first_hz; hz < kHighestFormantHz && count < kMostFormants; hz += 2 * first_hz)
      formants_[count++].set(hz, damping_ * (kBandwidthHz + kBandwidthPerHz * hz));
    count_ = count;
  }

  double operator()(double x) {
    for (std::size_t i = 0; i < count_; ++i) x = formants_[i](x);
    return x;
  }

 private:
  double length_cm_;
  double damping_;
  std::array<Resonator, kMostFormants> formants_;
  std::size_t count_ = 0;
};

// The larynx: a sum of partials whose cycles differ as much as the voice is rough.
class Larynx {
 public:
  Larynx(double roughness, Random random) : roughness_(roughness), random_(random) {}

  double operator()(double pitch_hz) {
    phase_ += pitch_hz * cycle_length_ / kRateHz;
    if (phase_ >= 1) {
      phase_ -= 1;
      begin_cycle();
    }
    const auto partial_count =
        static_cast<int>(std::min<double>(kMostPartials, kHighestPartialHz / pitch_hz));
    // sin((k+1)x) = 2 cos(x) sin(kx) - sin((k-1)x)
    const double turn = 2 * cosine(phase_);
    double before = 0;
    double now = sine(phase_);
    double sum = 0;
    for (int k = 1; k <= partial_count; ++k) {
      sum += now / k;
      const double next = turn * now - before;
      before = now;
      now = next;
    }
    strength_ += 0.05 * (cycle_strength_ - strength_);
    return sum * strength_;
  }

  double phase() const { return phase_; }

 private:
  void begin_cycle() {
    is_odd_ = !is_odd_;
    const double jitter = kClearJitter + kRoughJitter * roughness_;
    const double shimmer = kClearShimmer + kRoughShimmer * roughness_;
    // Doubled periods: every second cycle is longer and weaker.
    const double doubling = is_odd_ ? 0.25 * roughness_ : 0.0;
    cycle_length_ = std::clamp(1 + jitter * random_.normal() - 0.3 * doubling, 0.6, 1.6);
    cycle_strength_ = std::max(0.1, 1 + shimmer * random_.normal() - doubling);
  }

  double roughness_;
  Random random_;
  double phase_ = 0;
  double cycle_length_ = 1;
  double cycle_strength_ = 1;
  double strength_ = 1;
  bool is_odd_ = false;
};

// How a kind swells and fades, and what the mouth does, along one call.
struct Gesture {
  double attack_s, release_s;
  double sag;                        // share of the level that is lost along the call
  double opening_low, opening_high;  // of the mouth: Tract::shape()
  double flutter_hz, flutter;        // of the level
  double vibrato_hz, vibrato_octaves;
  double damping;    // of the formants; 1: a soft throat's
  double radiation;  // how much treble the mouth gains over bass, 0 to 1
};

// A value to draw; one with equal ends is no draw.
struct Span {
  double low, high;
  double draw(Random& random) const { return low == high ? low : random.uniform(low, high); }
};
constexpr Span just(double value) {
  return {value, value};
}

struct GestureSpans {
  Span attack_s, release_s;
  double sag;
  Span opening_low, opening_high;
  Span flutter_hz, flutter;
  Span vibrato_hz, vibrato_octaves;
  Span damping;
  double radiation;
};

// clang-format off
constexpr GestureSpans kBark = {
    .attack_s = {0.012, 0.04}, .release_s = {0.03, 0.1}, .sag = 0.4,
    .opening_low = {0.5, 0.75}, .opening_high = {1.05, 1.6},
    .flutter_hz = just(0), .flutter = just(0), .vibrato_hz = just(0), .vibrato_octaves = just(0),
    .damping = {1.3, 2.6}, .radiation = 0.55};
constexpr GestureSpans kGrowl = {
    .attack_s = {0.05, 0.2}, .release_s = {0.1, 0.3}, .sag = 0.15,
    .opening_low = {0.6, 0.8}, .opening_high = {0.85, 1.1},
    .flutter_hz = {35, 62}, .flutter = {0.3, 0.9}, .vibrato_hz = just(3), .vibrato_octaves = just(0.03),
    .damping = {0.7, 2}, .radiation = 0.7};
constexpr GestureSpans kHowl = {
    .attack_s = {0.06, 0.25}, .release_s = {0.25, 0.5}, .sag = 0.15,
    .opening_low = {0.5, 0.65}, .opening_high = {0.65, 0.9},
    .flutter_hz = {3, 7}, .flutter = {0, 0.12}, .vibrato_hz = {3, 7}, .vibrato_octaves = {0.002, 0.02},
    .damping = {0.7, 1.3}, .radiation = 0.85};
constexpr GestureSpans kWhine = {
    .attack_s = {0.03, 0.12}, .release_s = {0.05, 0.25}, .sag = 0.2,
    .opening_low = {0.65, 0.9}, .opening_high = {0.9, 1.0},
    .flutter_hz = just(0), .flutter = just(0), .vibrato_hz = {6, 13}, .vibrato_octaves = {0.01, 0.05},
    .damping = {0.7, 1.6}, .radiation = 0.85};
constexpr GestureSpans kYelp = {
    .attack_s = {0.004, 0.02}, .release_s = {0.04, 0.1}, .sag = 0.4,
    .opening_low = {0.65, 0.85}, .opening_high = {0.9, 1.3},
    .flutter_hz = just(0), .flutter = just(0), .vibrato_hz = just(0), .vibrato_octaves = just(0),
    .damping = {0.8, 1.8}, .radiation = 0.75};
constexpr GestureSpans kPant = {
    .attack_s = {0.04, 0.065}, .release_s = {0.05, 0.09}, .sag = 0.15,
    .opening_low = {0.9, 1.2}, .opening_high = {1.2, 1.4},
    .flutter_hz = just(0), .flutter = just(0), .vibrato_hz = just(0), .vibrato_octaves = just(0),
    .damping = {2, 3.2}, .radiation = 0.75};
// clang-format on

const GestureSpans& spans_of(SoundKind kind) {
  switch (kind) {
    case SoundKind::bark: return kBark;
    case SoundKind::growl: return kGrowl;
    case SoundKind::howl: return kHowl;
    case SoundKind::whine: return kWhine;
    case SoundKind::yelp: return kYelp;
    default: return kPant;
  }
}

// Drawn in the order of the fields: another order is another sound from the same seed.
Gesture draw_gesture(SoundKind kind, Random& random) {
  const GestureSpans& spans = spans_of(kind);
  Gesture gesture{};
  gesture.attack_s = spans.attack_s.draw(random);
  gesture.release_s = spans.release_s.draw(random);
  gesture.sag = spans.sag;
  gesture.opening_low = spans.opening_low.draw(random);
  gesture.opening_high = spans.opening_high.draw(random);
  gesture.flutter_hz = spans.flutter_hz.draw(random);
  gesture.flutter = spans.flutter.draw(random);
  gesture.vibrato_hz = spans.vibrato_hz.draw(random);
  gesture.vibrato_octaves = spans.vibrato_octaves.draw(random);
  gesture.damping = spans.damping.draw(random);
  gesture.radiation = spans.radiation;
  return gesture;
}

double along(const std::array<double, 5>& points, double share) {
  const double place = std::clamp(share, 0.0, 1.0) * 4;
  const auto i = std::min<std::size_t>(3, static_cast<std::size_t>(place));
  return points[i] + (points[i + 1] - points[i]) * smooth_step(0, 1, place - static_cast<double>(i));
}

}  // namespace

void make_call(const VoiceSpec& spec, const Call& call, std::size_t number, Random random,
               std::span<float> out) {
  const Gesture gesture = draw_gesture(spec.kind, random);
  const bool is_pant = spec.kind == SoundKind::pant;
  Larynx larynx(spec.roughness, random.fork("larynx"));
  // Air that is drawn in sounds shorter and higher.
  Tract tract(is_pant && number % 2 == 1 ? kInhaledTract * spec.tract_cm : spec.tract_cm, gesture.damping);
  LowPass throat(spec.brightness_hz);
  LowPass closed(spec.brightness_hz);
  Wander slow(6, random);
  const double length_s = static_cast<double>(out.size()) / kRateHz;
  double pitch_hz = call.pitch_hz;
  double last = 0;
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    const double share = t / length_s;
    if (n % kControlSamples == 0) {
      const double wide = sine(0.5 * std::min(1.0, 1.25 * share + 0.1));
      tract.shape(gesture.opening_low + (gesture.opening_high - gesture.opening_low) * std::max(0.0, wide));
      pitch_hz = call.pitch_hz * power_of_two(along(call.contour_octaves, share) +
                                              gesture.vibrato_octaves * sine(gesture.vibrato_hz * t));
    }
    const double level = smooth_step(0, gesture.attack_s, t) *
                         smooth_step(0, gesture.release_s, length_s - t) * (1 - gesture.sag * share) *
                         (1 + gesture.flutter * sine(gesture.flutter_hz * t)) * (1 + 0.15 * slow(random));
    const double tone = is_pant ? 0 : larynx(pitch_hz);
    // Air rushes while the glottis is open.
    const double gate = is_pant ? 1 : (larynx.phase() < kOpenShare ? 1 : kShutAir);
    const double air = random.noise() * gate * (is_pant ? 1.0 : 2.0);
    const double source = level * ((1 - spec.breath) * tone + spec.breath * air);
    const double mouth = closed(throat(tract(source)));
    out[n] = static_cast<float>(mouth - gesture.radiation * last);
    last = mouth;
  }
}

}  // namespace pupil::synth
