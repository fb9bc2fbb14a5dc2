// SPDX-License-Identifier: Apache-2.0
// What went in: recordings, separation, teachers, curation.

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

namespace pupil::report {
namespace {

// The most frequent; the table has them all.
constexpr std::size_t kMostBars = 10;

Table count_table(std::string caption, std::span<const Json> rows, bool with_hours) {
  Table table{std::move(caption), {"", "clips"}, {}};
  if (with_hours) table.columns.push_back("duration");
  for (const Json& row : rows) {
    table.rows.push_back({escaped(text_at(row, {"name"})), whole(number_at(row, {"clips"}))});
    if (with_hours) table.rows.back().push_back(duration(number_at(row, {"duration_s"})));
  }
  return table;
}

std::string count_chart(std::string title, std::span<const Json> rows, std::string_view key) {
  BarChart chart{std::move(title), {""}, {}};
  for (const Json& row : rows) chart.bars.push_back({text_at(row, {"name"}), {number_at(row, {key})}});
  if (chart.bars.size() > kMostBars) chart.bars.resize(kMostBars);
  return bar_chart(chart);
}

std::string player(const Media& media, const std::string& name, const std::string& what) {
  const auto found = media.find(name);
  if (found == media.end()) return absent("The sound is not at hand.");
  return concat("<img alt=\"spectrogram of ", escaped(what), "\" src=\"", escaped(found->second.picture),
                "\"><audio controls preload=\"metadata\" data-gain=\"",
                static_cast<double>(found->second.gain), "\" aria-label=\"", escaped(what), "\" src=\"",
                escaped(found->second.audio), "\"></audio>");
}

std::string example_card(const Json& example, const Media& media) {
  const std::string sound = text_at(example, {"class"}), kind = text_at(example, {"kind"});
  const std::string file = text_at(example, {"file"});
  return concat("<figure class=\"sound\">",
                player(media, text_at(example, {"media"}), concat(sound, ", ", kind, ": ", file)),
                "<figcaption><b>", escaped(kind), "</b> ", percent(number_at(example, {"confidence"})),
                kind == "surest" ? "" : concat(", ahead by ", percent(number_at(example, {"margin"}))),
                "<br><span class=\"file\">", escaped(file), " at ",
                decimal(number_at(example, {"start_s"}), 1), " s</span></figcaption></figure>\n");
}

}  // namespace

std::string collection_section(const Json& report) {
  const Json* part = find_path(report, {"collection"});
  if (part == nullptr) return absent("Nothing was collected: this model was measured without its project.");
  std::string html = concat(
      "<p>", whole(number_at(*part, {"clips"})), " clips of ", whole(number_at(*part, {"recordings"})),
      " recordings, ", duration(number_at(*part, {"duration_s"})), " in all, cut into ",
      whole(number_at(*part, {"windows"})),
      " windows. A recording belongs to one split as a whole: nothing that judges was learned from.</p>\n");
  const auto splits = list_at(*part, {"splits"}), licences = list_at(*part, {"licences"});
  const auto aside = list_at(*part, {"set_aside"}), given = list_at(*part, {"given_labels"});
  std::string figures = figure("Clips by split", count_chart("Clips by split", splits, "clips"),
                               folded_table(count_table("Clips by split", splits, true)));
  figures += figure("Licences, by clips", count_chart("Licences, by clips", licences, "clips"),
                    folded_table(count_table("Licences", licences, true)));
  if (aside.empty())
    figures += figure("Set aside", "", "<p>No file was set aside.</p>");
  else
    figures += figure("Set aside, and why", count_chart("Files set aside, by reason", aside, "clips"),
                      folded_table(count_table("Set aside", aside, false)));
  Table labels{"Clips by given label", {"given label", "train", "val", "test"}, {}};
  for (const Json& row : given)
    labels.rows.push_back({escaped(text_at(row, {"name"})), whole(number_at(row, {"train"})),
                           whole(number_at(row, {"val"})), whole(number_at(row, {"test"}))});
  return html + columns(figures) +
         concat("<details><summary>Clips by given label</summary>", table_html(labels), "</details>\n");
}

std::string separation_section(const Json& report, const Media& media) {
  const Json* part = find_path(report, {"separation"});
  if (part == nullptr)
    return absent("Nothing was separated: [separate] mode is \"off\", or pupil separate has not run.");
  std::string html = concat(
      "<p>", whole(number_at(*part, {"views"})), " separated views: ", whole(number_at(*part, {"good"})),
      " good, ", whole(number_at(*part, {"silent"})), " silent, ", whole(number_at(*part, {"destroyed"})),
      " destroyed. On average they keep ", percent(number_at(*part, {"mean_energy_ratio"})),
      " of the energy. Time runs to the right, pitch upwards; both pictures of a sound share one "
      "scale of brightness.</p>\n");
  std::string pairs;
  for (const Json& example : list_at(report, {"examples", "separation"})) {
    const std::string file = text_at(example, {"file"}), query = text_at(example, {"query"});
    pairs += concat("<article class=\"pair\"><h3 class=\"file\">", escaped(file), "</h3><p>Asked for: <b>",
                    escaped(query), "</b>; ", percent(number_at(example, {"energy_ratio"})),
                    " of the energy kept.</p><div class=\"two\">");
    for (const auto& [key, word] : {std::pair{"before", "before"}, {"after", "after"}}) {
      pairs += concat("<figure class=\"sound wide\">",
                      player(media, text_at(example, {key}), concat(word, " separation: ", file)),
                      "<figcaption><b>", word, "</b></figcaption></figure>");
    }
    pairs += "</div></article>\n";
  }
  return html + pairs;
}

std::string teacher_section(const Json& report, const Media& media) {
  const auto examples = list_at(report, {"examples", "teacher"});
  if (examples.empty())
    return absent("No examples: nothing is labelled, or this model was measured without its project.");
  std::string html =
      "<p>One window for each player: of every class those that the teacher was surest of, and those it "
      "could least decide "
      "on. Listen to both; where the sure ones are wrong, change the prompts.</p>\n";
  std::string open;
  for (const Json& example : examples) {
    const std::string sound = text_at(example, {"class"});
    if (sound != open) {
      if (!open.empty()) html += "</div>\n";
      html += concat("<h3>", escaped(sound), "</h3><div class=\"sounds\">\n");
      open = sound;
    }
    html += example_card(example, media);
  }
  return html + "</div>\n";
}

std::string curation_section(const Json& report) {
  const Json* part = find_path(report, {"labelling"});
  if (part == nullptr) return absent("Nothing is labelled.");
  std::string teachers;
  for (const Json& teacher : list_at(*part, {"teachers"}))
    teachers += concat(teachers.empty() ? "" : ", ", escaped(teacher.as_string()));
  std::string html =
      concat("<p>Heard by ", teachers, ", ",
             text_at(*part, {"input"}) == "window" ? "window by window" : "with what lies around each window",
             ". What it was sure of is learned; the doubtful is set aside for review.</p>\n");
  BarChart verdicts{"Windows by verdict", {""}, {}};
  Table verdict_table{"Windows by verdict", {"verdict", "windows"}, {}};
  if (const Json* counts = find_path(*part, {"verdicts"})) {
    for (const auto& [name, count] : counts->as_object()) {
      verdicts.bars.push_back({name, {count.as_double()}});
      verdict_table.rows.push_back({escaped(name), whole(count.as_double())});
    }
  }
  BarChart classes{"Windows by class", {"accepted", "doubtful"}, {}};
  const bool truth = find_path(*part, {"truth"}) != nullptr;
  Table table{"Windows by class", {"class", "accepted", "doubtful", "capped"}, {}};
  if (truth)
    table.columns.insert(table.columns.end(), {"accepted rightly", "teacher's recall, clips", "precision"});
  for (const Json& row : list_at(*part, {"classes"})) {
    const std::string name = text_at(row, {"name"});
    classes.bars.push_back({name, {number_at(row, {"accepted"}), number_at(row, {"doubtful"})}});
    table.rows.push_back({escaped(name), whole(number_at(row, {"accepted"})),
                          whole(number_at(row, {"doubtful"})), whole(number_at(row, {"capped"}))});
    if (!truth) continue;
    const double known = number_at(row, {"accepted_with_truth"});
    table.rows.back().insert(
        table.rows.back().end(),
        {known > 0 ? percent(number_at(row, {"accepted_right"}) / known) : "–",
         percent(number_at(row, {"clip_recall"})), percent(number_at(row, {"clip_precision"}))});
  }
  if (truth)
    html += concat("<p>Against given labels (", whole(number_at(*part, {"truth", "clips"})),
                   " clips of all splits) the teacher decides rightly on ",
                   percent(number_at(*part, {"truth", "accuracy"})), ".</p>\n");
  const std::string by_verdict =
      figure("Windows by verdict", bar_chart(verdicts), folded_table(verdict_table));
  const std::string by_class = bar_figures("Windows by class", classes, folded_table(table));
  return html + (classes.bars.size() > 20 ? by_verdict + by_class : columns(by_verdict + by_class));
}

}  // namespace pupil::report
