// SPDX-License-Identifier: Apache-2.0
// Tables: review_journal (all verdicts), reviews and rejections (what follows from them). Invariants:
//
// 1. A stretch has at most one row in reviews and rejections together: decide() deletes both, then writes the one that the
//    latest deciding entry asks for. It runs in the transaction that changed the journal.
// 2. An entry is never deleted (but with its clip) and only `undone` is ever updated, so that ids tell the order of verdicts.
// 3. Entries of a batch have its first entry's id in `batch`; a batch is taken back whole.

#include "corpus/review_journal.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "corpus/milliseconds.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

constexpr std::array<std::string_view, 5> kKindNames = {"accept", "reject", "class", "none", "unsure"};

// Of the journal j: entries that were not taken back and decide.
constexpr std::string_view kDecides = "j.undone = 0 AND j.kind <> 4 AND j.repeat_of IS NULL";

constexpr std::string_view kSelectEntry =
    "SELECT j.id, j.clip_id, j.start_ms, j.length_ms, j.kind, k.name, c.name, j.reviewer, j.note, j.at, j.batch,"
    " coalesce(j.repeat_of, 0), j.undone FROM review_journal j JOIN classes k ON k.id = j.class_id"
    " JOIN classes c ON c.id = j.called_id WHERE ";

JournalEntry read_entry(const Query& query) {
  JournalEntry entry;
  entry.id = query.integer(0);
  entry.stretch = {query.integer(1), static_cast<double>(query.integer(2)) * 1e-3,
                   static_cast<double>(query.integer(3)) * 1e-3};
  entry.kind = static_cast<VerdictKind>(query.integer(4));
  entry.label = query.text(5);
  entry.called = query.text(6);
  entry.reviewer = query.text(7);
  entry.note = query.text(8);
  entry.at = query.text(9);
  entry.batch = query.integer(10);
  entry.repeat_of = query.integer(11);
  entry.undone = query.integer(12) != 0;
  return entry;
}

std::vector<JournalEntry> read_entries(Query& query) {
  std::vector<JournalEntry> entries;
  while (query.step()) entries.push_back(read_entry(query));
  return entries;
}

Query& bind_stretch(Query& query, const Stretch& stretch) {
  return query.bind(stretch.clip_id).bind(to_ms(stretch.start_s)).bind(to_ms(stretch.length_s));
}

bool takes_label(VerdictKind kind) {
  return kind == VerdictKind::accept || kind == VerdictKind::reject || kind == VerdictKind::other_class;
}

void check_entry(Database& database, const JournalEntry& entry) {
  if (entry.reviewer.empty()) throw Error("a verdict needs its reviewer's name");
  if (takes_label(entry.kind) == entry.label.empty())
    throw Error(concat("a verdict \"", verdict_kind_name(entry.kind),
                       entry.label.empty() ? "\" needs a class" : "\" has no class"));
  auto clip = database.query("SELECT 1 FROM clips WHERE id = ?");
  if (!clip.bind(entry.stretch.clip_id).step())
    throw Error(concat("catalogue: no clip ", entry.stretch.clip_id, " (any more)"));
}

std::int64_t insert_entry(Database& database, const JournalEntry& entry, std::int64_t batch) {
  const std::int64_t label = class_id(database, entry.label), called = class_id(database, entry.called);
  auto query = database.query(
      "INSERT INTO review_journal(clip_id, start_ms, length_ms, kind, class_id, called_id, reviewer, note, at, batch, repeat_of)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_stretch(query, entry.stretch).bind(static_cast<std::int32_t>(entry.kind)).bind(label).bind(called);
  query.bind(entry.reviewer).bind(entry.note).bind(utc_now()).bind(batch);
  (entry.repeat_of == 0 ? query.bind_null() : query.bind(entry.repeat_of)).run();
  return database.last_row_id();
}

void delete_decision(Database& database, const Stretch& stretch) {
  for (const char* table : {"reviews", "rejections"}) {
    auto query = database.query(
        concat("DELETE FROM ", table, " WHERE clip_id = ? AND start_ms = ? AND length_ms = ?"));
    bind_stretch(query, stretch).run();
  }
}

// Writes what the stretch's latest deciding entry asks for.
void decide(Database& database, const Stretch& stretch) {
  delete_decision(database, stretch);
  for (const auto& [table, is_kind] : {std::pair("reviews", "<>"), std::pair("rejections", "=")}) {
    auto query = database.query(concat(
        "INSERT INTO ", table,
        "(clip_id, start_ms, length_ms, class_id, reviewer, note, at)"
        " SELECT clip_id, start_ms, length_ms, class_id, reviewer, note, at FROM (SELECT * FROM review_journal j"
        " WHERE j.clip_id = ? AND j.start_ms = ? AND j.length_ms = ? AND ",
        kDecides, " ORDER BY j.id DESC LIMIT 1) WHERE kind ", is_kind, " 1"));
    bind_stretch(query, stretch).run();
  }
}

// Inside the caller's transaction where there is one, else in its own.
template <typename Work>
auto in_transaction(Catalogue& catalogue, const Work& work) {
  if (catalogue.database().in_transaction()) return work(catalogue.database());
  Transaction transaction(catalogue);
  auto result = work(catalogue.database());
  transaction.commit();
  return result;
}

std::vector<JournalEntry> last_batch(Database& database, std::string_view reviewer) {
  auto query = database.query(
      concat(kSelectEntry,
             "j.undone = 0 AND j.reviewer = ?1 AND j.batch = (SELECT j.batch FROM review_journal j"
             " WHERE j.undone = 0 AND j.reviewer = ?1 ORDER BY j.id DESC LIMIT 1) ORDER BY j.id"));
  query.bind(reviewer);
  return read_entries(query);
}

}  // namespace

