// SPDX-License-Identifier: Apache-2.0
// A scene is planned first (when, what, how loud, in which words) and made from its plan. What the plan draws
// does not depend on samples, so that a folder of scenes can be described without making them again.
//
// 1. Every part draws from a fork of the scene's generator, named by what it is and its number: an
//    additional draw in one part does not move the others.
// 2. The bed is made whole before any event: an event's gain comes from what is there while it lasts.
// 3. The foreground gets the scene's gain but not its overload, so samples less foreground is the background
//    wherever nothing was cut off.

#include "synth/scene.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "synth/background.h"
#include "synth/captions.h"
#include "synth/exact_math.h"
#include "synth/random.h"

namespace pupil::synth {
namespace {

constexpr double kLongestEventS = 4;
constexpr double kLongestVoiceS = 8;
constexpr double kFadeS = 2;
// Between events, and from the first and last to the scene's ends.
constexpr double kLeastGapS = 0.05;
// A bed that pauses during an event (a door is not knocked on all the time) counts as at least so far below
// its mean over the scene.
constexpr double kPauseDb = -20;
// Before the scene gets its loudness; the microphone's noise is measured against it.
constexpr double kBedDbfs = -32;

struct PlannedEvent {
  SceneEvent event;
  VoiceSpec voice;  // of voices
  std::uint64_t seed = 0;
  double loudness_dbfs = 0;  // of clean scenes, where no SNR sets it
};

struct Plan {
  Scene scene;
  std::vector<PlannedEvent> events;
  double peak_dbfs = -3;  // of the scene
};

void check(const SceneSpec& spec) {
  if (!(spec.duration_s >= 0.5 && spec.duration_s <= 3600))
    throw Error(concat("a scene of ", spec.duration_s, " s; 0.5 to 3600 are made"));
  if (!(spec.snr_low_db >= -60 && spec.snr_high_db <= 90 && spec.snr_low_db <= spec.snr_high_db))
    throw Error(concat("SNR from ", spec.snr_low_db, " to ", spec.snr_high_db,
                       " dB: the first may not be above the second, both lie within -60 to 90"));
  if (spec.clean && !spec.bed.empty() && !spec.events.empty())
    throw Error("a clean scene has events or a bed, not both");
  if (!(spec.bed_change_s == 0 || spec.bed_change_s >= 2 * kFadeS))
    throw Error(concat("beds that change every ", spec.bed_change_s, " s; ", 2 * kFadeS, " is the least"));
}

PlannedEvent draw_event(SoundKind kind, double room_s, const Animal& animal, const SceneSpec& spec,
                        Random random) {
  PlannedEvent planned;
  planned.seed = random.bits();
  planned.event.kind = kind;
  planned.loudness_dbfs = random.uniform(-30, -14);
  if (!spec.clean) planned.event.snr_db = random.uniform(spec.snr_low_db, spec.snr_high_db);
  if (is_voice(kind)) {
    planned.voice = draw_voice(kind, animal, std::min(room_s, kLongestVoiceS), planned.seed);
    planned.event.offset_s = planned.voice.duration_s();
  } else {
    planned.event.offset_s = std::min(random.uniform(1.5, kLongestEventS), room_s);
  }
  return planned;
}

// The events share the time that they leave over: random gaps before, between and behind them.
void place_events(std::vector<PlannedEvent>& events, double duration_s, Random random) {
  double used_s = 0;
  for (const PlannedEvent& one : events) used_s += one.event.offset_s;
  std::vector<double> shares(events.size() + 1);
  double sum = 0;
  for (double& share : shares) sum += share = random.uniform(0.02, 1);
  const double gaps_s = duration_s - used_s - kLeastGapS * static_cast<double>(shares.size());
  double at_s = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    at_s += kLeastGapS + gaps_s * shares[i] / sum;
    // Times are whole samples, so that what is written in a table is where the sound is.
    SceneEvent& event = events[i].event;
    const double length_s = event.offset_s;
    event.onset_s = static_cast<double>(sample_count(at_s)) / kRateHz;
    event.offset_s = event.onset_s + static_cast<double>(sample_count(length_s)) / kRateHz;
    at_s += length_s;
  }
}

Plan draw_plan(const SceneSpec& spec, std::uint64_t seed) {
  check(spec);
  const Random random(seed);
  const std::uint64_t group = spec.group.value_or(seed);
  Plan plan;
  Scene& scene = plan.scene;
  scene.animal = draw_animal(group);
  scene.place = draw_place(group);
  scene.bed = spec.bed;
  double left_s = spec.duration_s - 2 * kLeastGapS;
  for (std::size_t i = 0; i < spec.events.size(); ++i) {
    if (left_s < 0.3) break;
    PlannedEvent one = draw_event(spec.events[i], left_s, scene.animal, spec, random.fork("event", i));
    left_s -= one.event.offset_s + kLeastGapS;
    plan.events.push_back(std::move(one));
  }
  place_events(plan.events, spec.duration_s, random.fork("times"));
  for (const PlannedEvent& one : plan.events) scene.events.push_back(one.event);
  plan.peak_dbfs = random.fork("loudness").uniform(-18, -0.5);
  scene.caption = draw_caption(scene, random.fork("caption"));
  return plan;
}

void add(std::span<float> to, std::span<const float> from, double gain) {
  for (std::size_t n = 0; n < from.size(); ++n) to[n] += static_cast<float>(gain) * from[n];
}

// A sound that has a place in the room; weather, roads and motors are everywhere.
bool is_near(SoundKind kind) {
  return !(kind == SoundKind::rain || kind == SoundKind::wind || kind == SoundKind::traffic ||
           kind == SoundKind::hum || kind == SoundKind::bird || kind == SoundKind::cricket);
}

Samples make_bed_sound(SoundKind kind, double duration_s, const Place* place, Random random) {
  Samples samples = make_background(kind, duration_s, random.bits());
  const double distance_m = random.uniform(0.5, 8);
  if (place != nullptr && is_near(kind)) carry(samples, *place, distance_m, random.bits());
  set_rms(samples, 1);
  return samples;
}

// All sounds at once, of differing strength.
void mix_bed(std::span<float> out, const std::vector<SoundKind>& kinds, const Place* place, Random random) {
  const double duration_s = static_cast<double>(out.size()) / kRateHz;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    Random one = random.fork("sound", i);
    const double gain = i == 0 ? 1 : gain_of(one.uniform(-12, 0));
    add(out, make_bed_sound(kinds[i], duration_s, place, one), gain);
  }
}

