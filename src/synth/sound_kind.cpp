// SPDX-License-Identifier: Apache-2.0
// One table in the order of the enumeration: entry() takes a kind for the index, and the first kVoiceCount
// are the dog's. A kind's number is a part of what is drawn for it (voice.cpp): kinds are never renumbered,
// or the same seeds would make other sounds.

#include "synth/sound_kind.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace pupil::synth {
namespace {

using Words = std::array<std::string_view, 5>;  // unused ones at the end are empty

struct Entry {
  SoundKind kind;
  std::string_view name;
  Words phrases;
  Words audioset;
};

constexpr std::array<Entry, kSoundKindCount> kTable = {{
    {SoundKind::bark,
     "bark",
     {"a dog barking", "a dog barks", "the bark of a dog", "sharp barks of a dog", "a barking dog"},
     {"Bark", "Bow-wow", "Dog"}},
    {SoundKind::growl,
     "growl",
     {"a dog growling", "a dog growls", "the low growl of a dog", "a dog snarling", "a growling dog"},
     {"Growling", "Dog"}},
    {SoundKind::howl,
     "howl",
     {"a dog howling", "a dog howls", "the long howl of a dog", "a dog howling like a wolf", "a howling dog"},
     {"Howl", "Dog"}},
    {SoundKind::whine,
     "whine",
     {"a dog whining", "a dog whimpers", "the high whine of a dog", "a dog whimpering", "a whining dog"},
     {"Whimper (dog)", "Dog"}},
    {SoundKind::yelp,
     "yelp",
     {"a dog yelping", "a dog yelps", "short high yelps of a dog", "a dog yipping", "a yelping puppy"},
     {"Yip", "Dog"}},
    {SoundKind::pant,
     "pant",
     {"a dog panting", "a dog pants", "the fast breathing of a dog", "a dog breathing quickly",
      "a panting dog"},
     {"Pant", "Breathing"}},
    {SoundKind::rain,
     "rain",
     {"rain falling", "rain", "raindrops", "the sound of rain", "heavy rain outside"},
     {"Rain", "Rain on surface", "Raindrop"}},
    {SoundKind::wind,
     "wind",
     {"wind blowing", "wind", "gusts of wind", "the sound of wind", "strong wind"},
     {"Wind", "Wind noise (microphone)"}},
    {SoundKind::traffic,
     "traffic",
     {"cars passing", "road traffic", "traffic on a road", "cars driving by", "vehicles on a street"},
     {"Vehicle", "Traffic noise, roadway noise", "Car passing by", "Car", "Motor vehicle (road)"}},
    {SoundKind::hum,
     "hum",
     {"a mains hum", "an electric hum", "the hum of a machine", "a low hum", "a humming refrigerator"},
     {"Hum", "Mains hum", "Mechanical fan"}},
    {SoundKind::clicks,
     "clicks",
     {"typing on a keyboard", "clicks", "the clicking of keys", "someone typing", "mouse clicks"},
     {"Typing", "Computer keyboard", "Clicking", "Tick", "Typewriter"}},
    {SoundKind::footsteps,
     "footsteps",
     {"footsteps", "someone walking", "a person walks", "steps on a floor", "the sound of footsteps"},
     {"Walk, footsteps", "Run"}},
    {SoundKind::alarm,
     "alarm",
     {"an alarm beeping", "an alarm clock", "electronic beeps", "a smoke alarm", "a beeping alarm"},
     {"Alarm", "Beep, bleep", "Smoke detector, smoke alarm", "Alarm clock", "Fire alarm"}},
    {SoundKind::siren,
     "siren",
     {"a siren", "an emergency siren", "the wail of a siren", "an ambulance siren", "a police siren"},
     {"Siren", "Emergency vehicle", "Police car (siren)", "Ambulance (siren)", "Civil defense siren"}},
    {SoundKind::doorbell,
     "doorbell",
     {"a doorbell", "a doorbell ringing", "a door chime", "someone rings the doorbell",
      "the ring of a doorbell"},
     {"Doorbell", "Ding-dong", "Bell", "Chime"}},
    {SoundKind::knock,
     "knock",
     {"knocking on a door", "a knock on the door", "someone knocks", "knocks on wood",
      "the sound of knocking"},
     {"Knock", "Door", "Tap"}},
    {SoundKind::music,
     "music",
     {"music playing", "music", "a melody with drums", "instruments playing", "a tune"},
     {"Music", "Musical instrument", "Synthesizer"}},
    {SoundKind::speech,
     "speech",
     {"people talking", "speech", "a person speaking", "voices of people", "a conversation"},
     {"Speech", "Conversation", "Hubbub, speech noise, speech babble", "Male speech, man speaking",
      "Chatter"}},
    {SoundKind::bird,
     "bird",
     {"birds singing", "a bird chirping", "birdsong", "chirps of a bird", "a singing bird"},
     {"Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"}},
    {SoundKind::cricket,
     "cricket",
     {"crickets chirping", "insects at night", "a cricket", "chirping insects", "the sound of crickets"},
     {"Cricket", "Insect"}},
}};

constexpr std::array<SoundKind, kSoundKindCount> make_kinds() {
  std::array<SoundKind, kSoundKindCount> kinds{};
  for (std::size_t i = 0; i < kinds.size(); ++i) kinds[i] = kTable[i].kind;
  return kinds;
}

constexpr std::array<SoundKind, kSoundKindCount> kKinds = make_kinds();
constexpr std::size_t kVoiceCount = 6;

const Entry& entry(SoundKind kind) {
  return kTable[static_cast<std::size_t>(kind)];
}

std::span<const std::string_view> used(const Words& words) {
  const auto end = std::find(words.begin(), words.end(), std::string_view());
  return {words.begin(), end};
}

void add_once(std::vector<SoundKind>& kinds, SoundKind kind) {
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
}

}  // namespace

std::span<const SoundKind> sound_kinds() {
  return kKinds;
}
std::span<const SoundKind> voice_kinds() {
  return std::span(kKinds).first(kVoiceCount);
}
std::span<const SoundKind> background_kinds() {
  return std::span(kKinds).subspan(kVoiceCount);
}

bool is_voice(SoundKind kind) {
  return static_cast<std::size_t>(kind) < kVoiceCount;
}
std::string_view kind_name(SoundKind kind) {
  return entry(kind).name;
}
std::span<const std::string_view> phrases(SoundKind kind) {
  return used(entry(kind).phrases);
}
std::span<const std::string_view> audioset_names(SoundKind kind) {
  return used(entry(kind).audioset);
}

SoundKind parse_kind(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Entry& one : kTable) {
    if (one.name == name) return one.kind;
    names.push_back(one.name);
  }
  names.push_back("dogs");
  names.push_back("backgrounds");
  std::string known;
  for (const std::string_view one : names) known += concat(known.empty() ? "" : ", ", one);
  throw Error(concat("unknown sound '", name, "'", did_you_mean(name, names), " (known: ", known, ")"));
}

std::vector<SoundKind> parse_kinds(std::string_view names) {
  std::vector<SoundKind> kinds;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    if (name.empty()) continue;
    if (name == "dogs") {
      for (const SoundKind kind : voice_kinds()) add_once(kinds, kind);
    } else if (name == "backgrounds") {
      for (const SoundKind kind : background_kinds()) add_once(kinds, kind);
    } else {
      add_once(kinds, parse_kind(name));
    }
  }
  if (kinds.empty()) throw Error("no sound named");
  return kinds;
}

}  // namespace pupil::synth
