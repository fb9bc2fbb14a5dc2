// SPDX-License-Identifier: Apache-2.0
#include "review/summary.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "base/table_text.h"
#include "base/text.h"
#include "corpus/review_journal.h"

namespace pupil::review {
namespace {

using corpus::JournalEntry;
using corpus::VerdictKind;

constexpr double kZ = 1.959963984540054;  // 95 %, two-sided

// Wilson: centre and half width.
std::pair<double, double> wilson(std::int64_t hits, std::int64_t count) {
  if (count == 0) return {0.5, 0.5};
  const double n = static_cast<double>(count), p = static_cast<double>(hits) / n, z2 = kZ * kZ;
  return {(p + z2 / (2 * n)) / (1 + z2 / n),
          kZ * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)};
}

void count_class(Summary& summary, const JournalEntry& entry) {
  if (entry.kind == VerdictKind::none) ++summary.none;
  if (entry.label.empty()) return;
  ClassSummary& row = summary.classes[entry.label];
  row.accepted += entry.kind == VerdictKind::accept;
  row.rejected += entry.kind == VerdictKind::reject;
  row.given += entry.kind == VerdictKind::other_class;
}

auto place_of(const JournalEntry& entry) {
  return std::tuple(entry.stretch.clip_id, std::llround(entry.stretch.start_s * 1000),
                    std::llround(entry.stretch.length_s * 1000));
}

// The last decision of each reviewer on each stretch, compared.
Share agreement_of(const std::vector<JournalEntry>& entries) {
  std::map<decltype(place_of(entries[0])), std::map<std::string, const JournalEntry*>> stretches;
  for (const JournalEntry& entry : entries) {
    if (entry.repeat_of == 0 && entry.kind != VerdictKind::unsure)
      stretches[place_of(entry)][entry.reviewer] = &entry;
  }
  Share share;
  for (const auto& stretch : stretches) {
    const auto& minds = stretch.second;
    if (minds.size() < 2) continue;
    ++share.count;
    share.hits += std::ranges::all_of(
        minds, [&](const auto& mind) { return mind.second->agrees_with(*minds.begin()->second); });
  }
  return share;
}

Json share_json(const Share& share) {
  return Json::Object{{"agreed", share.hits},
                      {"count", share.count},
                      {"share", share.value()},
                      {"low", share.low()},
                      {"high", share.high()}};
}

std::string share_text(const Share& share) {
  if (share.count == 0) return "none yet";
  return concat(share.hits, " of ", share.count, ", ", fixed(100 * share.value(), 1),
                " % (95 %: ", fixed(100 * share.low(), 1), " to ", fixed(100 * share.high(), 1), " %)");
}

}  // namespace

double Share::low() const {
  const auto [centre, half] = wilson(hits, count);
  return std::max(0.0, centre - half);
}

double Share::high() const {
  const auto [centre, half] = wilson(hits, count);
  return std::min(1.0, centre + half);
}

Summary summarise(corpus::Catalogue& catalogue) {
  Summary summary;
  const std::vector<JournalEntry> entries = corpus::list_verdicts(catalogue);
  std::map<std::int64_t, const JournalEntry*> by_id;
  for (const JournalEntry& entry : entries) {
    by_id[entry.id] = &entry;
    ReviewerSummary& reviewer = summary.reviewers[entry.reviewer];
    if (entry.repeat_of == 0) {
      ++reviewer.verdicts;
      reviewer.unsure += entry.kind == VerdictKind::unsure;
      count_class(summary, entry);
    } else if (const auto first = by_id.find(entry.repeat_of); first != by_id.end()) {
      ++reviewer.repeated.count;
      reviewer.repeated.hits += entry.agrees_with(*first->second);
    }
  }
  summary.agreement = agreement_of(entries);
  return summary;
}

Json summary_json(const Summary& summary) {
  Json::Array reviewers, classes;
  for (const auto& [name, row] : summary.reviewers)
    reviewers.push_back(Json::Object{{"reviewer", name},
                                     {"verdicts", row.verdicts},
                                     {"unsure", row.unsure},
                                     {"repeated", share_json(row.repeated)}});
  for (const auto& [name, row] : summary.classes)
    classes.push_back(Json::Object{
        {"class", name}, {"accepted", row.accepted}, {"rejected", row.rejected}, {"given", row.given}});
  return Json::Object{{"reviewers", Json(reviewers)},
                      {"classes", Json(classes)},
                      {"none", summary.none},
                      {"agreement", share_json(summary.agreement)}};
}

std::string summary_text(const Summary& summary) {
  std::string text = concat(left_aligned("class", 32), right_aligned("yes", 8), right_aligned("no", 8),
                            right_aligned("named", 8), "\n");
  for (const auto& [name, row] : summary.classes)
    text += concat(left_aligned(name, 32), right_aligned(concat(row.accepted), 8),
                   right_aligned(concat(row.rejected), 8), right_aligned(concat(row.given), 8), "\n");
  text += concat("none of these: ", summary.none, "\n\n");
  for (const auto& [name, row] : summary.reviewers)
    text += concat(name, ": ", row.verdicts, " verdicts, ", row.unsure,
                   " unsure; blind repeats that agree: ", share_text(row.repeated), "\n");
  return text +
         concat("stretches that several people decided and agree on: ", share_text(summary.agreement), "\n");
}

}  // namespace pupil::review
