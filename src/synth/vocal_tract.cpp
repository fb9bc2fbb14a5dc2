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

// A tube closed at the larynx and open at the mouth resonates at odd quarters of a wave. `opening` above 1
// shortens it (an open mouth), below 1 lengthens it (rounded lips).
class Tract {
 public:
  explicit Tract(double length_cm, double damping) : length_cm_(length_cm), damping_(damping) {}

  void shape(double opening) {
    const double first_hz = kSoundCmPerS / (4 * length_cm_) * opening;
    std::size_t count = 0;
    for (double hz = first_hz; hz < kHighestFormantHz && count < kMostFormants; hz += 2 * first_hz)
      formants_[count++].set(hz, damping_ * (70 + 0.05 * hz));
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
    const auto partial_count = static_cast<int>(std::min(80.0, kHighestPartialHz / pitch_hz));
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
    const double jitter = 0.004 + 0.2 * roughness_;
    const double shimmer = 0.02 + 0.35 * roughness_;
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

// How a kind swells and dies, and what the mouth does, along a call.
struct Gesture {
  double attack_s, release_s;
  double sag;  // share of the level that is lost along the call
  double opening_low, opening_high;
  double flutter_hz, flutter;  // of the level
  double vibrato_hz, vibrato_octaves;
  double damping;
  double radiation;  // how much treble the mouth gains over bass, 0 to 1
};

Gesture gesture_of(SoundKind kind, Random& random) {
  switch (kind) {
    case SoundKind::bark:
      return {random.uniform(0.012, 0.04),
              random.uniform(0.03, 0.1),
              0.4,
              random.uniform(0.5, 0.75),
              random.uniform(1.05, 1.6),
              0,
              0,
              0,
              0,
              random.uniform(1.3, 2.6),
              0.55};
    case SoundKind::growl:
      return {random.uniform(0.05, 0.2),
              random.uniform(0.1, 0.3),
              0.15,
              random.uniform(0.6, 0.8),
              random.uniform(0.85, 1.1),
              random.uniform(35, 62),
              random.uniform(0.3, 0.9),
              3,
              0.03,
              random.uniform(0.7, 2),
              0.7};
    case SoundKind::howl:
      return {random.uniform(0.06, 0.25),
              random.uniform(0.25, 0.5),
              0.15,
              random.uniform(0.5, 0.65),
              random.uniform(0.65, 0.9),
              random.uniform(3, 7),
              random.uniform(0, 0.12),
              random.uniform(3, 7),
              random.uniform(0.002, 0.02),
              random.uniform(0.7, 1.3),
              0.85};
    case SoundKind::whine:
      return {random.uniform(0.03, 0.12),
              random.uniform(0.05, 0.25),
              0.2,
              random.uniform(0.65, 0.9),
              random.uniform(0.9, 1.0),
              0,
              0,
              random.uniform(6, 13),
              random.uniform(0.01, 0.05),
              random.uniform(0.7, 1.6),
              0.85};
    case SoundKind::yelp:
      return {random.uniform(0.004, 0.02),
              random.uniform(0.04, 0.1),
              0.4,
              random.uniform(0.65, 0.85),
              random.uniform(0.9, 1.3),
              0,
              0,
              0,
              0,
              random.uniform(0.8, 1.8),
              0.75};
    default:
      return {random.uniform(0.04, 0.065),
              random.uniform(0.05, 0.09),
              0.15,
              random.uniform(0.9, 1.2),
              random.uniform(1.2, 1.4),
              0,
              0,
              0,
              0,
              random.uniform(2, 3.2),
              0.75};
  }
}

double along(const std::array<double, 5>& points, double share) {
  const double place = std::clamp(share, 0.0, 1.0) * 4;
  const auto i = std::min<std::size_t>(3, static_cast<std::size_t>(place));
  return points[i] + (points[i + 1] - points[i]) * smooth_step(0, 1, place - static_cast<double>(i));
}

}  // namespace

void make_call(const VoiceSpec& spec, const Call& call, std::size_t number, Random random,
               std::span<float> out) {
  const Gesture gesture = gesture_of(spec.kind, random);
  const bool is_pant = spec.kind == SoundKind::pant;
  Larynx larynx(spec.roughness, random.fork("larynx"));
  // Air that is drawn in sounds shorter and higher.
  Tract tract(is_pant && number % 2 == 1 ? 0.8 * spec.tract_cm : spec.tract_cm, gesture.damping);
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
    const double gate = is_pant ? 1 : 0.4 + 0.6 * (larynx.phase() < 0.6 ? 1 : 0);
    const double air = random.noise() * gate * (is_pant ? 1.0 : 2.0);
    const double source = level * ((1 - spec.breath) * tone + spec.breath * air);
    const double mouth = closed(throat(tract(source)));
    out[n] = static_cast<float>(mouth - gesture.radiation * last);
    last = mouth;
  }
}

}  // namespace pupil::synth