// One sound after the other.
void chain_bed(std::span<float> out, const std::vector<SoundKind>& kinds, double change_s, const Place* place,
               Random random) {
  const std::int64_t fade = sample_count(kFadeS);
  std::int64_t begin = 0;
  for (std::uint64_t i = 0; begin < std::ssize(out); ++i) {
    Random one = random.fork("turn", i);
    const SoundKind kind = i < kinds.size() ? kinds[i] : one.pick(std::span<const SoundKind>(kinds));
    const double wanted_s = change_s * one.uniform(0.6, 1.4) + kFadeS;
    const std::int64_t count = std::min<std::int64_t>(sample_count(wanted_s), std::ssize(out) - begin);
    const double level = gain_of(one.uniform(-8, 8));
    Samples turn = make_bed_sound(kind, std::max(0.5, static_cast<double>(count) / kRateHz), place, one);
    for (std::int64_t n = 0; n < count; ++n) {
      double gain = level;
      if (n < fade && begin > 0) gain *= static_cast<double>(n) / static_cast<double>(fade);
      if (count - n < fade && begin + count < std::ssize(out))
        gain *= static_cast<double>(count - n) / static_cast<double>(fade);
      out[static_cast<std::size_t>(begin + n)] +=
          static_cast<float>(gain) * turn[static_cast<std::size_t>(n)];
    }
    if (begin + count >= std::ssize(out)) break;
    begin += count - fade;
  }
}

