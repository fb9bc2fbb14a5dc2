// SPDX-License-Identifier: Apache-2.0
// 1. What is not measured is not there: no row, no dot, a sentence instead.
// 2. Results of one series and place are one cell: the mean over seeds, and of their intervals the mean ends.
// 3. Sizes and costs span four powers of ten: the plots' axes count powers, with a name at each.

#include "report/comparison_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "report/chart.h"

namespace pupil::report {
namespace {

struct TableKind {
  std::string_view name;
  std::string_view title;
  std::string_view about;
  std::string_view x;
};

constexpr std::array kTables = {
    TableKind{
        "separation", "Separation on noisy recordings",
        "Recordings mixed with others at a given ratio; the student learns from the mixtures, from what the separator "
        "makes of them, from both, or from the clean sounds, which bounds what any separator could bring. Accuracy on "
        "noisy test clips.",
        "signal to noise, dB"},
    TableKind{"separation-clean", "The same students on clean recordings",
              "Accuracy on the clean sounds of the same test clips.", "signal to noise in training, dB"},
    TableKind{"hours", "Hours of recordings",
              "The student from a part of the training recordings, chosen by recording.",
              "share of the recordings"},
    TableKind{"label-noise", "Label noise",
              "The student where a share of the hard labels was replaced by other classes at random.",
              "share of labels replaced"},
    TableKind{"sizes", "Student sizes", "The same training of three sizes.", "size"},
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string one_decimal(double share) {
  return fixed(100 * share, 1);
}

std::string percent_with_interval(double value, double low, double high) {
  return concat(one_decimal(value), " (", one_decimal(low), " to ", one_decimal(high), ")");
}

std::string claims_text(const std::vector<PageClaim>& claims) {
  std::string text = "## The claims\n\nBold where one holds.\n\n| claim | measured | |\n|---|---|---|\n";
  for (const PageClaim& claim : claims) {
    const std::string figures = claim.figures.empty() ? "not measured yet" : claim.figures;
    text += claim.holds ? concat("| **", claim.claim, "** | **", figures, "** | ", claim.why, " |\n")
                        : concat("| ", claim.claim, " | ", figures, " | ", claim.why, " |\n");
  }
  return text + "\n";
}

std::string system_row(const ComparedSystem& system) {
  std::string row = concat("| ", system.name, " | ", system.about, " | ");
  if (system.accuracy.empty()) return row + "weights not here | | | |\n";
  row += concat(percent_with_interval(mean_of(system.accuracy), system.low, system.high), " | ",
                system.bytes > 0 ? readable_bytes(system.bytes) : "", " | ",
                system.macs > 0 ? fixed(system.macs * 1e-6, 2) : "", " | ",
                system.window_s > 0 ? fixed(system.window_s * 1e3, 2) : "", " |\n");
  return row;
}

std::string systems_text(const ComparisonPage& page) {
  std::size_t seeds = 0;
  for (const ComparedSystem& system : page.systems) seeds = std::max(seeds, system.accuracy.size());
  std::string text = concat("## Systems\n\n", page.data, "; ", page.clip_count, " clips judge; ", seeds,
                            seeds == 1 ? " seed" : " seeds", "; ", page.machine, ".\n\n    ", page.command,
                            "\n\n| system | | accuracy % (95 %) | size | MMAC a window | ms a window |\n"
                            "|---|---|---|---|---|---|\n");
  for (const ComparedSystem& system : page.systems) text += system_row(system);
  return text + "\n";
}

/// What `measure` says of each system that has it, over powers of ten.
LineChart power_chart(const std::vector<ComparedSystem>& systems, double (*measure)(const ComparedSystem&),
                      std::string title, const std::vector<std::string>& power_names, int first_power) {
  LineChart chart;
  chart.title = std::move(title);
  chart.y_label = "accuracy";
  chart.percent = true;
  double lowest = 1e300, highest = -1e300;
  for (const ComparedSystem& system : systems) {
    if (system.accuracy.empty() || measure(system) <= 0) continue;
    const double x = std::log10(measure(system)) - first_power;
    lowest = std::min(lowest, x);
    highest = std::max(highest, x);
    chart.series.push_back({system.name, {{x, mean_of(system.accuracy), system.low, system.high}}, true});
  }
  for (std::size_t i = 0; i < power_names.size(); ++i) {
    const auto place = static_cast<double>(i);
    const bool is_inside = place > lowest - 0.3 && place < std::max(highest, lowest + 1) + 0.3;
    chart.x_names.push_back(is_inside ? power_names[i] : "");
  }
  return chart;
}

void add_chart(const LineChart& chart, const std::string& name, std::string* text,
               std::vector<PageFile>* files) {
  const std::string svg = line_chart(chart);
  if (svg.empty()) return;
  *text += concat("![", chart.title, "](", name, ")\n\n");
  files->push_back({name, standalone_svg(svg)});
}

using Cell = std::vector<const PageResult*>;
using Cells = std::map<std::string, std::map<std::string, Cell>>;  // series, then x

std::string cell_text(const Cell& cell) {
  double value = 0, low = 0, high = 0;
  for (const PageResult* result : cell) {
    const auto count = static_cast<double>(cell.size());
    value += result->accuracy / count;
    low += result->low / count;
    high += result->high / count;
  }
  return concat(percent_with_interval(value, low, high),
                cell.size() > 1 ? concat(", ", cell.size(), " seeds") : "");
}

Point cell_point(const Cell& cell, double x) {
  Point point{x, 0, 0.0, 0.0};
  for (const PageResult* result : cell) {
    const auto count = static_cast<double>(cell.size());
    point.y += result->accuracy / count;
    *point.low += result->low / count;
    *point.high += result->high / count;
  }
  return point;
}

std::string rows_text(const TableKind& kind, const std::vector<std::string>& places, const Cells& cells) {
  std::string text = concat("| ", kind.x), line = "|---|";
  for (const std::string& place : places) {
    text += concat(" | ", place);
    line += "---|";
  }
  text += concat(" |\n", line, "\n");
  for (const auto& [series, row] : cells) {
    text += concat("| ", series);
    for (const std::string& place : places)
      text += concat(" | ", row.contains(place) ? cell_text(row.at(place)) : "–");
    text += " |\n";
  }
  return text + "\n";
}

LineChart table_chart(const TableKind& kind, const std::vector<std::string>& places, const Cells& cells) {
  LineChart chart;
  chart.title = kind.title;
  chart.x_label = kind.x;
  chart.y_label = "accuracy";
  chart.percent = true;
  chart.x_names = places;
  for (const auto& [series, row] : cells) {
    Series line{series, {}, true};
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (row.contains(places[i]))
        line.points.push_back(cell_point(row.at(places[i]), static_cast<double>(i)));
    }
    chart.series.push_back(std::move(line));
  }
  return chart;
}

void add_table(const TableKind& kind, const std::vector<PageResult>& results, std::string_view stem,
               std::string* text, std::vector<PageFile>* files) {
  *text += concat("## ", kind.title, "\n\n", kind.about, "\n\n");
  Cells cells;
  std::vector<std::string> places, commands;  // as they come
  const auto note = [](std::vector<std::string>* known, const std::string& word) {
    if (std::find(known->begin(), known->end(), word) == known->end()) known->push_back(word);
  };
  for (const PageResult& result : results) {
    if (result.table != kind.name) continue;
    cells[result.series][result.x].push_back(&result);
    note(&places, result.x);
    note(&commands, result.command);
  }
  if (cells.empty()) {
    *text += "Not measured yet.\n\n";
    return;
  }
  for (const std::string& command : commands) *text += concat("    ", command, "\n");
  *text += "\n" + rows_text(kind, places, cells);
  add_chart(table_chart(kind, places, cells), concat(stem, "-", kind.name, ".svg"), text, files);
}

PageResult read_result(const Json& json) {
  PageResult result;
  result.table = json.at("table").as_string();
  result.series = json.at("series").as_string();
  result.x = json.at("x").as_string();
  result.seed = json.at("seed").as_int();
  result.accuracy = json.at("accuracy").as_double();
  result.low = json.at("low").as_double();
  result.high = json.at("high").as_double();
  result.command = json.at("command").as_string();
  return result;
}

}  // namespace

std::vector<std::string_view> page_table_names() {
  std::vector<std::string_view> names;
  for (const TableKind& kind : kTables) names.push_back(kind.name);
  return names;
}

std::vector<PageFile> comparison_page(const ComparisonPage& page, std::string_view stem) {
  const std::vector<std::string_view> names = page_table_names();
  for (const PageResult& result : page.results) {
    if (std::find(names.begin(), names.end(), result.table) == names.end())
      throw Error(concat("there is no table '", result.table, "'", did_you_mean(result.table, names)));
  }
  std::vector<PageFile> files = {{concat(stem, ".md"), ""}};
  std::string text =
      "# Comparison\n\nWhat the project's origin claims, measured; the figures are what they are. Accuracy is of test "
      "clips with a given label;\nnothing was chosen on them. Intervals are 95 % bootstraps over recordings.\n\n";
  text += claims_text(page.claims) + systems_text(page);
  add_chart(power_chart(
                page.systems, [](const ComparedSystem& s) { return static_cast<double>(s.bytes); },
                "Accuracy over size", {"1 kB", "10 kB", "100 kB", "1 MB", "10 MB", "100 MB", "1 GB"}, 3),
            concat(stem, "-bytes.svg"), &text, &files);
  add_chart(
      power_chart(
          page.systems, [](const ComparedSystem& s) { return s.macs; },
          "Accuracy over multiplications of a window", {"0.1 M", "1 M", "10 M", "100 M", "1 G", "10 G"}, 5),
      concat(stem, "-macs.svg"), &text, &files);
  for (const TableKind& kind : kTables) add_table(kind, page.results, stem, &text, &files);
  while (text.ends_with("\n\n")) text.pop_back();
  files[0].text = std::move(text);
  return files;
}

std::vector<PageResult> read_page_results(std::string_view text) {
  std::vector<PageResult> results;
  std::int64_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view words = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (words.empty()) continue;
    results.push_back(with_context(concat("line ", line), [&] { return read_result(parse_json(words)); }));
  }
  return results;
}

}  // namespace pupil::report
