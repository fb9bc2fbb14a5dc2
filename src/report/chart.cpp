// SPDX-License-Identifier: Apache-2.0
// Charts as SVG text, placed by hand: the report is one file that opens without a network, and its charts follow the
// page's style sheet (classes, no colours here).
//
// 1. Coordinates are in a paper kWidth wide; the page scales it. Nothing depends on the size of the screen.
// 2. Every name that comes from outside goes through escaped(); every <svg> has a title for those who cannot see it.
// 3. A value that is not finite is a gap in a line and a dash in a bar: never a zero.

#include "report/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "base/text.h"
#include "report/html.h"

namespace pupil::report {
namespace {

constexpr double kWidth = 440;
constexpr double kLetter = 7.0;           // width of a letter at the charts' size, about
constexpr std::size_t kNameLetters = 22;  // longer names are cut; the whole one is the title

std::string number(double value) {
  if (value == std::floor(value)) return with_thousands(static_cast<std::int64_t>(value));
  std::string text = fixed(value, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string at(double coordinate) {
  return fixed(coordinate, 1);
}

std::string label(double value, bool percent) {
  return percent ? number(100 * value) + " %" : number(value);
}

std::string open_svg(const std::string& title, double width, double height) {
  // Letters are hardly larger than those of the text beside, however wide the page is.
  return concat("<svg role=\"img\" viewBox=\"0 0 ", at(width), " ", at(height), "\" width=\"",
                at(1.18 * width), "\" aria-label=\"", escaped(title), "\"><title>", escaped(title),
                "</title>\n");
}

std::string text(double x, double y, const char* anchor, std::string_view words, const char* kind = "") {
  return concat("<text x=\"", at(x), "\" y=\"", at(y), "\" text-anchor=\"", anchor, "\"", kind, ">",
                escaped(words), "</text>\n");
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  return concat("<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2),
                "\" class=\"", kind, "\"/>\n");
}

std::string shortened(const std::string& name, std::size_t letters) {
  std::size_t count = 0, at_byte = 0;
  for (; at_byte < name.size(); ++at_byte) {
    if ((static_cast<unsigned char>(name[at_byte]) & 0xC0) != 0x80 && count++ == letters) break;
  }
  return at_byte < name.size() ? name.substr(0, at_byte) + "…" : name;
}

// A row of coloured squares and names; returns its height.
double append_legend(const std::vector<std::string>& names, double left, double top, std::string* svg) {
  if (names.size() < 2) return 0;
  double x = left, y = top + 11;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double width = 32 + kLetter * static_cast<double>(names[i].size());
    if (x > left && x + width > kWidth) {
      x = left;
      y += 18;
    }
    *svg += concat("<rect x=\"", at(x), "\" y=\"", at(y - 9),
                   "\" width=\"10\" height=\"10\" rx=\"2\" class=\"fill s", i, "\"/>");
    *svg += text(x + 15, y, "start", names[i]);
    x += width;
  }
  return y - top + 10;
}

/// Where numbers lie on the paper.
struct Frame {
  double left, right, top, bottom;
  double x_low, x_high, y_low, y_high;
  double x(double value) const { return left + (right - left) * (value - x_low) / (x_high - x_low); }
  double y(double value) const {
    return bottom - (bottom - top) * (std::clamp(value, y_low, y_high) - y_low) / (y_high - y_low);
  }
};

void append_axes(const LineChart& chart, const Frame& frame, const std::vector<double>& y_ticks,
                 std::string* svg) {
  for (const double tick : y_ticks) {
    *svg += line(frame.left, frame.y(tick), frame.right, frame.y(tick), "grid");
    *svg += text(frame.left - 6, frame.y(tick) + 4, "end", label(tick, chart.percent));
  }
  *svg += line(frame.left, frame.bottom, frame.right, frame.bottom, "axis");
  if (chart.x_names.empty()) {
    for (const double tick : nice_ticks(frame.x_low, frame.x_high, 6)) {
      if (tick >= frame.x_low && tick <= frame.x_high)
        *svg += text(frame.x(tick), frame.bottom + 16, "middle", number(tick));
    }
  }
  for (std::size_t i = 0; i < chart.x_names.size(); ++i)
    *svg += text(frame.x(static_cast<double>(i)), frame.bottom + 16, "middle", chart.x_names[i]);
  *svg +=
      text((frame.left + frame.right) / 2, frame.bottom + 33, "middle", chart.x_label, " class=\"label\"");
}

void append_series(const Series& series, std::size_t index, const Frame& frame, std::string* svg) {
  std::string path;
  bool down = false;
  for (const Point& point : series.points) {
    if (!std::isfinite(point.y)) {
      down = false;
      continue;
    }
    path += concat(down ? "L" : "M", at(frame.x(point.x)), " ", at(frame.y(point.y)));
    down = true;
    if (point.low && point.high && std::isfinite(*point.low) && std::isfinite(*point.high))
      *svg += line(frame.x(point.x), frame.y(*point.low), frame.x(point.x), frame.y(*point.high),
                   concat("whisker s", index).c_str());
  }
  *svg += concat("<path d=\"", path, "\" class=\"curve s", index, "\"/>\n");
  if (!series.dots) return;
  for (const Point& point : series.points) {
    if (std::isfinite(point.y))
      *svg += concat("<circle cx=\"", at(frame.x(point.x)), "\" cy=\"", at(frame.y(point.y)),
                     "\" r=\"3.5\" class=\"fill s", index, "\"/>\n");
  }
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int count) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * 0.999) step = factor * power;
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9);
  for (int i = 0; i < 1000; ++i) {
    ticks.push_back((first + i) * step);
    if (ticks.back() >= high - 1e-9 * step) break;
  }
  return ticks;
}

