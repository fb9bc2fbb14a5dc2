// SPDX-License-Identifier: Apache-2.0
// How a mixture is drawn: what is asked for and in which words, whether it is there at all, one or two other
// sounds, levels. All of it comes from one CounterRandom of (seed, step, item), in the order of make().
//
// 1. Levels are set by power in three places: the wanted sound has 1, the rest its share by the drawn SNR,
//    and last the whole mixture gets a peak. The wanted sound is scaled with the mixture, so mixture - wanted
//    is the rest.
// 2. A sound of the bank has a seed of its own (label, variant): which thread wants it first does not matter.
//    The lock is held while one is made, so none is made twice.
// 3. The index after the pool's last label means sounds without a name (synthetic()).

#include "pretrain/sound_mixtures.h"

#include <algorithm>
#include <cmath>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"
#include "pretrain/abstract_sound.h"
#include "synth/background.h"
#include "synth/samples.h"
#include "synth/voice.h"

namespace pupil::pretrain {
namespace {

constexpr std::uint64_t kPurpose = 0x5E9A;
constexpr std::uint64_t kSyntheticPurpose = 0x5E9B;
constexpr double kMaxClipS = 15;
constexpr double kSyntheticS = 4;
constexpr float kSilentPeak = 1e-3F;
// Synthetic sounds of a kind; making one takes as long as a third of a training step.
constexpr std::int64_t kVariantCount = 40;
// What can be made up counts as so many recordings: two recordings alone would be learned by heart.
constexpr std::size_t kSyntheticWeight = 8;
constexpr double kSlowest = 0.75, kFastest = 1.35;
// Backgrounds nobody has words for: the world holds more than the labels.
constexpr double kNamelessShare = 0.15;
// Relatives of what is asked for ("howl" over a wanted "bark"): told apart in a few mixtures only.
constexpr double kRelativeShare = 0.03;

// Played faster or slower by linear interpolation.
std::vector<float> at_speed(const std::vector<float>& samples, double speed) {
  std::vector<float> out(static_cast<std::size_t>(static_cast<double>(samples.size()) / speed));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(i) * speed;
    const auto left = static_cast<std::size_t>(at);
    const auto share = static_cast<float>(at - static_cast<double>(left));
    const float right = left + 1 < samples.size() ? samples[left + 1] : 0;
    out[i] = samples[left] + share * (right - samples[left]);
  }
  return out;
}

// One pole: distance, a pocket, a poor microphone.
void muffle(std::vector<float>& samples, double cutoff_hz) {
  const auto keep = static_cast<float>(std::exp(-2 * 3.14159265358979 * cutoff_hz / kMixtureRateHz));
  float state = 0;
  for (float& sample : samples) sample = state = sample + keep * (state - sample);
}

// More or less of what is below a frequency: another microphone, another dog.
void colour(std::vector<float>& samples, double cutoff_hz, double more) {
  std::vector<float> low = samples;
  muffle(low, cutoff_hz);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += static_cast<float>(more) * low[i];
}

// A stretch of a long sound that is not its silence, or a short sound somewhere in silence.
std::vector<float> place(const std::vector<float>& samples, std::int64_t count, CounterRandom& random) {
  std::vector<float> out(static_cast<std::size_t>(count));
  const auto length = static_cast<std::int64_t>(samples.size());
  if (length <= count) {
    std::copy(samples.begin(), samples.end(), out.begin() + random.below(count - length + 1));
    return out;
  }
  const double enough = 0.3 * synth::power(samples);
  for (int attempt = 0; attempt < 4; ++attempt) {
    const auto start = samples.begin() + random.below(length - count + 1);
    if (synth::power(std::span(start, static_cast<std::size_t>(count))) < enough) continue;
    std::copy_n(start, count, out.begin());
    return out;
  }
  // A bark in a long silence: what holds its loudest sample.
  const auto loudest = std::ranges::max_element(samples, {}, [](float sample) { return std::abs(sample); });
  const std::int64_t start = (loudest - samples.begin()) - random.below(count);
  std::copy_n(samples.begin() + std::clamp<std::int64_t>(start, 0, length - count), count, out.begin());
  return out;
}

// As a background: short sounds come again and again.
std::vector<float> lay(const std::vector<float>& samples, std::int64_t count, CounterRandom& random) {
  std::vector<float> out = place(samples, count, random);
  const auto length = static_cast<std::int64_t>(samples.size());
  if (length == 0 || length * 2 > count || random.chance(0.4)) return out;
  const std::int64_t period = length + random.below(length + 1);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t at = i % period;
    out[static_cast<std::size_t>(i)] = at < length ? samples[static_cast<std::size_t>(at)] : 0.0F;
  }
  return out;
}

