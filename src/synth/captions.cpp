// SPDX-License-Identifier: Apache-2.0
#include "synth/captions.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace pupil::synth {
namespace {

constexpr std::size_t kMostNamed = 4;
constexpr double kSmallCm = 11;
constexpr double kLargeCm = 18;

std::vector<SoundKind> named_once(const Scene& scene) {
  std::vector<SoundKind> kinds;
  const auto add = [&](SoundKind kind) {
    if (kinds.size() < kMostNamed && std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      kinds.push_back(kind);
  };
  for (const SceneEvent& event : scene.events) add(event.kind);
  for (const SoundKind kind : scene.bed) add(kind);
  return kinds;
}

// "a dog" may be said more exactly when this animal is of a kind that has a word.
std::string with_size(std::string phrase, const Animal& animal, Random& random) {
  const std::size_t at = phrase.find("a dog");
  if (at == std::string::npos || !random.chance(0.4)) return phrase;
  std::string_view word = "a dog";
  if (animal.is_puppy) {
    word = "a puppy";
  } else if (animal.tract_cm < kSmallCm) {
    word = "a small dog";
  } else if (animal.tract_cm > kLargeCm) {
    word = "a large dog";
  }
  return phrase.replace(at, 5, word);
}

}  // namespace

std::string draw_caption(const Scene& scene, Random random) {
  constexpr std::array<std::string_view, 4> kJoins = {" with ", " and ", " over ", " together with "};
  constexpr std::array<std::string_view, 3> kFar = {" in the distance", " far away", " from afar"};
  const std::vector<SoundKind> kinds = named_once(scene);
  if (kinds.empty()) return "a quiet room";
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i == 1 ? random.pick(kJoins) : std::string_view(" and ");
    const std::string_view phrase = random.pick(phrases(kinds[i]));
    text += with_size(std::string(phrase), scene.animal, random);
    const bool is_far = is_voice(kinds[i]) && scene.place.distance_m > 12;
    if (is_far && random.chance(0.6)) text += random.pick(kFar);
  }
  if (random.chance(0.15)) text += scene.place.is_indoors ? " in a room" : " outdoors";
  return text;
}

}  // namespace pupil::synth