std::string line_chart(const LineChart& chart) {
  double x_low = 1e300, x_high = -1e300, y_low = 1e300, y_high = -1e300;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      if (!std::isfinite(point.y)) continue;
      x_low = std::min(x_low, point.x);
      x_high = std::max(x_high, point.x);
      for (const double y : {point.y, point.low.value_or(point.y), point.high.value_or(point.y)}) {
        if (!std::isfinite(y)) continue;
        y_low = std::min(y_low, y);
        y_high = std::max(y_high, y);
      }
    }
  }
  if (x_low > x_high) return {};
  if (chart.diagonal) x_low = 0, x_high = 1;
  if (x_high <= x_low) x_high = x_low + 1;
  const double pad = chart.x_names.empty() ? 0 : 0.3;
  const std::vector<double> ticks =
      nice_ticks(chart.y_low.value_or(y_low),
                 std::max(chart.y_high.value_or(y_high), chart.y_low.value_or(y_low) + 1e-6), 5);

  std::string body;
  std::vector<std::string> names;
  for (const Series& series : chart.series) names.push_back(series.name);
  const double top = append_legend(names, 52, 0, &body) + 24;
  const Frame frame{52, kWidth - 12, top, top + 200, x_low - pad, x_high + pad, ticks.front(), ticks.back()};
  body += text(0, top - 10, "start", chart.y_label, " class=\"label\"");
  append_axes(chart, frame, ticks, &body);
  if (chart.diagonal) body += line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), "dotted");
  for (std::size_t i = 0; i < chart.series.size(); ++i) append_series(chart.series[i], i, frame, &body);
  return open_svg(chart.title, kWidth, frame.bottom + 42) + body + "</svg>\n";
}

std::string bar_chart(const BarChart& chart) {
  if (chart.bars.empty()) return {};
  std::size_t longest = 4;
  double high = chart.high.value_or(0);
  for (const Bar& bar : chart.bars) {
    longest = std::max(longest, std::min(bar.name.size(), kNameLetters));
    for (const double value : bar.values) {
      if (!chart.high && std::isfinite(value)) high = std::max(high, value);
    }
  }
  if (!(high > chart.low)) high = chart.low + 1;
  const double left = 10 + kLetter * static_cast<double>(longest), right = kWidth - 62;
  const double thick = chart.series.size() > 1 ? 8 : 15;
  const auto x = [&](double value) {
    return left + (right - left) * (std::clamp(value, chart.low, high) - chart.low) / (high - chart.low);
  };
  std::string body;
  double y = append_legend(chart.series, left, 0, &body) + 2;
  for (const Bar& bar : chart.bars) {
    const double height = thick * static_cast<double>(bar.values.size());
    body += concat("<g><title>", escaped(bar.name), "</title>");
    body += text(left - 6, y + height / 2 + 4, "end", shortened(bar.name, kNameLetters));
    for (std::size_t i = 0; i < bar.values.size(); ++i, y += thick) {
      if (!std::isfinite(bar.values[i])) {
        body += text(left + 4, y + thick / 2 + 4, "start", "–", " class=\"faint\"");
        continue;
      }
      body += concat("<rect x=\"", at(left), "\" y=\"", at(y), "\" width=\"",
                     at(std::max(1.0, x(bar.values[i]) - left)), "\" height=\"", at(thick - 1),
                     "\" rx=\"2\" class=\"fill s", i, "\"/>");
    }
    double end = bar.values.empty() || !std::isfinite(bar.values.front()) ? left : x(bar.values.front());
    if (bar.low && bar.high && std::isfinite(*bar.low) && std::isfinite(*bar.high)) {
      const double middle = y - height / 2;
      body += line(x(*bar.low), middle, x(*bar.high), middle, "whisker ink");
      body += line(x(*bar.low), middle - 4, x(*bar.low), middle + 4, "whisker ink");
      body += line(x(*bar.high), middle - 4, x(*bar.high), middle + 4, "whisker ink");
      end = std::max(end, x(*bar.high));
    }
    if (bar.values.size() == 1 && std::isfinite(bar.values.front()))
      body += text(end + 6, y - height / 2 + 4, "start",
                   chart.percent ? percent(bar.values.front()) : number(bar.values.front()));
    body += "</g>\n";
    y += chart.series.size() > 1 ? 9 : 8;
  }
  return open_svg(chart.title, kWidth, y + 2) + body + "</svg>\n";
}