std::string_view verdict_kind_name(VerdictKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

std::optional<VerdictKind> parse_verdict_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<VerdictKind>(i);
  }
  return std::nullopt;
}

// "It is what it was called" and "it is CLASS" say the same.
bool JournalEntry::agrees_with(const JournalEntry& other) const {
  const auto folded = [](VerdictKind of) {
    return of == VerdictKind::other_class ? VerdictKind::accept : of;
  };
  return folded(kind) == folded(other.kind) && label == other.label;
}

std::int64_t put_verdicts(Catalogue& catalogue, std::span<const JournalEntry> entries) {
  if (entries.empty()) throw Error("a verdict without a stretch");
  return in_transaction(catalogue, [&](Database& database) {
    auto next = database.query("SELECT coalesce(max(id), 0) + 1 FROM review_journal");
    next.step();
    const std::int64_t batch = next.integer(0);
    for (const JournalEntry& entry : entries) {
      check_entry(database, entry);
      insert_entry(database, entry, batch);
      decide(database, entry.stretch);
    }
    return batch;
  });
}

std::vector<JournalEntry> undo_verdicts(Catalogue& catalogue, std::string_view reviewer) {
  return in_transaction(catalogue, [&](Database& database) {
    std::vector<JournalEntry> batch = last_batch(database, reviewer);
    for (JournalEntry& entry : batch) {
      database.query("UPDATE review_journal SET undone = 1 WHERE id = ?").bind(entry.id).run();
      decide(database, entry.stretch);
      entry.undone = true;
    }
    return batch;
  });
}

std::vector<JournalEntry> verdicts_on(Catalogue& catalogue, const Stretch& stretch) {
  auto query = catalogue.database().query(concat(
      kSelectEntry, "j.clip_id = ? AND j.start_ms = ? AND j.length_ms = ? AND j.undone = 0 ORDER BY j.id"));
  bind_stretch(query, stretch);
  return read_entries(query);
}

std::vector<JournalEntry> list_verdicts(Catalogue& catalogue, std::string_view reviewer,
                                        std::int64_t after_id) {
  auto query = catalogue.database().query(
      concat(kSelectEntry, "(?1 = '' OR j.reviewer = ?1) AND j.id > ?2 AND j.undone = 0 ORDER BY j.id"));
  query.bind(reviewer).bind(after_id);
  return read_entries(query);
}

RepeatCount count_repeats(Catalogue& catalogue, std::string_view reviewer) {
  auto query = catalogue.database().query(
      "SELECT sum(j.repeat_of IS NULL), sum(j.repeat_of IS NOT NULL) FROM review_journal j"
      " WHERE j.reviewer = ? AND j.kind <> 4 AND j.undone = 0");
  query.bind(reviewer).step();
  return {query.integer(0), query.integer(1)};
}

std::vector<JournalEntry> list_unrepeated(Catalogue& catalogue, std::string_view reviewer,
                                          std::int64_t distance, std::int64_t limit) {
  auto query = catalogue.database().query(concat(
      kSelectEntry, kDecides,
      " AND j.reviewer = ?1 AND NOT EXISTS (SELECT 1 FROM review_journal r WHERE r.repeat_of = j.id AND "
      "r.undone = 0) AND j.id <= (SELECT j.id FROM review_journal j WHERE ",
      kDecides, " AND j.reviewer = ?1 ORDER BY j.id DESC LIMIT 1 OFFSET ?2) ORDER BY j.id LIMIT ?3"));
  query.bind(reviewer).bind(distance).bind(limit);
  return read_entries(query);
}

}  // namespace pupil::corpus
