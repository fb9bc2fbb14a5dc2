// SPDX-License-Identifier: Apache-2.0
#include "report/chart.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::report {
namespace {

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(NiceTicks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(nice_ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  const auto ticks = nice_ticks(3, 47, 5);
  EXPECT_EQ(ticks.front(), 0);
  EXPECT_EQ(ticks.back(), 50);
  EXPECT_EQ(nice_ticks(2, 2, 5).size(), 1U);
}

TEST(LineChart, GapsBreakTheLine) {
  LineChart chart{"t", "x", "y", {{"a", {{0, 1}, {1, std::nan("")}, {2, 3}}}}};
  const std::string svg = line_chart(chart);
  const std::size_t begin = svg.find("d=\"M");
  const std::string path = svg.substr(begin, svg.find("\" class", begin) - begin);
  EXPECT_EQ(count(path, "M"), 2U);
  EXPECT_EQ(count(path, "L"), 0U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(LineChart, NothingToDrawIsEmpty) {
  EXPECT_EQ(line_chart({"t", "x", "y", {{"a", {}}}}), "");
  EXPECT_EQ(line_chart({"t", "x", "y", {{"a", {{0, std::nan("")}}}}}), "");
}

TEST(LineChart, OnePointAndFlatCurvesAreDrawn) {
  for (const auto& points : {std::vector<Point>{{5, 2}}, std::vector<Point>{{0, 2}, {1, 2}}}) {
    const std::string svg = line_chart({"t", "x", "y", {{"a", points}}});
    EXPECT_NE(svg.find("<path"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
  }
}

TEST(BarChart, MissingValuesAndZerosAreDrawn) {
  const std::string svg = bar_chart({"t", {""}, {{"a", {0.0}}, {"b", {std::nan("")}}}});
  EXPECT_EQ(count(svg, "<rect"), 1U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(BarChart, NamesAreEscapedAndCut) {
  const std::string svg = bar_chart({"t", {""}, {{"<script>alert(1)</script> and a long name", {1.0}}}});
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_NE(svg.find("…"), std::string::npos);
}

TEST(MatrixChart, HasACellForEveryPair) {
  const std::string svg = matrix_chart({"t", {"a", "b"}, {"a", "b"}, {3, 1, 0, 2}});
  EXPECT_EQ(count(svg, "taken for"), 4U);
  EXPECT_EQ(matrix_chart({"t", {"a"}, {"a", "b"}, {3}}), "");  // counts of another shape
}

}  // namespace
}  // namespace pupil::report
