// SPDX-License-Identifier: Apache-2.0
// draw_example() decides everything that a name or a target depends on; render_example() follows the plan
// with the seeds in it, so a plan alone gives the same samples wherever it is rendered.
//
// 1. Layers are brought to one level first (active_rms()) and then to their level_db: the level means how
//    loud a sound is while it sounds, not how much silence is around it.
// 2. Filters and room come before the peak, the noise after it: noise is the recorder's, in dB of full scale,
//    and what exceeds full scale is cut off.
// 3. An abstract sound has no name: it takes part in the mixture and not in the phrases.

#include "pretrain/example.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "base/counter_random.h"
#include "pretrain/abstract_sound.h"
#include "synth/background.h"
#include "synth/samples.h"
#include "synth/sound_kind.h"
#include "synth/voice.h"

namespace pupil::pretrain {
namespace {

// What lies further below the loudest layer is not named.
constexpr double kNamedDb = 10;

// The level of the louder parts: the root of the mean over those tenths of a second that are within 20 dB of the
// loudest. A bark in silence is as loud as a bark in a row of barks.
double active_rms(std::span<const float> samples) {
  constexpr std::size_t kPart = kLibraryRateHz / 10;
  std::vector<double> powers;
  for (std::size_t at = 0; at < samples.size(); at += kPart) {
    powers.push_back(synth::power(samples.subspan(at, std::min(kPart, samples.size() - at))));
  }
  const double loudest = powers.empty() ? 0 : *std::ranges::max_element(powers);
  double sum = 0;
  std::int64_t count = 0;
  for (const double part : powers) {
    if (part < loudest * 0.01) continue;
    sum += part;
    ++count;
  }
  return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0;
}

std::vector<float> at_speed(std::span<const float> samples, double speed) {
  const auto count = static_cast<std::size_t>(std::max(1.0, static_cast<double>(samples.size()) / speed));
  std::vector<float> changed(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double position = static_cast<double>(i) * speed;
    const auto left = std::min(static_cast<std::size_t>(position), samples.size() - 1);
    const std::size_t right = std::min(left + 1, samples.size() - 1);
    const auto share = static_cast<float>(position - static_cast<double>(left));
    changed[i] = samples[left] * (1 - share) + samples[right] * share;
  }
  return changed;
}

// `count` samples of `sound`: of a longer one the loudest of three stretches, a shorter one somewhere in silence or
// repeated.
std::vector<float> fitted(const std::vector<float>& sound, std::size_t count, bool repeated,
                          CounterRandom& random) {
  if (sound.size() >= count) {
    std::size_t best = 0;
    double most = -1;
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto first =
          static_cast<std::size_t>(random.below(std::ssize(sound) - static_cast<std::int64_t>(count) + 1));
      const double here = synth::power(std::span(sound).subspan(first, count));
      if (here > most) {
        most = here;
        best = first;
      }
    }
    return {sound.begin() + static_cast<std::ptrdiff_t>(best),
            sound.begin() + static_cast<std::ptrdiff_t>(best + count)};
  }
  std::vector<float> example(count, 0.0F);
  const auto onset =
      static_cast<std::size_t>(random.below(static_cast<std::int64_t>(count - sound.size()) + 1));
  if (!repeated) {
    std::copy(sound.begin(), sound.end(), example.begin() + static_cast<std::ptrdiff_t>(onset));
    return example;
  }
  const std::size_t period = sound.size() + static_cast<std::size_t>(random.below(kLibraryRateHz / 2));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = (i + onset) % period;
    if (place < sound.size()) example[i] = sound[place];
  }
  return example;
}

std::vector<float> source_samples(SoundLibrary& library, const ExampleLayer& layer, double length_s) {
  switch (layer.source.kind) {
    case SoundSource::Kind::clip: return library.samples(layer.source.index);
    case SoundSource::Kind::synthetic: {
      const auto kind = static_cast<synth::SoundKind>(layer.source.index);
      return synth::is_voice(kind) ? synth::make_vocalisation(kind, std::max(0.4, length_s), layer.seed)
                                   : synth::make_background(kind, length_s * layer.speed + 0.1, layer.seed);
    }
    case SoundSource::Kind::abstract: break;
  }
  return make_abstract_sound(static_cast<std::int64_t>(length_s * kLibraryRateHz), kLibraryRateHz,
                             layer.seed);
}

std::vector<float> layer_samples(SoundLibrary& library, const ExampleLayer& layer, double length_s) {
  CounterRandom random(layer.seed, 0x1A, 0, 0);
  std::vector<float> sound = source_samples(library, layer, length_s);
  if (layer.speed != 1) sound = at_speed(sound, layer.speed);
  if (layer.reversed) std::ranges::reverse(sound);
  return fitted(sound, static_cast<std::size_t>(length_s * kLibraryRateHz), layer.repeated, random);
}

// Two poles; the difference to the input is the high pass.
void low_pass(std::vector<float>& samples, double cutoff_hz, bool keep_difference) {
  const double kept = std::exp(-2 * std::numbers::pi * cutoff_hz / kLibraryRateHz);
  double first = 0, second = 0;
  for (float& sample : samples) {
    first = sample + kept * (first - sample);
    second = first + kept * (second - first);
    sample = static_cast<float>(keep_difference ? sample - second : second);
  }
}

// Some hundred echoes of falling strength.
void reverberate(std::vector<float>& samples, double reverberation_s, CounterRandom& random) {
  constexpr int kEchoCount = 96;
  const std::vector<float> dry = samples;
  const double wet = random.uniform(0.2, 0.6);
  for (int echo = 0; echo < kEchoCount; ++echo) {
    const double within_s = reverberation_s * random.uniform();
    const double delay_s = 0.004 + within_s * random.uniform();
    const auto delay = static_cast<std::size_t>(delay_s * kLibraryRateHz);
    const auto gain = static_cast<float>((random.chance(0.5) ? wet : -wet) *
                                         std::pow(10.0, -3 * delay_s / reverberation_s) * 0.3);
    for (std::size_t i = delay; i < samples.size(); ++i) samples[i] += gain * dry[i - delay];
  }
}