namespace {

/// Where the cells of a matrix lie. Slanted names over narrow columns would touch each other: they stand
/// upright.
struct Grid {
  double cell, left, top;
  bool narrow;
  const char* letters() const { return narrow ? " class=\"small\"" : ""; }
};

Grid grid_of(const MatrixChart& chart) {
  std::size_t longest = 4;
  for (const auto& names : {chart.row_names, chart.column_names}) {
    for (const std::string& name : names) longest = std::max(longest, std::min(name.size(), kNameLetters));
  }
  const double name_width = kLetter * static_cast<double>(longest);
  const std::size_t rows = chart.row_names.size();
  return {rows > 24 ? 13.0 : rows > 12 ? 24.0 : 30.0, 14 + name_width, 10 + 0.8 * name_width, rows > 24};
}

std::string cell_svg(double x, double y, const Grid& grid, bool hit, std::int64_t count, double share) {
  const std::string box =
      concat("<rect x=\"", at(x), "\" y=\"", at(y), "\" width=\"", at(grid.cell - 1), "\" height=\"",
             at(grid.cell - 1), "\" rx=\"2\" class=\"", hit ? "hit" : "miss");
  std::string svg = concat(box, " cell\"/>", box, "\" fill-opacity=\"", fixed(share, 2), "\"/>");
  if (count > 0 && !grid.narrow)
    svg += text(x + grid.cell / 2 - 0.5, y + grid.cell / 2 + 4, "middle", concat(count),
                share > 0.55 ? " class=\"on\"" : "");
  return svg;
}

}  // namespace

std::string matrix_chart(const MatrixChart& chart) {
  const std::size_t rows = chart.row_names.size(), columns = chart.column_names.size();
  if (rows == 0 || columns == 0 || chart.counts.size() != rows * columns) return {};
  const Grid grid = grid_of(chart);
  std::string body;
  for (std::size_t i = 0; i < rows; ++i) {
    const double y = grid.top + grid.cell * static_cast<double>(i);
    body += text(grid.left - 6, y + grid.cell / 2 + 4, "end", shortened(chart.row_names[i], kNameLetters),
                 grid.letters());
    const std::span<const std::int64_t> counts = std::span(chart.counts).subspan(i * columns, columns);
    const std::int64_t sum = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    for (std::size_t j = 0; j < columns; ++j) {
      const double share = sum > 0 ? static_cast<double>(counts[j]) / static_cast<double>(sum) : 0;
      body +=
          concat("<g><title>", escaped(chart.row_names[i]), " taken for ", escaped(chart.column_names[j]),
                 ": ", counts[j], "</title>",
                 cell_svg(grid.left + grid.cell * static_cast<double>(j), y, grid, i == j, counts[j], share),
                 "</g>");
    }
    body += "\n";
  }
  for (std::size_t j = 0; j < columns; ++j) {
    const double x = grid.left + grid.cell * (static_cast<double>(j) + 0.5) + 3;
    body += concat("<text transform=\"translate(", at(x), " ", at(grid.top - 6), ") rotate(",
                   grid.narrow ? "-90" : "-50", ")\"", grid.letters(), ">",
                   escaped(shortened(chart.column_names[j], kNameLetters)), "</text>\n");
  }
  const double width = grid.left + grid.cell * static_cast<double>(columns) + 0.75 * (grid.left - 14);
  return open_svg(chart.title, width, grid.top + grid.cell * static_cast<double>(rows) + 4) + body +
         "</svg>\n";
}

std::string standalone_svg(std::string_view chart) {
  constexpr std::string_view kOpen = "<svg ", kTitleEnd = "</title>";
  // Eight hues that those who see no red or green can tell apart (Okabe and Ito), then the same again, paler.
  constexpr std::array kHues = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                "#56b4e9", "#d55e00", "#7f7f7f", "#b8a800"};
  std::string style =
      "<style>svg{font:12px sans-serif;background:#fff}text{fill:#444}.label{font-style:italic}.grid{stroke:#ddd}"
      ".axis,.dotted{stroke:#444}.curve{fill:none;stroke-width:2}.whisker{stroke-width:1.4;opacity:.75}";
  for (std::size_t i = 0; i < 2 * kHues.size(); ++i) {
    const std::string name = concat("s", i), hue = kHues[i % kHues.size()];
    const std::string pale = i < kHues.size() ? "" : ";opacity:.55";
    style += concat(".curve.", name, ",.whisker.", name, "{stroke:", hue, "}.fill.", name, "{fill:", hue,
                    pale, "}");
  }
  std::string text = concat("<svg xmlns=\"http://www.w3.org/2000/svg\" ", chart.substr(kOpen.size()));
  text.insert(text.find(kTitleEnd) + kTitleEnd.size(), style + "</style>");
  return text;
}

}  // namespace pupil::report
