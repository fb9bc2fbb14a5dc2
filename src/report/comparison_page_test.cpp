// SPDX-License-Identifier: Apache-2.0
#include "report/comparison_page.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::report {
namespace {

ComparisonPage small_page() {
  ComparisonPage page;
  page.data = "yard";
  page.command = "pupil compare yard";
  page.machine = "this machine";
  page.clip_count = 40;
  page.systems = {{"student", "distilled", {0.8, 0.9}, 0.75, 0.95, 100'000, 8e6, 0.0004},
                  {"yamnet", "general", {0.7}, 0.6, 0.8, 4'000'000, 69e6, 0.01},
                  {"vggish", "general", {}}};
  page.claims = {{"it is small", "100 kB", true, "The whole file."},
                 {"it is better", "85.0 against 84.0 %", false, "So few recordings cannot tell."},
                 {"it is loved", "", false, "Nobody was asked."}};
  page.results = {{"separation", "original", "0", 1, 0.5, 0.4, 0.6, "bench/comparison.sh separation"},
                  {"separation", "original", "0", 2, 0.6, 0.5, 0.7, "bench/comparison.sh separation"},
                  {"separation", "separated", "10", 1, 0.7, 0.65, 0.75, "bench/comparison.sh separation"}};
  return page;
}

const std::string& markdown(const std::vector<PageFile>& files) {
  return files.at(0).text;
}

void expect_part(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(ComparisonPage, ClaimsThatHoldAreBold) {
  const auto files = comparison_page(small_page(), "comparison");
  expect_part(markdown(files), "| **it is small** | **100 kB** | The whole file. |");
  expect_part(markdown(files), "| it is better | 85.0 against 84.0 % | So few recordings cannot tell. |");
  expect_part(markdown(files), "| it is loved | not measured yet | Nobody was asked. |");
}

TEST(ComparisonPage, SystemsHaveTheirCommandSeedsAndIntervals) {
  const auto files = comparison_page(small_page(), "comparison");
  expect_part(markdown(files), "yard; 40 clips judge; 2 seeds; this machine.");
  expect_part(markdown(files), "    pupil compare yard\n");
  expect_part(markdown(files), "| student | distilled | 85.0 (75.0 to 95.0) | 100 kB | 8.00 | 0.40 |");
  expect_part(markdown(files), "| vggish | general | weights not here | | | |");
}

TEST(ComparisonPage, ResultsOfSeedsAreOneCell) {
  const auto files = comparison_page(small_page(), "comparison");
  expect_part(markdown(files), "| original | 55.0 (45.0 to 65.0), 2 seeds | – |");
  expect_part(markdown(files), "| separated | – | 70.0 (65.0 to 75.0) |");
}

TEST(ComparisonPage, WhatIsNotMeasuredHasNoRows) {
  const auto files = comparison_page(small_page(), "comparison");
  expect_part(markdown(files),
              "## Label noise\n\nThe student where a share of the hard labels was replaced by other classes "
              "at random.\n\nNot measured yet.\n");
}

TEST(ComparisonPage, PlotsAreFilesOfTheirOwn) {
  const auto files = comparison_page(small_page(), "comparison");
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].name, "comparison.md");
  EXPECT_EQ(files[1].name, "comparison-bytes.svg");
  EXPECT_EQ(files[3].name, "comparison-separation.svg");
  expect_part(markdown(files), "![Accuracy over size](comparison-bytes.svg)");
  EXPECT_EQ(files[1].text.find("<svg xmlns="), 0U);
  expect_part(files[1].text, "<style>");
  expect_part(files[1].text, ">100 kB</text>");
  EXPECT_EQ(files[1].text.find("vggish"), std::string::npos) << "it has no dot";
}

TEST(ComparisonPage, AResultOfAnUnknownTableIsNamed) {
  ComparisonPage page = small_page();
  page.results[0].table = "seperation";
  try {
    comparison_page(page, "comparison");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "there is no table 'seperation', did you mean 'separation'?");
  }
}

TEST(PageResults, AreJsonLines) {
  const auto results = read_page_results(
      R"({"table":"hours","series":"student","x":"1/8","seed":3,"accuracy":0.5,"low":0.4,"high":0.6,"command":"c"})"
      "\n\n");
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].x, "1/8");
  EXPECT_EQ(results[0].seed, 3);
  EXPECT_EQ(results[0].high, 0.6);
}

TEST(PageResults, ABadLineIsNamed) {
  for (const char* text : {"{\"table\":\"hours\"}", "{", "[]", "7", "{\"table\":7}"}) {
    try {
      read_page_results(std::string("\n") + text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("line 2: "), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace pupil::report