float peak_of(std::span<const float> samples) {
  float peak = 0;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

void scale(std::vector<float>& samples, double factor) {
  for (float& sample : samples) sample *= static_cast<float>(factor);
}

void set_power(std::vector<float>& samples, double wanted) {
  const double found = synth::power(samples);
  if (found > 0) scale(samples, std::sqrt(wanted / found));
}

std::string words_of(std::string label) {
  const std::size_t slash = label.rfind('/');
  if (slash != std::string::npos) label.erase(0, slash + 1);
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

}  // namespace

SoundPool::Sound SoundPool::Sound::pack(std::span<const float> samples) {
  const float peak = std::max(peak_of(samples), kSilentPeak);
  Sound sound;
  for (const float sample : samples)
    sound.samples.push_back(static_cast<std::int16_t>(std::lrint(sample / peak * 32767)));
  return sound;
}

std::vector<float> SoundPool::Sound::unpack() const {
  std::vector<float> out(samples.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(samples[i]) / 32767.0F;
  return out;
}

SoundPool::Label& SoundPool::label_named(const std::string& name) {
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), name,
                       [](const Label& label, const std::string& text) { return label.name < text; });
  if (at != labels_.end() && at->name == name) return *at;
  return *labels_.insert(at, {name, {}, std::nullopt});
}

void SoundPool::add(const std::string& label, std::span<const float> samples) {
  if (peak_of(samples) < kSilentPeak) {
    ++unreadable_count_;
    return;
  }
  label_named(label).recorded.push_back(Sound::pack(samples));
}

void SoundPool::add(const Manifest& manifest) {
  audio::DecodeOptions decode;
  decode.sample_rate_hz = kMixtureRateHz;
  for (const ManifestClip& clip : manifest.clips) {
    if (clip.label.empty()) throw Error(concat(clip.file.string(), ": a separator learns from labels"));
    try {
      audio::Decoder decoder(clip.file, decode);
      std::vector<float> samples(static_cast<std::size_t>(kMaxClipS * kMixtureRateHz));
      samples.resize(decoder.read(samples));
      add(clip.label, samples);
    } catch (const DiskError&) {
      throw;
    } catch (const Error&) {
      ++unreadable_count_;
    }
  }
}

void SoundPool::add_synthetic() {
  for (const synth::SoundKind kind : synth::sound_kinds())
    label_named(std::string(synth::kind_name(kind))).synthetic = kind;
}

LabelFamily parse_family(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw UsageError(concat("'", text, "' is not NAME=LABEL|LABEL"));
  LabelFamily family{text.substr(0, equals), {}};
  for (std::size_t at = equals + 1; at <= text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    if (end > at) family.members.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return family;
}

MixtureMaker::MixtureMaker(const SoundPool& pool, const PhraseTable& phrases, MixtureOptions options)
    : pool_(pool), phrases_(phrases), options_(std::move(options)) {
  const std::vector<SoundPool::Label>& labels = pool.labels();
  family_of_.assign(labels.size(), -1);
  for (std::size_t f = 0; f < options_.families.size(); ++f) {
    const LabelFamily& family = options_.families[f];
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i].name != family.name &&
          std::ranges::find(family.members, labels[i].name) == family.members.end())
        continue;
      family_of_[i] = static_cast<std::int64_t>(f);
      const std::size_t weight = labels[i].recorded.size() + (labels[i].synthetic ? kSyntheticWeight : 0);
      if (f == 0) focus_.insert(focus_.end(), weight, i);
    }
  }
  const bool all_related = std::ranges::all_of(
      family_of_, [&](std::int64_t family) { return family == family_of_.front() && family >= 0; });
  if (labels.size() < 2 || all_related) throw Error("mixtures need sounds of at least two unrelated labels");
}

MixtureMaker::Wanted MixtureMaker::draw_wanted(CounterRandom& random) const {
  Wanted wanted;
  if (!focus_.empty() && random.chance(options_.focus)) {
    wanted.label = focus_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(focus_.size())))];
  } else {
    wanted.label = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(pool_.labels().size())));
  }
  const std::int64_t family = family_of_[wanted.label];
  const bool is_family_itself = family >= 0 && options_.families[static_cast<std::size_t>(family)].name ==
                                                   pool_.labels()[wanted.label].name;
  wanted.by_family = family >= 0 && (is_family_itself || random.chance(0.5));
  return wanted;
}

std::size_t MixtureMaker::draw_other(const Wanted& wanted, CounterRandom& random) const {
  const std::int64_t family = family_of_[wanted.label];
  const bool relatives = !wanted.by_family && random.chance(kRelativeShare);
  while (true) {
    const auto other =
        static_cast<std::size_t>(random.below(static_cast<std::int64_t>(pool_.labels().size())));
    if (other == wanted.label) continue;
    const bool related = family >= 0 && family_of_[other] == family;
    const bool is_family_itself =
        related && options_.families[static_cast<std::size_t>(family)].name == pool_.labels()[other].name;
    if (!related || (relatives && !is_family_itself)) return other;
  }
}

