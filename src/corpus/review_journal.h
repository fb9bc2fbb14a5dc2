// SPDX-License-Identifier: Apache-2.0
// The journal: every verdict that anyone gave about a stretch of a clip, in the order in which they came. Nothing in it is
// changed but one mark: taken back or not. Written by `pupil review`, by put_review() (verdicts from devices) and by imports.
//
// What labelling reads (reviews.h) is the present decision about a stretch and follows from the journal: the latest entry that
// decides and was not taken back. accept, other_class and none give a review; reject gives a rejection: the stretch is not what
// it was called, and may be any other class or none. unsure and repeats decide nothing.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/catalogue.h"

namespace pupil::corpus {

/// Stored as these numbers; never renumber.
enum class VerdictKind : std::int32_t {
  accept = 0,       ///< it is what it was called
  reject = 1,       ///< it is not
  other_class = 2,  ///< it is another class, which is named
  none = 3,         ///< it is none of the classes
  unsure = 4,       ///< the person cannot tell
};

/// "accept", "reject", "class", "none", "unsure"; what parse_verdict_kind() reads.
std::string_view verdict_kind_name(VerdictKind kind);
std::optional<VerdictKind> parse_verdict_kind(std::string_view name);

/// A stretch of a clip; begin and length are compared in whole milliseconds.
struct Stretch {
  std::int64_t clip_id = 0;
  double start_s = 0;
  double length_s = 0;
};

struct JournalEntry {
  std::int64_t id = 0;  ///< rises with time
  Stretch stretch;
  VerdictKind kind = VerdictKind::unsure;
  std::string label;     ///< accept, other_class: what it is; reject: what it is not; else empty
  std::string called;    ///< what it was called when the person decided; empty: not known
  std::string reviewer;  ///< free text, not empty
  std::string note;
  std::string at;          ///< UTC, ISO 8601; set when it is stored
  std::int64_t batch = 0;  ///< id of the first entry of those that were decided, and are taken back, together
  std::int64_t repeat_of = 0;  ///< the same reviewer's entry that this one repeats blind; 0: none
  bool undone = false;

  /// Whether two verdicts say the same of a stretch.
  bool agrees_with(const JournalEntry& other) const;
};

/// Stores `entries` as one batch, and what follows from them for the reviews, whole or not at all. Ids, times, batch and
/// `undone` are set here. Once it returns, kill -9 takes nothing back. Returns the batch's number. Error: no entry, a clip that
/// is not there, a reviewer without a name, a label where the kind has none or the other way round.
std::int64_t put_verdicts(Catalogue& catalogue, std::span<const JournalEntry> entries);

/// Takes back the last batch of `reviewer` that was not taken back, repeats included; the reviews become what they were
/// without it. Returns its entries; empty: there is none.
std::vector<JournalEntry> undo_verdicts(Catalogue& catalogue, std::string_view reviewer);

/// Entries about a stretch that were not taken back, oldest first.
std::vector<JournalEntry> verdicts_on(Catalogue& catalogue, const Stretch& stretch);

/// All entries of `reviewer` (empty: of everyone) that were not taken back, oldest first, behind `after_id`.
std::vector<JournalEntry> list_verdicts(Catalogue& catalogue, std::string_view reviewer = {},
                                        std::int64_t after_id = 0);

/// Decisions (neither unsure nor repeats) of `reviewer` that were not taken back, and how many of them were repeated.
struct RepeatCount {
  std::int64_t decided = 0;
  std::int64_t repeated = 0;
};
RepeatCount count_repeats(Catalogue& catalogue, std::string_view reviewer);

/// The oldest decisions of `reviewer`, at most `limit`, that were not repeated and have at least `distance` later ones of
/// theirs behind them.
std::vector<JournalEntry> list_unrepeated(Catalogue& catalogue, std::string_view reviewer,
                                          std::int64_t distance, std::int64_t limit);

}  // namespace pupil::corpus