Samples make_bed(const SceneSpec& spec, const Plan& plan, std::size_t size, Random random) {
  Samples bed(size);
  const Place* place = spec.clean ? nullptr : &plan.scene.place;
  if (spec.bed_change_s > 0 && !spec.bed.empty()) {
    chain_bed(bed, spec.bed, spec.bed_change_s, place, random.fork("turns"));
  } else {
    mix_bed(bed, spec.bed, place, random.fork("mix"));
  }
  set_rms(bed, gain_of(kBedDbfs));
  if (place == nullptr) return bed;
  colour(bed, *place);
  add_noise(bed, *place, random.bits());
  return bed;
}

// The sound of an event at the microphone; it may ring on behind the event's end.
Samples make_event(const PlannedEvent& planned, const SceneSpec& spec, const Scene& scene) {
  const SceneEvent& event = planned.event;
  Samples samples = is_voice(event.kind)
                        ? make_vocalisation(planned.voice, planned.seed)
                        : make_background(event.kind, event.offset_s - event.onset_s, planned.seed);
  if (spec.clean) return samples;
  const std::int64_t left = sample_count(spec.duration_s) - sample_count(event.offset_s);
  const std::int64_t ring =
      std::clamp<std::int64_t>(left, 0, sample_count(1.2 * scene.place.reverberation_s + 0.05));
  samples.resize(samples.size() + static_cast<std::size_t>(ring));
  carry(samples, scene.place, scene.place.distance_m, planned.seed);
  colour(samples, scene.place);
  return samples;
}

double event_gain(const PlannedEvent& planned, std::span<const float> sound, std::span<const float> bed,
                  double mean_bed_power) {
  const SceneEvent& event = planned.event;
  const auto length = static_cast<std::size_t>(sample_count(event.offset_s - event.onset_s));
  const double own = power(sound.first(std::min(length, sound.size())));
  if (own <= 0) return 0;
  if (!event.snr_db) return gain_of(planned.loudness_dbfs) / std::sqrt(own);
  const auto begin = static_cast<std::size_t>(sample_count(event.onset_s));
  const double heard = power(bed.subspan(begin, std::min(length, bed.size() - begin)));
  const double floor = mean_bed_power * gain_of(2 * kPauseDb);
  return gain_of(*event.snr_db) * std::sqrt(std::max(heard, floor) / own);
}

// Brings the scene's peak to `peak_dbfs`, or so far beyond full scale that `overload_db` of it are cut off.
void set_loudness(std::span<float> samples, std::span<float> foreground, double overload_db,
                  double peak_dbfs) {
  double top = 0;
  for (const float sample : samples) top = std::max(top, std::abs(double{sample}));
  if (top <= 0) return;
  const auto gain = static_cast<float>(gain_of(overload_db > 0 ? overload_db : peak_dbfs) / top);
  for (float& sample : samples) sample = std::clamp(gain * sample, -1.0F, 1.0F);
  for (float& sample : foreground) sample *= gain;
}

}  // namespace

Scene plan_scene(const SceneSpec& spec, std::uint64_t seed) {
  return draw_plan(spec, seed).scene;
}

Scene make_scene(const SceneSpec& spec, std::uint64_t seed) {
  const Plan plan = draw_plan(spec, seed);
  Scene scene = plan.scene;
  const auto size = static_cast<std::size_t>(sample_count(spec.duration_s));
  Samples bed = make_bed(spec, plan, size, Random(seed).fork("bed"));
  const double bed_power = power(bed);
  Samples foreground(size);
  for (const PlannedEvent& planned : plan.events) {
    const Samples sound = make_event(planned, spec, scene);
    const auto begin = static_cast<std::size_t>(sample_count(planned.event.onset_s));
    const auto count = std::min(sound.size(), size - begin);
    add(std::span(foreground).subspan(begin), std::span(sound).first(count),
        event_gain(planned, sound, bed, bed_power));
  }
  scene.samples = std::move(bed);
  add(scene.samples, foreground, 1);
  set_loudness(scene.samples, foreground, spec.clean ? 0 : scene.place.overload_db, plan.peak_dbfs);
  if (spec.keep_foreground) scene.foreground = std::move(foreground);
  return scene;
}

}  // namespace pupil::synth
