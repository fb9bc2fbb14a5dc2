// SPDX-License-Identifier: Apache-2.0
// How well it decides: the figures at the top, what it retained, confusion, per class.

#include <cmath>

#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

namespace pupil::report {
namespace {

std::string card(const std::string& name, const std::string& value, const std::string& detail) {
  return concat("<div class=\"card\"><dt>", escaped(name), "</dt><dd>", escaped(value), "<small>",
                escaped(detail), "</small></dd></div>\n");
}

std::string interval_words(const Json* interval) {
  if (interval == nullptr) return "";
  const double low = number_at(*interval, {"low"}), high = number_at(*interval, {"high"});
  if (!std::isfinite(low) || !std::isfinite(high)) return "no interval: too few recordings";
  return concat("95 %: ", fixed(100 * low, 1), " to ", fixed(100 * high, 1));
}

const char* system_name(std::string_view key) {
  return key == "teacher" ? "teacher" : key == "float" ? "student, float" : "student, int8";
}

Bar interval_bar(std::string name, const Json& interval) {
  return {std::move(name),
          {number_at(interval, {"value"})},
          number_at(interval, {"low"}),
          number_at(interval, {"high"})};
}

}  // namespace

std::string Judged::words() const {
  if (part == nullptr) return {};
  return concat(whole(number_at(*part, {"count"})), " ", split == "data" ? "given" : split,
                " clips, against ", against_truth ? "given labels" : "the teacher's decisions");
}

Judged judged_part(const Json& report) {
  for (const char* split : {"test", "val", "data"}) {
    const Json* figures = find_path(report, {"splits", split});
    if (figures == nullptr) continue;
    if (const Json* part = find_path(*figures, {"clips_against_truth"})) return {part, split, true};
    if (const Json* part = find_path(*figures, {"clips_against_teacher"})) return {part, split, false};
  }
  return {};
}

std::string summary_section(const Json& report) {
  const Judged judged = judged_part(report);
  std::string cards;
  if (const Json* retained = find_path(report, {"retained"})) {
    const Json* interval = find_path(*retained, {"int8"});
    const bool truth = !text_at(*retained, {"measure"}).starts_with("agreement");
    cards +=
        card(truth ? "Retained of the teacher's accuracy" : "Agreement with the teacher",
             interval == nullptr ? "–" : percent(number_at(*interval, {"value"})), interval_words(interval));
  }
  if (judged.part != nullptr && judged.against_truth) {
    const Json* teacher = find_path(*judged.part, {"teacher"});
    cards +=
        card("Accuracy, int8", percent(number_at(*judged.part, {"int8", "accuracy", "value"})),
             teacher == nullptr ? interval_words(find_path(*judged.part, {"int8", "accuracy"}))
                                : concat("teacher: ", percent(number_at(*teacher, {"accuracy", "value"}))));
  }
  for (const char* split : {"val_and_test", "test", "data", "val"}) {
    const Json* any = find_path(report, {"any_class", split});
    if (any == nullptr) continue;
    const double teacher = number_at(*any, {"teacher_auc"});
    cards += card("Told from everything else", decimal(number_at(*any, {"int8_auc", "value"}), 3),
                  std::isfinite(teacher) ? concat("AUC; teacher: ", decimal(teacher, 3)) : "AUC");
    break;
  }
  if (const auto alarms = list_at(report, {"false_alarms"}); !alarms.empty())
    cards += card("False alarms an hour", decimal(number_at(alarms.back(), {"false_alarms_per_hour"}), 1),
                  text_at(alarms.back(), {"name"}));
  if (find_path(report, {"model"}) != nullptr)
    cards += card(
        "Size", readable_bytes(std::llround(number_at(report, {"model", "bytes"}))),
        concat(decimal(number_at(report, {"model", "macs_per_window"}) / 1e6, 1), " million MACs a window"));
  if (find_path(report, {"measured_here"}) != nullptr)
    cards += card("Time for a window",
                  concat(decimal(number_at(report, {"measured_here", "window_ms"}), 2), " ms"),
                  "one thread of the machine it was measured on");
  std::string html = concat("<dl class=\"cards\">", cards, "</dl>\n");
  html += judged.part == nullptr
              ? absent("There is no clip to judge by: neither test nor validation recordings.")
              : concat("<p>Judged by ", judged.words(), ", of ",
                       whole(number_at(*judged.part, {"recordings"})), " recordings.</p>\n");
  for (const Json& note : list_at(report, {"notes"}))
    html += concat("<p class=\"note\">", escaped(note.as_string()), "</p>\n");
  return html;
}

std::string retained_section(const Json& report) {
  const Judged judged = judged_part(report);
  if (judged.part == nullptr) return absent("There is no clip to judge by.");
  BarChart chart{concat("Accuracy of each system, ", judged.words()), {""}, {}};
  chart.percent = true;
  chart.high = 1;
  Table table{concat("Accuracy, ", judged.words()), {"", "accuracy", "balanced", "macro F1", "mAP"}, {}};
  for (const char* key : {"teacher", "float", "int8"}) {
    const Json* system = find_path(*judged.part, {key});
    if (system == nullptr) continue;
    if (const Json* accuracy = find_path(*system, {"accuracy"}))
      chart.bars.push_back(interval_bar(system_name(key), *accuracy));
    table.rows.push_back({system_name(key), percent_interval(find_path(*system, {"accuracy"})),
                          percent(number_at(*system, {"balanced_accuracy"})),
                          percent(number_at(*system, {"macro_f1"})),
                          decimal(number_at(*system, {"mean_average_precision"}), 3)});
  }
  std::string html;
  if (const Json* retained = find_path(*judged.part, {"retained_int8"})) {
    html +=
        concat("<p>The int8 student ", judged.against_truth ? "retains " : "decides as the teacher does on ",
               "<b>", percent_interval(retained), "</b>",
               judged.against_truth ? " of the teacher's accuracy" : " of the clips", ".");
    if (const Json* points = find_path(*judged.part, {"int8_minus_float_points"}))
      html += concat(" Against the float student, eight bits change the accuracy by <b>",
                     decimal(number_at(*points, {"value"}), 2),
                     " points</b> (95 %: ", decimal(number_at(*points, {"low"}), 2), " to ",
                     decimal(number_at(*points, {"high"}), 2), ").");
    html += " Intervals are bootstraps over recordings.</p>\n";
  }
  html += figure(concat("Accuracy, ", judged.words()), bar_chart(chart), folded_table(table));
  Table all{"All ways of judging", {"", "items", "float", "int8", "teacher"}, {}};
  if (const Json* splits = find_path(report, {"splits"})) {
    for (const auto& [split, figures] : splits->as_object()) {
      for (const auto& [key, words] :
           {std::pair<std::string_view, std::string_view>{"clips_against_truth", "clips, given labels"},
            {"clips_against_teacher", "clips, the teacher's decision"},
            {"windows_against_truth", "windows, given labels"},
            {"windows_against_teacher", "windows, the teacher's labels"}}) {
        const Json* part = find_path(figures, {key});
        if (part == nullptr) continue;
        all.rows.push_back({concat(escaped(split), ": ", words), whole(number_at(*part, {"count"})),
                            percent_interval(find_path(*part, {"float", "accuracy"})),
                            percent_interval(find_path(*part, {"int8", "accuracy"})),
                            percent_interval(find_path(*part, {"teacher", "accuracy"}))});
      }
    }
  }
  html += concat("<details><summary>All ways of judging</summary>", table_html(all), "</details>\n");
  if (const Json* any = find_path(report, {"any_class"})) {
    Table areas{"Any class against the rest, AUC",
                {"", "clips with", "without", "teacher", "float", "int8 (95 %)"},
                {}};
    for (const auto& [split, figures] : any->as_object()) {
      const double low = number_at(figures, {"int8_auc", "low"}),
                   high = number_at(figures, {"int8_auc", "high"});
      areas.rows.push_back(
          {escaped(split == "val_and_test" ? "val and test" : split),
           whole(number_at(figures, {"any_class_clips"})), whole(number_at(figures, {"rest_clips"})),
           decimal(number_at(figures, {"teacher_auc"}), 3), decimal(number_at(figures, {"float_auc"}), 3),
           concat(decimal(number_at(figures, {"int8_auc", "value"}), 3), " (", decimal(low, 3), " to ",
                  decimal(high, 3), ")")});
    }
    html += table_html(areas);
  }
  return html;
}

std::string confusion_section(const Json& report) {
  const Judged judged = judged_part(report);
  const auto counts =
      judged.part == nullptr ? std::span<const Json>() : list_at(*judged.part, {"int8", "confusion"});
  if (counts.empty()) return absent("There is no clip to judge by.");
  MatrixChart chart{concat("Confusion of the int8 student, ", judged.words()), {}, {}, {}};
  std::vector<std::string> names;
  for (const Json& name : list_at(report, {"classes"})) names.push_back(name.as_string());
  const std::size_t stride = names.size() + 1;
  // Classes that neither occur nor were decided would only make the others smaller.
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < stride && stride * stride == counts.size(); ++i) {
    double any = 0;
    for (std::size_t j = 0; j < stride; ++j)
      any += counts[i * stride + j].as_double() + counts[j * stride + i].as_double();
    if (any > 0) shown.push_back(i);
  }
  Table table{chart.title, {"was"}, {}};
  for (const std::size_t i : shown) {
    chart.row_names.push_back(i < names.size() ? names[i] : "none of these");
    table.columns.push_back(chart.row_names.back());
  }
  chart.column_names = chart.row_names;
  for (std::size_t a = 0; a < shown.size(); ++a) {
    table.rows.push_back({escaped(chart.row_names[a])});
    for (const std::size_t j : shown) {
      const Json& count = counts[shown[a] * stride + j];
      chart.counts.push_back(count.as_int());
      table.rows.back().push_back(whole(count.as_double()));
    }
  }
  return figure(
      "Rows: what it was. Columns: what the int8 student took it for. The fuller a cell, the larger its "
      "share of the row.",
      matrix_chart(chart), folded_table(table));
}

