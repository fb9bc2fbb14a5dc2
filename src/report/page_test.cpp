// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/source_hash.h"

namespace pupil::report {
namespace {

std::size_t occurrences(const std::string& text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// Elements that are opened and not closed, or closed and not opened; empty where all fit.
std::string first_misfit(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '!' || tag.back() == '/' || name == "meta" || name == "link" || name == "br" ||
        name == "img")
      continue;
    if (tag[0] != '/') {
      open.push_back(name);
      if (name == "script" || name == "style") at = html.find("</" + name, end) - 1;
      continue;
    }
    if (open.empty() || open.back() != name)
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    open.pop_back();
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

constexpr const char* kEvil = "<script>window.hacked=1</script>\\\"'><img src=x onerror=hacked=1>";

// A report with every part, and something evil wherever text comes from outside.
Json evil_report() {
  std::string text = R"({
    "project": "EVIL", "made_by": "EVIL", "config_sha256": "EVIL", "classes": ["EVIL", "b"], "reported_classes": 1,
    "notes": ["EVIL"],
    "retained": {"measure": "EVIL", "split": "test", "clips": 3, "int8": {"value": 0.9, "low": 0.8, "high": 1.0}},
    "model": {"file": "EVIL", "bytes": 1000, "sha256": "EVIL", "macs_per_window": 1e6, "window_s": 1, "teacher": "EVIL",
              "layers": 3, "arena_bytes": 10, "stream_bytes": 10, "sample_rate_hz": 16000, "mel_count": 64},
    "splits": {"test": {"clips_against_truth": {"count": 3, "recordings": 3,
      "retained_int8": {"value": 0.9, "low": null, "high": null},
      "int8_minus_float_points": {"value": 0, "low": -1, "high": 1},
      "teacher": {"accuracy": {"value": 1, "low": 1, "high": 1}, "classes": [{"name": "EVIL", "recall": 1}]},
      "float": {"accuracy": {"value": 1, "low": 1, "high": 1}},
      "int8": {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0}, "confusion": [1, 1, 0, 0, 1, 0, 0, 0, 0],
        "classes": [{"name": "EVIL", "reference_count": 2, "decided_count": 1, "precision": 1, "recall": 0.5},
                    {"name": "b", "reference_count": 1, "decided_count": 2, "precision": 0.5, "recall": 1}]}}},
      "EVIL": {"clips_against_truth": {"count": 1}}},
    "any_class": {"EVIL": {"int8_auc": {"value": 0.9}}},
    "calibration": {"fitted_to": "EVIL", "judged_on": "EVIL", "judged_windows": 4, "temperature": 1.2,
      "target": {"kind": "precision", "value": 0.8}, "error_before": 0.1, "error_after": 0.05,
      "reliability_before": [{"low": 0, "high": 1, "count": 3, "confidence": 0.5, "accuracy": 0.6}],
      "reliability_after": [{"low": 0, "high": 1, "count": 3, "confidence": 0.5, "accuracy": 0.6}],
      "classes": [{"name": "EVIL", "threshold": 0.4}]},
    "noise": {"noise": "EVIL", "clips": 3, "points": [{"snr_db": null, "accuracy": {"value": 1, "low": 1, "high": 1}},
      {"snr_db": 0, "accuracy": {"value": 0.5, "low": 0, "high": 1}, "strongest_reported": 0.5}]},
    "false_alarms": [{"name": "EVIL", "duration_s": 60, "false_alarms": 1, "false_alarms_per_hour": 60,
      "classes": [{"name": "EVIL", "false_alarms": 1}]}],
    "collection": {"clips": 3, "recordings": 3, "duration_s": 9, "windows": 9, "splits": [{"name": "train", "clips": 3}],
      "licences": [{"name": "EVIL", "clips": 3}], "set_aside": [{"name": "EVIL", "clips": 1}],
      "given_labels": [{"name": "EVIL", "train": 1}]},
    "separation": {"views": 1, "good": 1},
    "labelling": {"teachers": ["EVIL"], "input": "EVIL", "verdicts": {"EVIL": 3}, "classes": [{"name": "EVIL", "accepted": 3}],
      "truth": {"clips": 3, "accuracy": 1}},
    "training": {"epochs": [{"epoch": 1, "phase": "EVIL", "loss": 1, "soft_loss": 1, "hard_loss": 1, "val_agreement": 0.5}]},
    "comparison": {"test_clips": 3, "rows": [{"name": "EVIL", "about": "EVIL", "accuracy": [0.5, 0.6], "bytes": 10}]},
    "examples": {"teacher": [{"class": "EVIL", "kind": "EVIL", "confidence": 0.9, "margin": 0.1, "file": "EVIL",
      "start_s": 0, "media": "m"}], "separation": [{"file": "EVIL", "query": "EVIL", "before": "m", "after": "EVIL"}]},
    "measured_here": {"processor": "EVIL", "kernels": "EVIL", "window_ms": 0.1, "stream_100_ms_ms": 0.01}
  })";
  for (std::size_t at = text.find("EVIL"); at != std::string::npos; at = text.find("EVIL", at)) {
    text.replace(at, 4, kEvil);
    at += std::string_view(kEvil).size();
  }
  return parse_json(text);
}

const Media kMedia = {{"m", {"data:image/png;base64,", "data:audio/wav;base64,", 2.5F}}};

