// SPDX-License-Identifier: Apache-2.0
#include "pretrain/phrases.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::pretrain {
namespace {

// {} is the phrase. Most sentences are the phrase alone.
constexpr std::array<std::string_view, 20> kWordings = {"{}",
                                                        "{}",
                                                        "{}",
                                                        "{}",
                                                        "{}",
                                                        "the sound of {}",
                                                        "sound of {}",
                                                        "a recording of {}",
                                                        "{} can be heard",
                                                        "{} in the distance",
                                                        "{} nearby",
                                                        "{} in the background",
                                                        "{} outdoors",
                                                        "{} in a room",
                                                        "this is {}",
                                                        "this is a sound of {}",
                                                        "i can hear {}",
                                                        "noises of {}",
                                                        "{}, recorded with a phone",
                                                        "a loud sound of {}"};

constexpr std::array<std::string_view, 6> kJoints = {" and ",   " with ",        ", ",
                                                     " while ", " followed by ", " over "};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::vector<std::string> phrases_of_name(const std::string& key) {
  std::string name = lower_case(key);
  if (const std::size_t open = name.find(" ("); open != std::string::npos && name.back() == ')') {
    const std::string inner = name.substr(open + 2, name.size() - open - 3);
    name = inner.find(',') == std::string::npos ? inner + " " + name.substr(0, open) : name.substr(0, open);
  }
  return split(name, ",");
}

std::string worded(std::string_view wording, const std::string& phrase) {
  std::string text(wording);
  return text.replace(text.find("{}"), 2, phrase);
}

}  // namespace

PhraseTable PhraseTable::parse(std::string_view text, const std::string& name) {
  PhraseTable table;
  std::int64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '!') {
      table.held_out_.emplace(trimmed(line.substr(1)));
      continue;
    }
    const std::vector<std::string> sides = split(line, "=>");
    if (sides.size() != 2) throw Error(concat(name, ":", number, ": not KEY | KEY => PHRASE | PHRASE"));
    for (const std::string& key : split(sides[0], "|")) table.add(key, split(sides[1], "|"));
  }
  for (auto& [key, phrases] : table.phrases_) {
    std::erase_if(phrases, [&](const std::string& phrase) { return table.held_out_.contains(phrase); });
    if (phrases.empty()) throw Error(concat(name, ": ", key, " has no phrases but held-out ones"));
  }
  return table;
}

PhraseTable PhraseTable::load(const std::filesystem::path& path) {
  if (path.empty()) return parse(builtin_phrases(), "the built-in phrases");
  return parse(read_text(path), path.string());
}

void PhraseTable::add(const std::string& key, const std::vector<std::string>& phrases) {
  std::vector<std::string>& known = phrases_[key];
  for (const std::string& phrase : phrases) {
    const bool again = std::ranges::find(known, phrase) != known.end();
    if (!again && !held_out_.contains(phrase)) known.push_back(phrase);
  }
}

std::vector<std::string> PhraseTable::phrases(const std::string& key) const {
  const auto found = phrases_.find(key);
  return found != phrases_.end() ? found->second : phrases_of_name(key);
}

std::string PhraseTable::sentence(const std::vector<std::string>& phrases, CounterRandom& random) const {
  while (true) {
    const std::string& phrase = phrases[static_cast<std::size_t>(random.below(std::ssize(phrases)))];
    const std::string text =
        worded(kWordings[static_cast<std::size_t>(random.below(std::ssize(kWordings)))], phrase);
    if (!held_out_.contains(text)) return text;
  }
}

std::vector<std::string> PhraseTable::sentences(const std::vector<std::string>& keys) const {
  std::set<std::string> all;
  for (const std::string& key : keys) {
    for (const std::string& phrase : phrases(key)) {
      for (const std::string_view wording : kWordings) all.insert(worded(wording, phrase));
    }
  }
  for (const std::string& text : held_out_) all.erase(text);
  return {all.begin(), all.end()};
}

std::string joined_sentence(const std::string& first, const std::string& second, CounterRandom& random) {
  return first + std::string(kJoints[static_cast<std::size_t>(random.below(std::ssize(kJoints)))]) + second;
}

}  // namespace pupil::pretrain