std::string classes_section(const Json& report) {
  const Judged judged = judged_part(report);
  const auto rows =
      judged.part == nullptr ? std::span<const Json>() : list_at(*judged.part, {"int8", "classes"});
  if (rows.empty()) return absent("There is no clip to judge by.");
  const auto teacher = list_at(*judged.part, {"teacher", "classes"});
  BarChart chart{
      concat("Precision and recall of the int8 student, ", judged.words()), {"precision", "recall"}, {}};
  chart.percent = true;
  chart.high = 1;
  Table table{concat("Per class, ", judged.words()),
              {"class", "clips", "precision", "recall", "F1", "average precision", "AUC"},
              {}};
  if (!teacher.empty()) table.columns.push_back("teacher's recall");
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Json& row = rows[k];
    const std::string name = text_at(row, {"name"});
    if (number_at(row, {"reference_count"}) > 0 || number_at(row, {"decided_count"}) > 0)
      chart.bars.push_back({name, {number_at(row, {"precision"}), number_at(row, {"recall"})}});
    table.rows.push_back({escaped(name), whole(number_at(row, {"reference_count"})),
                          percent(number_at(row, {"precision"})), percent(number_at(row, {"recall"})),
                          percent(number_at(row, {"f1"})), decimal(number_at(row, {"average_precision"}), 3),
                          decimal(number_at(row, {"auc"}), 3)});
    if (k < teacher.size()) table.rows.back().push_back(percent(number_at(teacher[k], {"recall"})));
  }
  return bar_figures(concat("Precision and recall, ", judged.words()), chart, "") + table_html(table);
}

}  // namespace pupil::report
