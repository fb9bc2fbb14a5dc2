// SPDX-License-Identifier: Apache-2.0
// Draws utterances; larynx and tract are in vocal_tract.cpp.
//
// 1. What distinguishes the kinds is in habit_of() and draw_contour(), for a dog with a tract of 15 cm; the
//    animal scales it.
// 2. An utterance's length follows from its calls: scenes are planned without making a sample.
// 3. A call is brought to its own level before the whole gets its peak, since a tract's resonances make some
//    calls louder.

#include "synth/voice.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "synth/exact_math.h"
#include "synth/random.h"
#include "synth/vocal_tract.h"

namespace pupil::synth {
namespace {

// How a kind is uttered. Pitches are those of a dog with a tract of 15 cm.
struct Habit {
  double pitch_low_hz, pitch_high_hz;
  double call_low_s, call_high_s;
  double gap_low_s, gap_high_s;
  std::int64_t most_calls;
  double roughness_low, roughness_high;
  double breath_low, breath_high;
  double brightness_low_hz, brightness_high_hz;
  // Of pitch, with the tract: (15 / tract)^steepness.
  double steepness;
};

Habit habit_of(SoundKind kind) {
  switch (kind) {
    case SoundKind::bark:
      return {470, 820, 0.16, 0.27, 0.25, 0.75, 6, 0.20, 0.65, 0.04, 0.30, 3000, 9500, 0.5};
    case SoundKind::growl: return {40, 150, 1.0, 2.0, 0.20, 0.55, 3, 0.2, 0.9, 0.05, 0.40, 800, 5500, 0.6};
    case SoundKind::howl: return {400, 720, 1.8, 3.8, 0.35, 0.8, 2, 0.05, 0.35, 0.04, 0.12, 900, 2800, 0.5};
    case SoundKind::whine: return {550, 1200, 0.2, 0.8, 0.10, 0.35, 5, 0.0, 0.3, 0.02, 0.12, 1000, 3500, 0.5};
    case SoundKind::yelp:
      return {650, 1250, 0.16, 0.36, 0.12, 0.45, 5, 0.05, 0.4, 0.03, 0.2, 2500, 7000, 0.5};
    case SoundKind::pant: return {100, 100, 0.17, 0.26, 0.0, 0.03, 40, 0, 0, 1, 1, 2500, 11000, 0};
    default: throw Error(concat("'", kind_name(kind), "' is no voice"));
  }
}

// Octaves around the middle pitch at five places along a call.
std::array<double, 5> draw_contour(SoundKind kind, Random& random) {
  switch (kind) {
    case SoundKind::bark: {
      const double rise = random.uniform(0.6, 1.3);
      const double fall = random.uniform(0.05, 0.8);
      return {-rise, random.uniform(-0.15, 0.05), 0.05, -0.4 * fall, -fall};
    }
    case SoundKind::growl: {
      const double drift = random.uniform(-0.25, 0.25);
      return {-0.15 - drift, -0.05, random.uniform(-0.1, 0.1), 0.05, drift};
    }
    case SoundKind::howl: {
      const double rise = random.uniform(0.5, 1.1);
      const double step = random.chance(0.4) ? random.uniform(-0.35, 0.1) : 0.0;
      return {-rise, random.uniform(-0.08, 0.05), 0, step, step - random.uniform(0.25, 0.8)};
    }
    case SoundKind::whine: {
      // Most fall from high up; some arch.
      const double start = random.chance(0.7) ? random.uniform(0.3, 1.2) : random.uniform(-0.6, 0.1);
      const double fall = random.uniform(0.1, 0.9);
      return {start, 0.4 * start, 0, -0.35 * fall, -fall};
    }
    default: {
      const double fall = random.uniform(0.5, 1.3);
      return {random.uniform(-0.5, 0.1), 0.1, 0, -0.4 * fall, -fall};
    }
  }
}

void draw_calls(VoiceSpec& spec, const Habit& habit, double pitch_hz, double max_duration_s, Random random) {
  // A pant goes on for as long as there is time, other voices say as much as they like.
  const bool is_pant = spec.kind == SoundKind::pant;
  const std::int64_t call_count =
      is_pant ? habit.most_calls : 1 + random.below(random.chance(0.3) ? 2 : habit.most_calls);
  const double duration_s = random.uniform(habit.call_low_s, habit.call_high_s);
  const double gap_s = random.uniform(habit.gap_low_s, habit.gap_high_s);
  // A dog repeats itself, never exactly.
  const std::array<double, 5> contour = draw_contour(spec.kind, random);
  double at_s = 0;
  for (std::int64_t i = 0; i < call_count; ++i) {
    Call call;
    call.onset_s = at_s;
    call.duration_s = std::min(duration_s * random.uniform(0.85, 1.15), max_duration_s);
    call.pitch_hz = pitch_hz * power_of_two(random.uniform(-0.08, 0.08));
    for (std::size_t k = 0; k < contour.size(); ++k) {
      const double stretch = random.uniform(0.8, 1.2);
      call.contour_octaves[k] = contour[k] * stretch + random.uniform(-0.03, 0.03);
    }
    call.level = random.uniform(0.65, 1);
    // Out is louder than in.
    if (is_pant && i % 2 == 1) call.level *= 0.55;
    if (call.onset_s + call.duration_s > max_duration_s + 1e-9) return;
    spec.calls.push_back(call);
    at_s += call.duration_s + gap_s * random.uniform(0.7, 1.3);
  }
}

}  // namespace

Animal draw_animal(std::uint64_t seed) {
  Random random = Random(seed).fork("animal");
  Animal animal;
  animal.is_puppy = random.chance(0.2);
  animal.tract_cm = animal.is_puppy ? random.uniform(7, 11) : random.uniform(10, 24);
  animal.pitch_factor = power_of_two(random.uniform(-0.35, 0.35));
  animal.hoarseness = random.uniform();
  return animal;
}

VoiceSpec draw_voice(SoundKind kind, const Animal& animal, double max_duration_s, std::uint64_t seed) {
  const Habit habit = habit_of(kind);
  if (!(max_duration_s >= 0.3)) throw Error(concat("a voice needs 0.3 s, not ", max_duration_s));
  Random random = Random(seed).fork("voice", static_cast<std::uint64_t>(kind));
  VoiceSpec spec;
  spec.kind = kind;
  spec.tract_cm = animal.tract_cm;
  const double hoarse = 0.5 * (animal.hoarseness + random.uniform());
  spec.roughness = habit.roughness_low + (habit.roughness_high - habit.roughness_low) * hoarse;
  spec.breath = random.uniform(habit.breath_low, habit.breath_high);
  spec.brightness_hz = random.uniform(habit.brightness_low_hz, habit.brightness_high_hz);
  const double size = 15 / animal.tract_cm;
  const double with_size = 1 + habit.steepness * (size - 1);
  const double pitch_hz =
      random.uniform(habit.pitch_low_hz, habit.pitch_high_hz) * with_size * animal.pitch_factor;
  draw_calls(spec, habit, pitch_hz, max_duration_s, random.fork("calls"));
  return spec;
}

Samples make_vocalisation(const VoiceSpec& spec, std::uint64_t seed) {
  habit_of(spec.kind);  // Error when it is no voice
  if (spec.calls.empty()) throw Error("a voice without calls");
  Random random = Random(seed).fork("vocalisation");
  Samples samples(static_cast<std::size_t>(sample_count(spec.duration_s())));
  for (std::size_t i = 0; i < spec.calls.size(); ++i) {
    const Call& call = spec.calls[i];
    const auto begin = static_cast<std::size_t>(sample_count(call.onset_s));
    const auto count =
        std::min(static_cast<std::size_t>(sample_count(call.duration_s)), samples.size() - begin);
    const auto out = std::span(samples).subspan(begin, count);
    make_call(spec, call, i, random.fork("call", i), out);
    set_peak(out, call.level);
  }
  set_peak(samples, 1);
  return samples;
}

Samples make_vocalisation(SoundKind kind, double max_duration_s, std::uint64_t seed) {
  return make_vocalisation(draw_voice(kind, draw_animal(seed), max_duration_s, seed), seed);
}

}  // namespace pupil::synth