std::string MixtureMaker::draw_query(const Wanted& wanted, CounterRandom& random) const {
  const std::string& key = wanted.by_family
                               ? options_.families[static_cast<std::size_t>(family_of_[wanted.label])].name
                               : pool_.labels()[wanted.label].name;
  if (random.chance(0.15)) return words_of(key) + (random.chance(0.3) ? " sounds" : "");
  const std::vector<std::string> phrases = phrases_.phrases(key);
  if (random.chance(0.4)) {
    const std::string& phrase =
        phrases[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(phrases.size())))];
    if (!phrases_.held_out().contains(phrase)) return phrase;
  }
  return phrases_.sentence(phrases, random);
}

std::vector<float> MixtureMaker::draw_sound(std::size_t label, CounterRandom& random) const {
  const SoundPool::Label& from = pool_.labels()[label];
  const auto recorded = std::ssize(from.recorded);
  const std::int64_t which =
      random.below(recorded + (from.synthetic ? static_cast<std::int64_t>(kSyntheticWeight) : 0));
  const std::vector<float> sound = which < recorded ? from.recorded[static_cast<std::size_t>(which)].unpack()
                                                    : synthetic(label, random.below(kVariantCount));
  std::vector<float> samples = at_speed(sound, random.uniform(kSlowest, kFastest));
  if (random.chance(0.3)) muffle(samples, 1500 * std::pow(8.0, random.uniform()));
  if (random.chance(0.5)) {
    const double tilt = random.uniform(-0.8, 2);
    colour(samples, 200 * std::pow(20.0, random.uniform()), tilt);
  }
  return samples;
}

std::vector<float> MixtureMaker::synthetic(std::size_t label, std::int64_t variant) const {
  const std::lock_guard lock(bank_mutex_);
  SoundPool::Sound& sound = bank_[{label, variant}];
  if (sound.samples.empty()) {
    const std::uint64_t seed =
        CounterRandom(options_.seed, kSyntheticPurpose, label, static_cast<std::uint64_t>(variant)).bits();
    if (label == pool_.labels().size()) {
      sound = SoundPool::Sound::pack(
          make_abstract_sound(static_cast<std::int64_t>(kSyntheticS * kMixtureRateHz), kMixtureRateHz, seed));
    } else {
      const synth::SoundKind kind = *pool_.labels()[label].synthetic;
      sound = SoundPool::Sound::pack(synth::is_voice(kind) ? synth::make_vocalisation(kind, kSyntheticS, seed)
                                                           : synth::make_background(kind, kSyntheticS, seed));
    }
  }
  return sound.unpack();
}

std::vector<float> MixtureMaker::draw_other_sound(const Wanted& wanted, CounterRandom& random) const {
  if (random.chance(kNamelessShare)) return synthetic(pool_.labels().size(), random.below(4 * kVariantCount));
  return draw_sound(draw_other(wanted, random), random);
}

SoundMixture MixtureMaker::make(std::int64_t step, std::int64_t item) const {
  CounterRandom random(options_.seed, kPurpose, static_cast<std::uint64_t>(step),
                       static_cast<std::uint64_t>(item));
  const std::int64_t count = options_.sample_count;
  const Wanted wanted = draw_wanted(random);
  SoundMixture made;
  made.query = draw_query(wanted, random);
  const bool absent = random.chance(options_.absent);
  if (absent) {
    made.wanted.assign(static_cast<std::size_t>(count), 0.0F);
  } else {
    made.wanted = place(draw_sound(wanted.label, random), count, random);
    set_power(made.wanted, 1);
  }
  std::vector<float> rest = lay(draw_other_sound(wanted, random), count, random);
  set_power(rest, 1);
  if (random.chance(0.35)) {
    std::vector<float> second = lay(draw_other_sound(wanted, random), count, random);
    set_power(second, std::pow(10.0, random.uniform(-1.0, 0.3)));
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] += second[i];
  }
  set_power(rest,
            absent ? 1 : std::pow(10.0, -random.uniform(options_.snr_low_db, options_.snr_high_db) / 10));

  made.mixture.resize(static_cast<std::size_t>(count));
  float peak = 1e-9F;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    made.mixture[i] = made.wanted[i] + rest[i];
    peak = std::max({peak, std::abs(made.mixture[i]), std::abs(made.wanted[i])});
  }
  const double level = 0.95 * std::pow(10.0, random.uniform(-0.7, 0.0)) / peak;
  scale(made.mixture, level);
  scale(made.wanted, level);
  return made;
}

std::vector<std::string> MixtureMaker::phrase_keys() const {
  std::vector<std::string> keys;
  for (const SoundPool::Label& label : pool_.labels()) keys.push_back(label.name);
  for (const LabelFamily& family : options_.families) keys.push_back(family.name);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace pupil::pretrain
