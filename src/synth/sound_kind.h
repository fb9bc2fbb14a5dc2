// SPDX-License-Identifier: Apache-2.0
// The sounds that can be made, and the words for them.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::synth {

/// What is heard. The first six come from a dog, the others are everyday backgrounds.
enum class SoundKind : std::uint8_t {
  bark,
  growl,
  howl,
  whine,
  yelp,
  pant,
  rain,
  wind,
  traffic,
  hum,
  clicks,
  footsteps,
  alarm,
  siren,
  doorbell,
  knock,
  music,
  speech,
  bird,
  cricket,
};

inline constexpr std::int32_t kSoundKindCount = 20;

/// All kinds in the order of the enumeration; the voices of dogs; the others.
std::span<const SoundKind> sound_kinds();
std::span<const SoundKind> voice_kinds();
std::span<const SoundKind> background_kinds();

/// A sound that a dog makes, which make_vocalisation() gives; the others are make_background()'s.
bool is_voice(SoundKind kind);

/// The kind's name in labels: "bark".
std::string_view kind_name(SoundKind kind);
/// Error with the nearest known name.
SoundKind parse_kind(std::string_view name);
/// "bark,rain" -> both; "dogs" stands for all voices and "backgrounds" for the others. Each kind once, in the
/// order of the text. Error: an unknown name, or none at all.
std::vector<SoundKind> parse_kinds(std::string_view names);

/// Phrases that describe it, for captions and prompts: "a dog barking". At least three.
std::span<const std::string_view> phrases(SoundKind kind);
/// Names of AudioSet classes that a tagger may call it by, the closest first.
std::span<const std::string_view> audioset_names(SoundKind kind);

}  // namespace pupil::synth
