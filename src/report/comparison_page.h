// SPDX-License-Identifier: Apache-2.0
// The page of a comparison, ready for a project's docs: Markdown, and its plots as SVG files beside it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::report {

struct ComparedSystem {
  std::string name;
  std::string about;
  std::vector<double> accuracy;  ///< per seed, shares; empty: not measured
  double low = 0, high = 0;      ///< 95 % interval of their mean
  std::int64_t bytes = 0;
  double macs = 0;      ///< 0: has no such count
  double window_s = 0;  ///< 0: not measured
};

struct PageClaim {
  std::string claim;
  std::string figures;  ///< empty: not measured yet
  bool holds = false;
  std::string why;
};

/// One training or scoring of a table beside the systems: a line of the file that bench/comparison.sh keeps.
struct PageResult {
  std::string table;   ///< one of page_table_names()
  std::string series;  ///< "separated"
  std::string x;       ///< "-5"
  std::int64_t seed = 1;
  double accuracy = 0, low = 0, high = 0;  ///< shares; 95 % interval
  std::string command;
};

struct ComparisonPage {
  std::string data;     ///< what was trained on and what judges
  std::string command;  ///< that measured the systems
  std::string machine;
  std::int64_t clip_count = 0;  ///< that judge the systems
  std::vector<ComparedSystem> systems;
  std::vector<PageClaim> claims;
  std::vector<PageResult> results;
};

struct PageFile {
  std::string name;
  std::string text;
};

/// The tables that results may belong to, in the order of the page.
std::vector<std::string_view> page_table_names();

/// The page as `stem`.md first, then its plots. Claims that hold are bold. A table without results says so and has no
/// rows. Error: a result of an unknown table.
std::vector<PageFile> comparison_page(const ComparisonPage& page, std::string_view stem);

/// Results as JSON lines: {"table", "series", "x", "seed", "accuracy", "low", "high", "command"}. Error with the line.
std::vector<PageResult> read_page_results(std::string_view text);

}  // namespace pupil::report