std::string scoring_page() {
  static constexpr std::byte kModel[] = {std::byte{1}, std::byte{2}, std::byte{3}};
  static constexpr std::byte kModule[] = {std::byte{4}, std::byte{5}, std::byte{6}};
  return page(evil_report(), kMedia, {kModel, kModule, "export class Model {}\n"});
}

// What stands between the tags of each element, in order.
std::vector<std::string> contents(const std::string& html, const std::string& open,
                                  const std::string& close) {
  std::vector<std::string> found;
  for (std::size_t at = html.find(open); at != std::string::npos; at = html.find(open, at + 1)) {
    const std::size_t start = at + open.size();
    found.push_back(html.substr(start, html.find(close, start) - start));
  }
  return found;
}

TEST(Page, TextFromOutsideIsNeverMarkup) {
  const std::string html = page(evil_report(), kMedia);
  EXPECT_EQ(occurrences(html, "<script"), 1U);  // our own
  EXPECT_EQ(occurrences(html, "onerror=hacked"), occurrences(html, "src=x onerror=hacked=1&gt;"));
  EXPECT_EQ(occurrences(html, "<img src=x"), 0U);
  EXPECT_GT(occurrences(html, "&lt;script&gt;window.hacked"), 30U);
}

TEST(Page, ElementsAreClosed) {
  EXPECT_EQ(first_misfit(page(evil_report(), kMedia)), "");
  EXPECT_EQ(first_misfit(page(Json(Json::Object()), {})), "");
}

TEST(Page, EveryPartThatIsAbsentSaysSoInOneLine) {
  const std::string html = page(Json(Json::Object()), {});
  EXPECT_GE(occurrences(html, "class=\"absent\""), 14U);
  EXPECT_EQ(occurrences(html, "<svg"), 0U);
}

TEST(Page, NothingIsFetched) {
  const std::string html = page(evil_report(), kMedia);
  EXPECT_EQ(occurrences(html, "http://"), 0U);
  EXPECT_EQ(occurrences(html, "https://"), 0U);
  EXPECT_EQ(occurrences(html, "url("), 0U);
}

TEST(Page, EveryEntryOfTheContentsLeadsSomewhere) {
  const std::string html = page(evil_report(), kMedia);
  EXPECT_EQ(occurrences(html, "<li><a href=\"#"), occurrences(html, "<section id=\""));
}

TEST(Page, ChartsHaveTitles) {
  const std::string html = page(evil_report(), kMedia);
  EXPECT_GE(occurrences(html, "<svg"), 9U);
  EXPECT_EQ(occurrences(html, "<svg role=\"img\""), occurrences(html, "<svg"));
}

TEST(Page, SameReportSameBytes) {
  EXPECT_EQ(page(evil_report(), kMedia), page(evil_report(), kMedia));
}

TEST(Page, PolicyNamesScriptsAndStyleByTheirHashes) {
  for (const std::string& html : {page(evil_report(), kMedia), scoring_page()}) {
    std::string sources;
    for (const char* open : {"<script>", "<script type=\"module\">"}) {
      for (const std::string& text : contents(html, open, "</script>")) sources += " " + source_hash(text);
    }
    EXPECT_NE(html.find("script-src" + sources), std::string::npos) << sources;
    EXPECT_NE(html.find("style-src " + source_hash(contents(html, "<style>", "</style>").at(0)) + ";"),
              std::string::npos);
    EXPECT_EQ(occurrences(html, " style=\""), 0U);  // the policy would not apply them
    EXPECT_EQ(occurrences(html, "unsafe-inline"), 0U);
    EXPECT_EQ(occurrences(html, "connect-src"), 0U);
  }
}

TEST(Page, ScorerIsInThePageOnceAndPlayersSayTheirGain) {
  const std::string html = scoring_page();
  EXPECT_EQ(first_misfit(html), "");
  EXPECT_EQ(occurrences(html, "id=\"model-file\">AQID</script>"), 1U);
  EXPECT_EQ(occurrences(html, "id=\"model-module\">BAUG</script>"), 1U);
  EXPECT_EQ(occurrences(html, "<script"), 4U);
  EXPECT_EQ(occurrences(html, "<script type=\"module\">export class Model {}"), 1U);
  EXPECT_EQ(occurrences(html, "data-gain=\"2.5\""), 2U);
}

TEST(Page, WithoutAPartOfTheScorerNothingIsScored) {
  static constexpr std::byte kBytes[] = {std::byte{1}};
  for (const Scorer& scorer :
       {Scorer{kBytes, {}, "text"}, Scorer{{}, kBytes, "text"}, Scorer{kBytes, kBytes, ""}})
    EXPECT_EQ(page(evil_report(), kMedia, scorer), page(evil_report(), kMedia));
  EXPECT_EQ(occurrences(page(evil_report(), kMedia), "wasm-unsafe-eval"), 0U);
}

TEST(Page, MisshapenReportsDoNotStopIt) {
  for (
      const char* text :
      {R"({"splits": 3, "classes": {}, "calibration": []})",
       R"({"splits": {"test": {"clips_against_truth": {"int8": {"confusion": [1, 2]}}}}, "classes": ["a"]})"}) {
    EXPECT_NE(page(parse_json(text), {}).find("</html>"), std::string::npos);
  }
}

}  // namespace
}  // namespace pupil::report
