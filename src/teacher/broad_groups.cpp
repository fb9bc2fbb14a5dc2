// SPDX-License-Identifier: Apache-2.0
// The table, and the two ways in which a group can mean the same as a class. Prompts keep to everyday words: small
// text towers know few others.

#include "teacher/broad_groups.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/text.h"

namespace pupil::teacher {
namespace {

BroadGroup group(std::string name, std::vector<std::string> prompts, std::vector<std::string> audioset,
                 std::vector<std::string_view> stems, std::vector<std::string_view> weak_stems = {}) {
  BroadGroup made;
  made.sound.name = std::move(name);
  made.sound.prompts = std::move(prompts);
  made.sound.audioset = std::move(audioset);
  made.stems = std::move(stems);
  made.weak_stems = std::move(weak_stems);
  return made;
}

// clang-format off
std::vector<BroadGroup> make_groups() {
  return {
    group("speech", {"a person speaking", "people talking", "a voice on the television"},
          {"Speech", "Male speech, man speaking", "Female speech, woman speaking", "Conversation", "Narration, monologue", "Speech synthesizer", "Whispering"},
          {"speech", "talk", "speak", "voice", "conversation", "whisper"}),
    group("shouting", {"a person shouting", "people screaming"}, {"Shout", "Yell", "Screaming", "Children shouting"}, {"shout", "scream", "yell"}),
    group("laughter", {"people laughing", "laughter"}, {"Laughter", "Giggle", "Snicker", "Chuckle, chortle"}, {"laugh", "laughter", "giggle", "chuckle"}),
    group("crying", {"a baby crying", "a person sobbing"}, {"Crying, sobbing", "Baby cry, infant cry", "Whimper", "Wail, moan"}, {"cry", "baby", "sob", "weep", "infant"}),
    group("singing", {"a person singing", "a choir"}, {"Singing", "Choir", "Humming", "Vocal music", "A capella"}, {"sing", "song", "choir"}),
    group("whistling", {"a person whistling", "a whistle blowing"}, {"Whistling", "Whistle"}, {"whistl", "whistle"}),
    group("breathing", {"a person breathing", "a sigh"}, {"Breathing", "Gasp", "Wheeze", "Sigh", "Sniff"}, {"breath", "breathe", "sniff"}),
    group("snoring", {"a person snoring"}, {"Snoring", "Snort"}, {"snor", "snore"}),
    group("coughing", {"a person coughing", "a person clearing the throat"}, {"Cough", "Throat clearing"}, {"cough"}),
    group("sneezing", {"a person sneezing"}, {"Sneeze"}, {"sneez", "sneeze"}),
    group("footsteps", {"footsteps", "a person walking"}, {"Walk, footsteps", "Run", "Shuffle"}, {"footstep", "step", "walk"}),
    group("eating and drinking", {"a person chewing", "a person eating and drinking"}, {"Chewing, mastication", "Biting", "Gargling", "Burping, eructation", "Hiccup"}, {"eat", "drink", "chew", "sip", "bite"}),
    group("clapping", {"hands clapping", "applause"}, {"Clapping", "Applause", "Cheering", "Finger snapping"}, {"clap", "clapp", "applause", "cheer"}),
    group("crowd", {"a crowd of people", "the babble of many people"}, {"Crowd", "Chatter", "Hubbub, speech noise, speech babble", "Children playing"}, {"crowd", "chatter", "babble"}),
    group("dog", {"a dog barking", "a dog howling", "a dog whining"}, {"Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)", "Canidae, dogs, wolves"},
          {"dog", "puppy", "bark", "howl", "growl", "yelp", "whine", "whin", "pant", "wolf", "hound"}),
    group("cat", {"a cat meowing", "a cat purring"}, {"Cat", "Purr", "Meow", "Hiss", "Caterwaul"}, {"cat", "kitten", "meow", "purr"}),
    group("horse", {"a horse", "the neigh of a horse"}, {"Horse", "Clip-clop", "Neigh, whinny"}, {"horse", "neigh", "hoof"}),
    group("cattle", {"a cow mooing"}, {"Cattle, bovinae", "Moo", "Cowbell"}, {"cow", "cattle", "moo"}),
    group("pigs", {"pigs oinking"}, {"Pig", "Oink"}, {"pig", "oink"}),
    group("sheep and goats", {"sheep bleating", "a goat"}, {"Sheep", "Goat", "Bleat"}, {"goat", "sheep", "lamb", "bleat"}),
    group("chickens", {"a rooster crowing", "chickens clucking"}, {"Chicken, rooster", "Fowl", "Cluck", "Crowing, cock-a-doodle-doo", "Turkey", "Gobble"}, {"rooster", "hen", "chicken", "turkey", "fowl"}),
    group("ducks and geese", {"ducks quacking", "a goose honking"}, {"Duck", "Quack", "Goose", "Honk"}, {"duck", "goose", "geese", "quack"}),
    group("bird", {"birds singing", "a bird chirping"}, {"Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Squawk", "Bird flight, flapping wings"}, {"bird", "birdsong", "chirp", "tweet", "sparrow"}),
    group("crows, owls and pigeons", {"a crow cawing", "an owl", "a pigeon cooing"}, {"Pigeon, dove", "Coo", "Crow", "Caw", "Owl", "Hoot"}, {"crow", "owl", "pigeon", "dove", "caw", "hoot"}),
    group("crickets", {"crickets chirping"}, {"Cricket"}, {"cricket", "cicada", "grasshopper"}),
    group("flying insects", {"a bee buzzing", "a fly buzzing"}, {"Insect", "Mosquito", "Fly, housefly", "Buzz", "Bee, wasp, etc."}, {"insect", "bee", "fly", "flies", "mosquito", "wasp", "buzz"}),
    group("frog", {"frogs croaking"}, {"Frog", "Croak"}, {"frog", "toad", "croak"}),
    group("wild animals", {"a lion roaring", "a wild animal"}, {"Wild animals", "Roaring cats (lions, tigers)", "Roar", "Snake", "Rodents, rats, mice", "Whale vocalization"}, {"lion", "tiger", "bear", "snake", "whale", "roar"}),
    group("music", {"music playing", "a song with drums and guitar"}, {"Music", "Song", "Pop music", "Rock music", "Hip hop music", "Electronic music", "Background music"}, {"music"}),
    group("instruments", {"a guitar playing", "a piano playing", "a violin playing", "a flute playing", "a trumpet playing"},
          {"Musical instrument", "Guitar", "Acoustic guitar", "Electric guitar", "Plucked string instrument", "Banjo", "Harp", "Strum", "Piano", "Keyboard (musical)", "Organ", "Electric piano", "Synthesizer",
           "Violin, fiddle", "Cello", "Bowed string instrument", "Orchestra", "Flute", "Saxophone", "Clarinet", "Trumpet", "Brass instrument", "Trombone"},
          {"instrument", "guitar", "harp", "banjo", "piano", "organ", "synthesizer", "violin", "flute", "trumpet", "cello", "saxophone", "orchestra"}),
    group("drums", {"drums playing", "a cymbal"}, {"Drum", "Drum kit", "Snare drum", "Bass drum", "Cymbal", "Percussion", "Drum machine"}, {"drum", "cymbal", "percussion"}),
    group("bells and chimes", {"bells ringing", "a chime"}, {"Bell", "Church bell", "Jingle bell", "Bicycle bell", "Chime", "Wind chime", "Gong", "Ding"}, {"bell", "chime", "gong", "carillon"}),
    group("wind", {"wind blowing", "leaves rustling in the wind"}, {"Wind", "Rustling leaves", "Wind noise (microphone)"}, {"wind", "storm", "gust"}),
    group("rain", {"rain falling", "rain drops on a roof"}, {"Rain", "Raindrop", "Rain on surface"}, {"rain", "raindrop"}),
    group("thunder", {"thunder", "a thunderstorm"}, {"Thunderstorm", "Thunder"}, {"thunder", "thunderstorm"}),
    group("running water", {"a stream of water", "water from a tap"}, {"Water", "Stream", "Waterfall", "Water tap, faucet", "Sink (filling or washing)", "Bathtub (filling or washing)", "Gurgling"},
          {"stream", "river", "tap", "faucet", "shower"}, {"water"}),
    group("toilets", {"a toilet flushing"}, {"Toilet flush"}, {"toilet", "flush"}),
    group("waves", {"waves of the sea", "surf on the beach"}, {"Ocean", "Waves, surf"}, {"sea", "wave", "ocean", "surf"}),
    group("dripping", {"water dripping"}, {"Drip"}, {"drip", "drop"}),
    group("pouring", {"pouring a liquid", "a splash of water"}, {"Pour", "Liquid", "Splash, splatter", "Fill (with liquid)", "Trickle, dribble", "Boiling"}, {"pour", "splash", "boil"}),
    group("fire", {"a fire crackling", "a campfire burning"}, {"Fire", "Crackle"}, {"fire", "fireplace", "campfire", "crackle", "crackl"}),
    group("road vehicles", {"a car passing by", "traffic on a road", "a motorcycle"}, {"Motor vehicle (road)", "Car", "Car passing by", "Truck", "Bus", "Motorcycle", "Traffic noise, roadway noise", "Race car, auto racing", "Vehicle", "Skidding"},
          {"traffic", "truck", "lorry", "bus", "motorcycle", "motorbike", "vehicle"}),
    group("horns", {"a car honking", "the horn of a ship"}, {"Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn", "Foghorn", "Train horn"}, {"horn", "honk", "honking"}),
    group("trains", {"a train passing", "a train on rails"}, {"Rail transport", "Train", "Railroad car, train wagon", "Train wheels squealing", "Subway, metro, underground", "Train whistle"}, {"train", "railway", "tram", "subway"}),
    group("airplanes", {"an airplane flying"}, {"Aircraft", "Aircraft engine", "Jet engine", "Fixed-wing aircraft, airplane", "Propeller, airscrew"}, {"airplane", "aeroplane", "plane", "aircraft", "jet"}),
    group("helicopters", {"a helicopter flying"}, {"Helicopter"}, {"helicopter", "drone"}),
    group("engines", {"an engine running", "a motor idling"}, {"Engine", "Light engine (high frequency)", "Medium engine (mid frequency)", "Heavy engine (low frequency)", "Engine starting", "Idling", "Accelerating, revving, vroom"},
          {"engine", "motor"}),
    group("saws and mowers", {"a chainsaw", "a lawn mower"}, {"Chainsaw", "Lawn mower"}, {"chainsaw", "mower", "lawnmower"}),
    group("knocks", {"knocking on a door", "a tap on wood"}, {"Knock", "Tap"}, {"knock"}),
    group("doors", {"a door closing", "a door creaking"}, {"Door", "Sliding door", "Slam", "Squeak", "Creak", "Cupboard open or close", "Drawer open or close"}, {"slam", "creak", "squeak", "gate", "drawer"}, {"door"}),
    group("doorbells and telephones", {"a doorbell rings", "a telephone ringing"}, {"Doorbell", "Ding-dong", "Telephone", "Telephone bell ringing", "Ringtone", "Dial tone", "Busy signal", "Buzzer"}, {"doorbell", "telephone", "phone", "ringtone", "buzzer"}),
    group("alarms and beeps", {"an alarm beeping", "a smoke alarm", "beeps"}, {"Alarm", "Alarm clock", "Smoke detector, smoke alarm", "Fire alarm", "Car alarm", "Beep, bleep", "Reversing beeps", "Ping"}, {"alarm", "beep", "smoke"}),
    group("sirens", {"a siren", "an ambulance siren"}, {"Siren", "Civil defense siren", "Police car (siren)", "Ambulance (siren)", "Fire engine, fire truck (siren)", "Emergency vehicle"}, {"siren", "ambulance", "police"}),
    group("clocks", {"a clock ticking"}, {"Clock", "Tick", "Tick-tock"}, {"clock", "tick"}),
    group("typing", {"typing on a keyboard"}, {"Typing", "Typewriter", "Computer keyboard", "Writing"}, {"typ", "type", "keyboard"}),
    group("clicks", {"a mouse clicks", "clicks"}, {"Clicking", "Clickety-clack", "Camera"}, {"click"}),
    group("dishes and cutlery", {"dishes and pans", "cutlery in a kitchen", "the clink of glass"}, {"Dishes, pots, and pans", "Cutlery, silverware", "Chink, clink", "Chopping (food)", "Frying (food)", "Clatter"}, {"dish", "cutlery", "plate", "kitchen"}),
    group("vacuum cleaners and dryers", {"a vacuum cleaner", "a hair dryer"}, {"Vacuum cleaner", "Hair dryer", "Blender"}, {"vacuum", "dryer", "blender", "hoover"}),
    group("household machines", {"a washing machine", "a fan"}, {"Mechanisms", "Microwave oven", "Mechanical fan", "Air conditioning", "Sewing machine", "Printer"}, {"microwave", "fan", "machine", "printer"}),
    group("toothbrushes and razors", {"brushing teeth", "an electric razor"}, {"Toothbrush", "Electric toothbrush", "Electric shaver, electric razor"}, {"toothbrush", "teeth", "razor", "shav"}),
    group("tools", {"a hammer hammering", "a saw sawing wood", "a drill drilling"}, {"Tools", "Hammer", "Jackhammer", "Sawing", "Filing (rasp)", "Sanding", "Power tool", "Drill"}, {"hammer", "saw", "drill", "tool"}),
    group("shots and explosions", {"a gun fired", "an explosion"}, {"Gunshot, gunfire", "Explosion", "Machine gun", "Burst, pop", "Boom", "Artillery fire"}, {"gun", "gunshot", "shot", "explosion", "bang"}),
    group("fireworks", {"fireworks"}, {"Fireworks", "Firecracker"}, {"firework", "firecracker"}),
    group("breaking glass", {"glass breaking", "something falls and breaks"}, {"Glass", "Shatter", "Breaking"}, {"glass", "break", "shatter"}),
    group("impacts", {"a thud", "something falls"}, {"Thump, thud", "Smash, crash", "Bang", "Slap, smack", "Whack, thwack", "Bouncing", "Wood", "Crack"}, {"crash", "thud", "thump"}),
    group("rustling and scraping", {"crumpling", "rustling", "scratching"}, {"Rustle", "Crumpling, crinkling", "Crushing", "Tearing", "Scratch", "Scrape", "Rub", "Zipper (clothing)", "Keys jangling", "Jingle, tinkle", "Roll"}, {"rustl", "rustle", "paper", "scratch", "scrape", "scrap", "zipper", "key"}),
    group("noise and hum", {"white noise", "a hum", "silence in a quiet room"}, {"Silence", "Noise", "White noise", "Pink noise", "Static", "Mains hum", "Hum", "Environmental noise", "Rumble", "Sine wave"}, {"noise", "hum", "silence", "quiet", "static"}),
    group("sound effects", {"a sound effect of a video game", "an electronic sound"}, {"Sound effect", "Video game music", "Whoosh, swoosh, swish", "Zing", "Boing", "Chirp tone", "Pulse", "Echo"}, {"effect", "whoosh"}),
  };
}
// clang-format on

constexpr std::string_view kEndings[] = {"", "s", "es", "ing", "ed", "er", "ers", "ping", "ming"};

bool is_form_of(std::string_view word, std::string_view stem) {
  if (!word.starts_with(stem)) return false;
  return std::ranges::find(kEndings, word.substr(stem.size())) != std::end(kEndings);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    if (std::isalpha(static_cast<unsigned char>(letter)) != 0)
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// The first word of `text` that is a form of one of `stems`; empty: none is.
std::string word_of(std::string_view text, std::span<const std::string_view> stems) {
  for (std::string& word : words_of(text)) {
    if (std::ranges::any_of(stems, [&](std::string_view stem) { return is_form_of(word, stem); }))
      return std::move(word);
  }
  return "";
}

// The class of the highest correlation that reaches kSameSound.
std::optional<GroupAside> alike_in_score(std::size_t group, std::size_t class_count,
                                         const ScoreCorrelation& correlation) {
  std::optional<GroupAside> found;
  double highest = kSameSound;
  for (std::size_t k = 0; k < class_count; ++k) {
    const double value = correlation.between(group, k);
    if (value < highest) continue;
    highest = value;
    found = GroupAside{group, k, concat("scores that rise and fall together (", fixed(value, 2), ")")};
  }
  return found;
}

std::optional<GroupAside> alike_in_words(std::size_t group, std::span<const SoundClass> classes) {
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::string reason = shared_word(classes[k], broad_groups()[group]);
    if (!reason.empty()) return GroupAside{group, k, std::move(reason)};
  }
  return std::nullopt;
}

}  // namespace

std::span<const BroadGroup> broad_groups() {
  static const std::vector<BroadGroup> groups = make_groups();
  return groups;
}

SoundClass without_names_of(const BroadGroup& group, std::span<const SoundClass> classes) {
  SoundClass rest = group.sound;
  std::erase_if(rest.audioset, [&](const std::string& name) {
    return std::ranges::any_of(classes, [&](const SoundClass& sound) {
      return std::ranges::find(sound.audioset, name) != sound.audioset.end();
    });
  });
  return rest.audioset.empty() ? group.sound : rest;
}

std::string shared_word(const SoundClass& sound, const BroadGroup& group) {
  const std::string& widest = group.sound.audioset.front();
  if (std::ranges::find(sound.audioset, widest) != sound.audioset.end())
    return concat("the AudioSet name '", widest, "'");
  const std::string word = word_of_group(sound.name, group);
  const auto is_nearer = [&](const BroadGroup& other) { return !word_of(sound.name, other.stems).empty(); };
  const bool is_weak = !word.empty() && word_of(word, group.stems).empty();
  if (word.empty() || (is_weak && std::ranges::any_of(broad_groups(), is_nearer))) return "";
  return concat("the word '", word, "'");
}

std::string word_of_group(std::string_view text, const BroadGroup& group) {
  std::string word = word_of(text, group.stems);
  return word.empty() ? word_of(text, group.weak_stems) : word;
}

ScoreCorrelation::ScoreCorrelation(std::size_t class_count, std::size_t group_count)
    : class_count_(class_count),
      group_count_(group_count),
      sum_(class_count + group_count),
      squares_(sum_.size()),
      products_(group_count * class_count) {}

void ScoreCorrelation::add(std::span<const float> scores) {
  ++count_;
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    sum_[i] += scores[i];
    squares_[i] += static_cast<double>(scores[i]) * scores[i];
  }
  for (std::size_t g = 0; g < group_count_; ++g) {
    for (std::size_t k = 0; k < class_count_; ++k)
      products_[g * class_count_ + k] += static_cast<double>(scores[class_count_ + g]) * scores[k];
  }
}

double ScoreCorrelation::between(std::size_t group, std::size_t class_index) const {
  const std::size_t column = class_count_ + group;
  const auto variance = [&](std::size_t i) { return squares_[i] * count_ - sum_[i] * sum_[i]; };
  const double spread = std::sqrt(std::max(variance(column), 0.0) * std::max(variance(class_index), 0.0));
  const double common =
      products_[group * class_count_ + class_index] * count_ - sum_[column] * sum_[class_index];
  constexpr double kNoSpread = 1e-9;  // of scores that never differed only rounding is left
  return spread <= kNoSpread * count_ * count_ ? 0 : common / spread;
}

std::vector<GroupAside> groups_aside(std::span<const SoundClass> classes, std::size_t reported_count,
                                     const ScoreCorrelation& correlation) {
  std::vector<GroupAside> aside;
  for (std::size_t g = 0; g < broad_groups().size(); ++g) {
    std::optional<GroupAside> found = alike_in_words(g, classes);
    if (!found) found = alike_in_score(g, reported_count, correlation);
    if (found) aside.push_back(std::move(*found));
  }
  return aside;
}

}  // namespace pupil::teacher
