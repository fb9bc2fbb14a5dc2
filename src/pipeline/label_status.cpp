// SPDX-License-Identifier: Apache-2.0
// What `pupil status` says of a labelling: a table of classes by split, and where there is nothing to learn from, why. Counts
// come from the catalogue, so that the answer is there before any training set is made; student/learned_windows.cpp says
// the same of a set that is.

#include "pipeline/label_status.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/table_text.h"
#include "base/text.h"
#include "corpus/verdict_counts.h"

namespace pupil::pipeline {
namespace {

using corpus::Verdict;

// Classes without an accepted window that get a line of their own.
constexpr std::size_t kUnlearnedLines = 10;

struct ClassLine {
  std::string name;
  std::array<std::int64_t, 3> accepted = {};  // by Split
  std::array<std::int64_t, 5> windows = {};   // by Verdict
  double best_confidence = 0;
  std::int64_t accepted_count() const { return windows[static_cast<std::size_t>(Verdict::accepted)]; }
};

struct Labelling {
  Json options;  // [label]
  std::vector<ClassLine> classes;
  std::array<std::int64_t, 3> accepted = {};
  std::array<std::int64_t, 5> windows = {};
  double best_confidence = 0;  // of what was not accepted
  std::int64_t training_recordings = 0;
};

std::optional<Labelling> read_labelling(corpus::Catalogue& catalogue, const corpus::StageConfig& config) {
  if (config.id == 0) return std::nullopt;
  Labelling labelling;
  const Json text = parse_json(config.text);
  labelling.options = text.at("label");
  std::map<std::string, std::size_t> index_of;
  for (const Json& name : text.at("classes").as_array()) {
    index_of[name.as_string()] = labelling.classes.size();
    labelling.classes.emplace_back().name = name.as_string();
  }
  for (const corpus::VerdictCount& count : corpus::count_verdicts(catalogue, config.id)) {
    const auto split = static_cast<std::size_t>(count.split),
               verdict = static_cast<std::size_t>(count.verdict);
    const bool accepted = count.verdict == Verdict::accepted;
    labelling.windows[verdict] += count.window_count;
    if (accepted) labelling.accepted[split] += count.window_count;
    if (!accepted) labelling.best_confidence = std::max(labelling.best_confidence, count.best_confidence);
    const auto found = index_of.find(count.label);
    if (found == index_of.end()) continue;
    ClassLine& line = labelling.classes[found->second];
    line.windows[verdict] += count.window_count;
    if (accepted) line.accepted[split] += count.window_count;
    line.best_confidence = std::max(line.best_confidence, count.best_confidence);
  }
  labelling.training_recordings = corpus::count_training_recordings(catalogue);
  return labelling;
}

double option(const Labelling& labelling, const char* key) {
  return labelling.options.at(key).as_double();
}

std::int64_t count_of(const std::array<std::int64_t, 5>& windows, Verdict verdict) {
  return windows[static_cast<std::size_t>(verdict)];
}

// Empty: there is something to learn from.
std::string why_nothing_is_learned(const Labelling& labelling, const corpus::CatalogueStatus& status) {
  std::int64_t all = 0;
  for (const std::int64_t count : labelling.windows) all += count;
  const std::int64_t accepted = count_of(labelling.windows, Verdict::accepted);
  if (labelling.accepted[0] > 0 || all == 0) return {};
  if (accepted > 0) {
    return concat(
        "all ", with_thousands(accepted),
        " accepted windows are of val and test recordings: ", with_thousands(labelling.training_recordings),
        " of ", with_thousands(status.recording_count),
        " recordings train, and a recording is never divided; collect more recordings, cut long ones into files "
        "of their own, or give them a split in an index");
  }
  if (count_of(labelling.windows, Verdict::background) == all) {
    return concat("all ", with_thousands(all),
                  " windows are background: none is [label] activity_db = ", option(labelling, "activity_db"),
                  " dB above its clip's floor; lower it, then pupil label");
  }
  return concat("none of ", with_thousands(all), " windows is accepted: the best confidence is ",
                fixed(labelling.best_confidence, 2), ", [label] accept is ",
                fixed(option(labelling, "accept"), 2), " with a margin of ",
                fixed(option(labelling, "margin"), 2), ", and ",
                with_thousands(count_of(labelling.windows, Verdict::background)),
                " windows are background; change [label] or the classes' prompts, then pupil label");
}

// Of a project without labels.
std::string why_nothing_is_labelled(const corpus::CatalogueStatus& status) {
  std::int64_t set_aside = 0;
  for (const corpus::CountRow& row : status.set_aside) set_aside += row.clip_count;
  if (status.clip_count > 0 || set_aside == 0) return {};
  return concat("no clip came in: all ", with_thousands(set_aside),
                " files were set aside (pupil status --set-aside names each and why)");
}

std::string class_line(const ClassLine& line) {
  std::string text = line.name + std::string(line.name.size() < 40 ? 40 - line.name.size() : 1, ' ');
  for (const std::int64_t count : line.accepted) text += concat(" ", right_aligned(with_thousands(count), 8));
  text += concat(" ", right_aligned(with_thousands(count_of(line.windows, Verdict::doubtful)), 10), " ",
                 right_aligned(fixed(line.best_confidence, 2), 10), "\n");
  return text;
}

std::string class_table(const Labelling& labelling) {
  std::string text =
      concat("accepted windows", std::string(24, ' '), "    train      val     test   doubtful confidence\n");
  std::size_t unlearned = 0;
  for (const ClassLine& line : labelling.classes) {
    if (line.accepted_count() > 0 || ++unlearned <= kUnlearnedLines) text += class_line(line);
  }
  if (unlearned > kUnlearnedLines)
    text += concat("and ", unlearned - kUnlearnedLines, " more of ", labelling.classes.size(),
                   " classes without an accepted window (--json lists all)\n");
  text += concat("accepted from confidence ", fixed(option(labelling, "accept"), 2), " and margin ",
                 fixed(option(labelling, "margin"), 2), " on; ",
                 with_thousands(count_of(labelling.windows, Verdict::none_of_these)),
                 " windows are none of the classes (below ", fixed(option(labelling, "reject"), 2), "), ",
                 with_thousands(count_of(labelling.windows, Verdict::background)), " background (less than ",
                 option(labelling, "activity_db"), " dB above their clip's floor)\n");
  return text;
}

}  // namespace

std::string label_status_text(corpus::Catalogue& catalogue, const corpus::StageConfig& labels,
                              const corpus::CatalogueStatus& status) {
  const auto labelling = read_labelling(catalogue, labels);
  const std::string why =
      labelling ? why_nothing_is_learned(*labelling, status) : why_nothing_is_labelled(status);
  return concat(labelling ? "\n" + class_table(*labelling) : std::string(),
                why.empty() ? std::string() : concat("\nnothing to learn from: ", why, "\n"));
}

Json label_status_json(corpus::Catalogue& catalogue, const corpus::StageConfig& labels,
                       const corpus::CatalogueStatus& status) {
  const auto labelling = read_labelling(catalogue, labels);
  if (!labelling) return Json();
  Json json;
  for (const char* key : {"accept", "margin", "reject", "activity_db"})
    json.set(key, option(*labelling, key));
  json.set("background", count_of(labelling->windows, Verdict::background));
  Json classes{Json::Array()};
  for (const ClassLine& line : labelling->classes) {
    Json one;
    one.set("label", line.name);
    for (int split = 0; split < 3; ++split)
      one.set(corpus::split_name(static_cast<corpus::Split>(split)),
              line.accepted[static_cast<std::size_t>(split)]);
    for (const Verdict verdict : {Verdict::doubtful, Verdict::none_of_these, Verdict::capped})
      one.set(corpus::verdict_name(verdict), count_of(line.windows, verdict));
    one.set("best_confidence", line.best_confidence);
    classes.push_back(one);
  }
  json.set("classes", classes);
  json.set("why_nothing_is_learned", why_nothing_is_learned(*labelling, status));
  return json;
}

}  // namespace pupil::pipeline
