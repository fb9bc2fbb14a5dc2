// SPDX-License-Identifier: Apache-2.0
// Charts as SVG, drawn by hand: lines, bars with intervals, a matrix of counts. They take their colours from
// the page's style sheet (classes s0, s1, s2... for series), so that they are readable in the dark as well,
// and carry title and description for those who cannot see them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::report {

struct Point {
  double x = 0;
  double y = 0;                    ///< NaN: a gap
  std::optional<double> low = {};  ///< ends of an interval around y
  std::optional<double> high = {};
};

struct Series {
  std::string name;
  std::vector<Point> points;
  bool dots = false;  ///< marks every point
};

struct LineChart {
  std::string title;  ///< text, as everywhere below
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  std::optional<double> y_low = {}, y_high = {};  ///< the axis; otherwise what the points need
  std::vector<std::string> x_names = {};          ///< ticks at x = 0, 1, 2...; empty: numbers
  bool percent = false;                           ///< y is a share, written in %
  bool diagonal = false;                          ///< y = x, dotted: where a perfect curve would lie
};

/// Empty text where no series has a point.
std::string line_chart(const LineChart& chart);

struct Bar {
  std::string name;
  std::vector<double> values;                 ///< one per series; NaN: none
  std::optional<double> low = {}, high = {};  ///< interval of the first value
};

struct BarChart {
  std::string title;
  std::vector<std::string> series;  ///< names; one without a name needs no legend
  std::vector<Bar> bars;            ///< from the top
  double low = 0;
  std::optional<double> high = {};  ///< end of the axis; otherwise the largest value
  bool percent = false;
};

std::string bar_chart(const BarChart& chart);

/// Rows are what was right, columns what was decided; the darker the larger the share of the row.
struct MatrixChart {
  std::string title;
  std::vector<std::string> row_names;
  std::vector<std::string> column_names;
  std::vector<std::int64_t> counts;  ///< [rows, columns]
};

std::string matrix_chart(const MatrixChart& chart);

/// A chart's SVG as a file of its own: with its namespace, and colours that are readable on white and on dark.
std::string standalone_svg(std::string_view chart);

/// Round numbers from at or below `low` to at or above `high`, about `count` of them.
std::vector<double> nice_ticks(double low, double high, int count);

}  // namespace pupil::report
