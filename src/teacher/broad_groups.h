// SPDX-License-Identifier: Apache-2.0
// Broad negatives: everyday groups of sounds that a teacher scores beside a project's classes, so that a window can
// be won by something that nobody named. Used by the labelling stage; which groups mean the same as a class, and
// step aside, is decided here (docs/decisions/011-broad-negatives.md).

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "project/project_file.h"

namespace pupil::teacher {

struct BroadGroup {
  /// Name, prompts and AudioSet names as a class of pupil.toml has them; the first AudioSet name is the widest.
  SoundClass sound;
  /// Stems of words by which a class's own name means this group: "bark" also stands for "barks", "barking".
  std::vector<std::string_view> stems;
  /// Stems that do so only where no other group's word stands beside them: a "door knock" is a knock, a "door" is a door.
  std::vector<std::string_view> weak_stems;
};

/// The upper levels of AudioSet's ontology, 68 groups. Static storage, always in the same order.
std::span<const BroadGroup> broad_groups();

/// The group as it is scored beside `classes`: without the AudioSet names that one of these has, or as it is where
/// nothing would be left (then it steps aside). "Hiss" of a can that is opened is no cat then, and cats are still cats.
SoundClass without_names_of(const BroadGroup& group, std::span<const SoundClass> classes);

/// Why `sound` means the same as `group` by its words: the group's widest AudioSet name is one of its own ("the AudioSet
/// name 'Dog'"), or a word of its name is the group's ("the word 'barking'"), by a weak stem where no group has another. Empty: neither.
std::string shared_word(const SoundClass& sound, const BroadGroup& group);

/// The first word of `text` that is a form of one of the group's stems, weak ones included, in small letters; empty: none is.
std::string word_of_group(std::string_view text, const BroadGroup& group);

/// Pearson correlations, over windows, of each group's score with each class's: two columns that rise and fall
/// together mean one sound to the teacher, whatever they are called.
class ScoreCorrelation {
 public:
  ScoreCorrelation(std::size_t class_count, std::size_t group_count);

  /// Counts the scores of one window in: [classes + groups], finite.
  void add(std::span<const float> scores);

  /// In [-1, 1]; 0 where one of the two never differed.
  double between(std::size_t group, std::size_t class_index) const;

 private:
  std::size_t class_count_, group_count_;
  double count_ = 0;
  std::vector<double> sum_, squares_;  // [classes + groups]
  std::vector<double> products_;       // [groups, classes]
};

/// From this correlation on a group and a class are one sound.
inline constexpr double kSameSound = 0.8;

/// A group that steps aside, and for which class.
struct GroupAside {
  std::size_t group = 0;
  std::size_t class_index = 0;
  std::string reason;  ///< "the word 'barking'", "scores that rise and fall together (0.91)"
};

/// The groups that mean the same as one of `classes`, in the order of the groups: by a shared word, else, for the first
/// `reported_count` of them (the others are negatives themselves), by `correlation`, whose classes are these.
std::vector<GroupAside> groups_aside(std::span<const SoundClass> classes, std::size_t reported_count,
                                     const ScoreCorrelation& correlation);

}  // namespace pupil::teacher
