// SPDX-License-Identifier: Apache-2.0
#include "student/metrics_plot.h"

#include <algorithm>
#include <string>

#include "base/metrics_file.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::student {
namespace {

// A curve in a box of 600 x 160 at (60, top).
struct Box {
  double top;
  std::string title;
};

std::string polyline(const std::vector<std::pair<double, double>>& points, const Box& box,
                     const char* colour) {
  if (points.empty()) return "";
  const double last = std::max(1.0, points.back().first);
  double low = points[0].second, high = low;
  for (const auto& [x, y] : points) {
    low = std::min(low, y);
    high = std::max(high, y);
  }
  if (high <= low) high = low + 1;
  std::string svg =
      concat("<text x=\"60\" y=\"", box.top - 8, "\">", box.title, ": ", fixed(points.back().second, 3),
             " after ", points.back().first, " epochs</text><rect x=\"60\" y=\"", box.top,
             "\" width=\"600\" height=\"160\" fill=\"none\" stroke=\"#999\"/><text x=\"55\" y=\"",
             box.top + 10, "\" text-anchor=\"end\">", fixed(high, 2), "</text><text x=\"55\" y=\"",
             box.top + 160, "\" text-anchor=\"end\">", fixed(low, 2),
             "</text><polyline fill=\"none\" stroke=\"", colour, "\" stroke-width=\"1.5\" points=\"");
  for (const auto& [x, y] : points) {
    svg +=
        concat(fixed(60 + 600 * x / last, 1), ",", fixed(box.top + 160 * (high - y) / (high - low), 1), " ");
  }
  return svg + "\"/>\n";
}

}  // namespace

void draw_metrics(const std::filesystem::path& metrics, const std::filesystem::path& svg) {
  struct Curve {
    const char* key;
    const char* title;
    const char* colour;
  };
  constexpr Curve kCurves[] = {{"loss", "loss", "#b33"},
                               {"soft_loss", "distance to the teacher (T² KL)", "#36c"},
                               {"hard_loss", "cross-entropy to the labels", "#393"},
                               {"val_agreement", "agreement with the teacher, validation windows", "#939"}};
  const Json::Array lines = read_metrics(metrics);
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 860\" font-family=\"sans-serif\" "
      "font-size=\"12\"><rect width=\"700\" height=\"860\" fill=\"white\"/>\n";
  double top = 30;
  for (const Curve& curve : kCurves) {
    std::vector<std::pair<double, double>> points;
    for (const Json& line : lines) {
      if (const Json* value = line.find(curve.key))
        points.emplace_back(line.at("epoch").as_double(), value->as_double());
    }
    text += polyline(points, {top, curve.title}, curve.colour);
    top += 210;
  }
  write_whole(svg, text + "</svg>\n");
}

}  // namespace pupil::student
