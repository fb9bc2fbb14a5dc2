// SPDX-License-Identifier: Apache-2.0
// Mixtures with a known answer, made while a separator learns: a clip of what is asked for, other sounds over
// it, and the question in words. What is drawn depends on seed, step and item alone.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/counter_random.h"
#include "pretrain/manifest.h"
#include "pretrain/phrases.h"
#include "synth/sound_kind.h"

namespace pupil::pretrain {

/// Rate of all audio here: the separator's.
inline constexpr std::int32_t kMixtureRateHz = 32000;

/// Recordings and synthetic sounds by label. Memory: 2 bytes per sample of the recordings.
class SoundPool {
 public:
  /// Decodes the clips. What cannot be decoded or is silent is counted, not an error.
  void add(const Manifest& manifest);
  /// Adds every kind that src/synth makes; its sounds are made when they are wanted.
  void add_synthetic();
  void add(const std::string& label, std::span<const float> samples);

  struct Sound {
    std::vector<std::int16_t> samples;  ///< peak at full scale
    static Sound pack(std::span<const float> samples);
    std::vector<float> unpack() const;
  };
  struct Label {
    std::string name;
    std::vector<Sound> recorded;
    std::optional<synth::SoundKind> synthetic;
  };
  /// By name, each with recordings or synthetic sounds or both.
  const std::vector<Label>& labels() const { return labels_; }
  std::int64_t unreadable_count() const { return unreadable_count_; }

 private:
  Label& label_named(const std::string& name);

  std::vector<Label> labels_;
  std::int64_t unreadable_count_ = 0;
};

/// A word for several labels: whoever asks for "a dog" wants all of them.
struct LabelFamily {
  std::string name;
  std::vector<std::string> members;
};

/// Reads "dog=bark|howl|growl". UsageError: not of this form.
LabelFamily parse_family(const std::string& text);

struct MixtureOptions {
  std::int64_t sample_count = 61120;  ///< of a mixture
  std::vector<LabelFamily> families;
  /// Share of mixtures that ask for a member of the first family; the others ask for any label.
  double focus = 0.75;
  /// Share of mixtures in which what is asked for is not there: silence is the answer.
  double absent = 0.12;
  /// Energy of what is asked for over the rest.
  double snr_low_db = -7;
  double snr_high_db = 10;
  std::uint64_t seed = 1;
};

struct SoundMixture {
  std::vector<float> mixture;  ///< [sample_count]
  std::vector<float> wanted;   ///< [sample_count], all zero where nothing of it is there
  std::string query;
};

/// What it gives never changes; any number of threads. Memory: synthetic sounds are kept, at most 260 kB times
/// 40 for every kind.
class MixtureMaker {
 public:
  /// `pool` and `phrases` must outlive this object. Error: fewer than two labels that are not of one family.
  MixtureMaker(const SoundPool& pool, const PhraseTable& phrases, MixtureOptions options);

  SoundMixture make(std::int64_t step, std::int64_t item) const;

  /// Keys of all phrases that a query may be made of, for the vocabulary.
  std::vector<std::string> phrase_keys() const;

 private:
  struct Wanted {
    std::size_t label = 0;
    bool by_family = false;  ///< asked for by the family's name: no relative may be in the background
  };
  Wanted draw_wanted(CounterRandom& random) const;
  std::size_t draw_other(const Wanted& wanted, CounterRandom& random) const;
  std::string draw_query(const Wanted& wanted, CounterRandom& random) const;
  std::vector<float> draw_sound(std::size_t label, CounterRandom& random) const;
  std::vector<float> draw_other_sound(const Wanted& wanted, CounterRandom& random) const;
  // The sound number `variant` of a label's kind; of no label: one that has no name.
  std::vector<float> synthetic(std::size_t label, std::int64_t variant) const;

  const SoundPool& pool_;
  const PhraseTable& phrases_;
  MixtureOptions options_;
  std::vector<std::int64_t> family_of_;  // by label; -1: none
  std::vector<std::size_t> focus_;       // labels of the first family, each as often as it has sounds
  mutable std::mutex bank_mutex_;
  mutable std::map<std::pair<std::size_t, std::int64_t>, SoundPool::Sound> bank_;
};

}  // namespace pupil::pretrain
