// SPDX-License-Identifier: Apache-2.0
// How labels and AudioSet classes are put into words.
//
// The table is a text file. A line "KEY | KEY => PHRASE | PHRASE" gives the phrases of labels and classes (AudioSet's
// names, as teacher::audioset_class_names() has them); "! TEXT" names a text that must never be trained on, so that
// it can serve for measuring; "#" begins a comment.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_random.h"

namespace pupil::pretrain {

/// The table that is compiled in.
std::string_view builtin_phrases();

class PhraseTable {
 public:
  /// Error, with `name` and the line: neither form, a key without phrases.
  static PhraseTable parse(std::string_view text, const std::string& name);
  /// The built-in table when `path` is empty.
  static PhraseTable load(const std::filesystem::path& path);

  /// Adds phrases to `key`, behind those that it has.
  void add(const std::string& key, const std::vector<std::string>& phrases);

  /// Phrases of a label or class. A class that the table lacks has those that its name makes: "Bird vocalization,
  /// bird call" is "bird vocalization" and "bird call", "Whimper (dog)" is "dog whimper".
  std::vector<std::string> phrases(const std::string& key) const;
  bool has(const std::string& key) const { return phrases_.contains(key); }

  /// One of `phrases` in one of many wordings: "the sound of ...", "... in the distance". Never a held-out text.
  std::string sentence(const std::vector<std::string>& phrases, CounterRandom& random) const;

  /// Texts that are never trained on.
  const std::set<std::string>& held_out() const { return held_out_; }

  /// Every sentence that can be made of the phrases of `keys`: what a vocabulary is learned from.
  std::vector<std::string> sentences(const std::vector<std::string>& keys) const;

 private:
  std::map<std::string, std::vector<std::string>> phrases_;
  std::set<std::string> held_out_;
};

/// Two sentences as one: "a dog barking and rain".
std::string joined_sentence(const std::string& first, const std::string& second, CounterRandom& random);

}  // namespace pupil::pretrain
