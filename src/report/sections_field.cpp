// SPDX-License-Identifier: Apache-2.0
// What matters in the field: whether probabilities can be believed, thresholds, noise, false alarms.

#include <cmath>

#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

namespace pupil::report {
namespace {

Series reliability(const Json& calibration, std::string name, std::string_view key) {
  Series series{std::move(name), {}, true};
  for (const Json& bin : list_at(calibration, {key})) {
    if (number_at(bin, {"count"}) > 0)
      series.points.push_back({number_at(bin, {"confidence"}), number_at(bin, {"accuracy"})});
  }
  return series;
}

Table reliability_table(const Json& calibration) {
  Table table{
      "Reliability", {"confidence", "windows before", "right before", "windows after", "right after"}, {}};
  const auto before = list_at(calibration, {"reliability_before"}),
             after = list_at(calibration, {"reliability_after"});
  for (std::size_t i = 0; i < before.size() && i < after.size(); ++i) {
    table.rows.push_back(
        {concat(percent(number_at(before[i], {"low"})), " to ", percent(number_at(before[i], {"high"}))),
         whole(number_at(before[i], {"count"})), percent(number_at(before[i], {"accuracy"})),
         whole(number_at(after[i], {"count"})), percent(number_at(after[i], {"accuracy"}))});
  }
  return table;
}

std::string promise_words(const Json& calibration) {
  const double value = number_at(calibration, {"target", "value"});
  const std::string kind = text_at(calibration, {"target", "kind"});
  if (!std::isfinite(value)) return "";
  if (kind == "precision") return concat("at least ", percent(value), " of a class's detections are right");
  return concat("at most ", decimal(value, 1), " false alarms of a class in an hour");
}

}  // namespace

std::string calibration_section(const Json& report) {
  const Json* part = find_path(report, {"calibration"});
  if (part == nullptr)
    return absent("Calibration was not measured: the model was evaluated without its project.");
  LineChart chart{
      "Reliability before and after calibration",
      "confidence of a decision",
      "how often it is right",
      {reliability(*part, "before", "reliability_before"), reliability(*part, "after", "reliability_after")}};
  chart.y_low = 0;
  chart.y_high = 1;
  chart.percent = true;
  chart.diagonal = true;
  const std::string drawn = line_chart(chart);
  std::string html = concat(
      "<p>When the model says 80 %, it should be right in 80 of 100 cases: on the dotted line. The "
      "temperature of <b>",
      decimal(number_at(*part, {"temperature"}), 2), "</b> was fitted to ",
      escaped(text_at(*part, {"fitted_to"})), "; what is drawn was measured on ",
      whole(number_at(*part, {"judged_windows"})), " ", escaped(text_at(*part, {"judged_on"})),
      " windows. Expected calibration error: <b>", percent(number_at(*part, {"error_before"})),
      "</b> before, <b>", percent(number_at(*part, {"error_after"})), "</b> after.</p>\n");
  if (drawn.empty()) return html + absent("No window has a known class: there is nothing to draw.");
  return html + figure("Reliability of the int8 student", drawn, folded_table(reliability_table(*part)));
}

std::string thresholds_section(const Json& report) {
  const Json* part = find_path(report, {"calibration"});
  const auto rows = part == nullptr ? std::span<const Json>() : list_at(*part, {"classes"});
  if (rows.empty()) return absent("No thresholds were measured.");
  const std::string promise = promise_words(*part);
  std::string html = concat(
      "<p>A class is reported when its score passes its threshold; when none does, the answer is "
      "<b>none of these</b> (",
      percent(number_at(*part, {"none_of_these_share"})), " of the ", escaped(text_at(*part, {"judged_on"})),
      " windows). ",
      promise.empty() ? ""
                      : concat("The thresholds were chosen so that ", promise, " on ",
                               escaped(text_at(*part, {"fitted_to"})), "."),
      "</p>\n");
  Table table{"Thresholds, window by window",
              {"class", "threshold", "windows, val", "precision, val", "recall, val",
               concat("precision, ", text_at(*part, {"judged_on"})),
               concat("recall, ", text_at(*part, {"judged_on"})),
               concat("false alarms an hour, ", text_at(*part, {"judged_on"}))},
              {}};
  for (const Json& row : rows) {
    const Json* val = find_path(row, {"on_validation"});
    const auto on_val = [&](std::string_view key) {
      return val == nullptr ? std::nan("") : number_at(*val, {key});
    };
    table.rows.push_back({escaped(text_at(row, {"name"})), decimal(number_at(row, {"threshold"}), 3),
                          whole(on_val("reference_count")), percent(on_val("precision")),
                          percent(on_val("recall")), percent(number_at(row, {"precision"})),
                          percent(number_at(row, {"recall"})),
                          decimal(number_at(row, {"false_alarms_per_hour"}), 1)});
  }
  return html + table_html(table);
}

std::string noise_section(const Json& report) {
  const auto points = list_at(report, {"noise", "points"});
  if (points.empty()) return absent("Not measured: there is no test clip of a reported class.");
  LineChart chart{"Accuracy against background noise",
                  "signal over background",
                  "clips decided rightly",
                  {{"among all classes", {}, true}, {"strongest of the reported classes", {}, true}},
                  0.0,
                  1.0};
  chart.percent = true;
  Table table{"Accuracy against noise", {"", "among all classes (95 %)", "strongest reported"}, {}};
  double x = 0;
  for (const Json& point : points) {
    const double snr_db = number_at(point, {"snr_db"});
    const std::string name = std::isfinite(snr_db) ? concat(whole(snr_db), " dB") : "clean";
    chart.x_names.push_back(name);
    chart.series[0].points.push_back({x, number_at(point, {"accuracy", "value"}),
                                      number_at(point, {"accuracy", "low"}),
                                      number_at(point, {"accuracy", "high"})});
    chart.series[1].points.push_back({x, number_at(point, {"strongest_reported"})});
    table.rows.push_back({name, percent_interval(find_path(point, {"accuracy"})),
                          percent(number_at(point, {"strongest_reported"}))});
    ++x;
  }
  // Where every class is reported, both are the same.
  if (number_at(report, {"reported_classes"}) == static_cast<double>(list_at(report, {"classes"}).size()))
    chart.series.pop_back();
  return concat("<p>", whole(number_at(report, {"noise", "clips"})),
                " clips of reported classes, mixed with ", escaped(text_at(report, {"noise", "noise"})),
                ". Whiskers: 95 %, bootstrap over recordings.</p>\n",
                figure("Accuracy against background noise", line_chart(chart), folded_table(table)));
}

std::string alarms_section(const Json& report) {
  const auto rows = list_at(report, {"false_alarms"});
  if (rows.empty())
    return absent(
        "Not measured: there are no test clips without the classes, and no long recording was given (pupil "
        "evaluate DIR --long FILE).");
  Table table{"False alarms at the model's thresholds",
              {"", "duration", "false alarms", "an hour", "found", "missed"},
              {}};
  for (const Json& row : rows) {
    table.rows.push_back({escaped(text_at(row, {"name"})), duration(number_at(row, {"duration_s"})),
                          whole(number_at(row, {"false_alarms"})),
                          decimal(number_at(row, {"false_alarms_per_hour"}), 1),
                          whole(number_at(row, {"events_found"})), whole(number_at(row, {"events_missed"}))});
  }
  BarChart chart{concat("False alarms by class, ", text_at(rows.back(), {"name"})), {""}, {}};
  for (const Json& row : list_at(rows.back(), {"classes"}))
    chart.bars.push_back({text_at(row, {"name"}), {number_at(row, {"false_alarms"})}});
  return concat("<p>Windows of one class less than a second apart are one alarm.</p>\n", table_html(table),
                figure(concat("False alarms by class, ", text_at(rows.back(), {"name"})), bar_chart(chart)));
}

}  // namespace pupil::report