SoundSource draw_source(const SoundLibrary& library, CounterRandom& random) {
  if (!random.chance(library.synthetic_share())) {
    // Labels with many clips come oftener, but not in proportion.
    const auto& labels = library.clips_by_label();
    double total = 0;
    for (const auto& clips : labels) total += std::sqrt(static_cast<double>(clips.size()));
    double at = random.uniform(0, total);
    for (const auto& clips : labels) {
      at -= std::sqrt(static_cast<double>(clips.size()));
      if (at < 0)
        return {SoundSource::Kind::clip, clips[static_cast<std::size_t>(random.below(std::ssize(clips)))]};
    }
    // Only rounding leads here.
    return {SoundSource::Kind::clip, 0};
  }
  if (random.chance(0.3)) return {SoundSource::Kind::abstract, 0};
  return {SoundSource::Kind::synthetic, random.below(synth::kSoundKindCount)};
}

}  // namespace

ExamplePlan draw_example(const SoundLibrary& library, double max_length_s, std::uint64_t seed,
                         std::int64_t index) {
  CounterRandom random(seed, 0x71, 0, static_cast<std::uint64_t>(index));
  ExamplePlan plan;
  plan.seed = random.bits();
  const double kind = random.uniform();
  plan.length_s = kind < 0.25  ? 1
                  : kind < 0.4 ? 2
                               : random.uniform(std::min(2.0, max_length_s), max_length_s);
  plan.length_s = std::min(plan.length_s, max_length_s);
  const double many = random.uniform();
  const int count = many < 0.55 ? 1 : many < 0.9 ? 2 : 3;
  for (int i = 0; i < count; ++i) {
    ExampleLayer layer;
    layer.source = draw_source(library, random);
    layer.seed = random.bits();
    if (random.chance(0.6)) layer.speed = std::exp2(random.uniform(-0.5, 0.5));
    layer.reversed = random.chance(0.05);
    layer.repeated = random.chance(0.5);
    layer.level_db = i == 0 ? 0 : random.uniform(-18, 3);
    plan.layers.push_back(layer);
  }
  if (random.chance(0.3)) plan.low_pass_hz = 2000 * std::exp2(random.uniform(0, 2));
  if (random.chance(0.2)) plan.high_pass_hz = random.uniform(80, 400);
  if (random.chance(0.3)) plan.reverberation_s = random.uniform(0.1, 0.8);
  if (random.chance(0.4)) plan.noise_db = random.uniform(-75, -35);
  plan.peak_db = random.chance(0.05) ? random.uniform(0, 9) : random.uniform(-24, 0);
  return plan;
}

std::vector<float> render_example(SoundLibrary& library, const ExamplePlan& plan) {
  std::vector<float> example;
  for (const ExampleLayer& layer : plan.layers) {
    const std::vector<float> samples = layer_samples(library, layer, plan.length_s);
    const double rms = active_rms(samples);
    const auto gain = static_cast<float>(rms > 1e-7 ? 0.1 * std::pow(10.0, layer.level_db / 20) / rms : 0);
    example.resize(samples.size(), 0.0F);
    for (std::size_t i = 0; i < example.size(); ++i) example[i] += gain * samples[i];
  }
  CounterRandom random(plan.seed, 0x2B, 0, 0);
  if (plan.low_pass_hz > 0) low_pass(example, plan.low_pass_hz, false);
  if (plan.high_pass_hz > 0) low_pass(example, plan.high_pass_hz, true);
  if (plan.reverberation_s > 0) reverberate(example, plan.reverberation_s, random);
  float loudest = 1e-9F;
  for (const float sample : example) loudest = std::max(loudest, std::abs(sample));
  const auto gain = static_cast<float>(std::pow(10.0, plan.peak_db / 20)) / loudest;
  const double noise = std::pow(10.0, plan.noise_db / 20) * 1.7;
  for (float& sample : example) {
    sample = std::clamp(gain * sample + static_cast<float>(noise * random.uniform(-1, 1)), -1.0F, 1.0F);
  }
  return example;
}

std::vector<std::vector<std::string>> example_phrases(const SoundLibrary& library, const ExamplePlan& plan,
                                                      const PhraseTable& table) {
  double loudest = -1000;
  for (const ExampleLayer& layer : plan.layers) loudest = std::max(loudest, layer.level_db);
  std::vector<std::pair<double, std::vector<std::string>>> named;
  for (const ExampleLayer& layer : plan.layers) {
    if (layer.level_db < loudest - kNamedDb || layer.source.kind == SoundSource::Kind::abstract) continue;
    if (layer.source.kind == SoundSource::Kind::synthetic) {
      const auto kind = static_cast<synth::SoundKind>(layer.source.index);
      named.emplace_back(-layer.level_db, table.phrases(std::string(synth::kind_name(kind))));
      continue;
    }
    const ManifestClip& clip = library.clips()[static_cast<std::size_t>(layer.source.index)];
    named.emplace_back(-layer.level_db, clip.captions.empty() ? table.phrases(clip.label) : clip.captions);
  }
  std::ranges::stable_sort(named, {}, &std::pair<double, std::vector<std::string>>::first);
  std::vector<std::vector<std::string>> phrases;
  for (auto& [level, words] : named) phrases.push_back(std::move(words));
  return phrases;
}

}  // namespace pupil::pretrain
