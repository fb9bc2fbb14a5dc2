// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/base64.h"
#include "base/source_hash.h"
#include "base/text.h"
#include "report/html.h"
#include "report/sections.h"
#include "report/style.h"

namespace pupil::report {
namespace {

struct Section {
  const char* id;
  const char* title;
  std::string html;
};

std::vector<Section> sections(const Json& report, const Media& media) {
  return {
      {"summary", "At a glance", summary_section(report)},
      {"collected", "What was collected", collection_section(report)},
      {"separation", "Separation, before and after", separation_section(report, media)},
      {"teacher", "What the teacher labelled", teacher_section(report, media)},
      {"curation", "What was believed", curation_section(report)},
      {"training", "How it learned", training_section(report)},
      {"retained", "Accuracy, and what was retained", retained_section(report)},
      {"confusion", "What it confuses", confusion_section(report)},
      {"classes", "Class by class", classes_section(report)},
      {"calibration", "Can its confidence be believed?", calibration_section(report)},
      {"thresholds", "Thresholds", thresholds_section(report)},
      {"noise", "In noise", noise_section(report)},
      {"alarms", "False alarms", alarms_section(report)},
      {"cost", "Size and speed", cost_section(report)},
      {"comparison", "Beside other ways", comparison_section(report)},
      {"provenance", "How this was made", provenance_section(report)},
  };
}

bool scores(const Scorer& scorer) {
  return !scorer.model.empty() && !scorer.module.empty() && !scorer.package.empty();
}

// Inline scripts, in their order. The second is a module of its own: a browser that cannot read it still runs the first.
std::vector<std::string> scripts(const Scorer& scorer) {
  std::vector<std::string> texts = {std::string(kScript)};
  if (scores(scorer)) texts.push_back(concat(scorer.package, kScoringScript));
  return texts;
}

std::string policy(const std::vector<std::string>& texts) {
  std::string sources;
  for (const std::string& text : texts) sources += concat(" ", source_hash(text));
  if (texts.size() > 1) sources += " 'wasm-unsafe-eval'";
  return concat("default-src 'none'; img-src data:; media-src data:; style-src ", source_hash(kStyle),
                "; script-src", sources, "; base-uri 'none'; form-action 'none'");
}

std::string data_block(std::string_view id, std::span<const std::byte> bytes) {
  return concat("<script type=\"application/octet-stream\" id=\"", id, "\">", base64(bytes), "</script>\n");
}

std::string script_elements(const Scorer& scorer, const std::vector<std::string>& texts) {
  std::string html = concat("<script>", texts.front(), "</script>\n");
  if (texts.size() > 1)
    html += concat(data_block("model-file", scorer.model), data_block("model-module", scorer.module),
                   "<script type=\"module\">", texts.back(), "</script>\n");
  return html;
}

}  // namespace

std::string absent(std::string_view why) {
  return concat("<p class=\"absent\">", escaped(why), "</p>\n");
}

std::string figure(std::string_view caption, const std::string& chart, const std::string& table) {
  return concat("<figure class=\"chart\"><figcaption>", escaped(caption), "</figcaption>", chart, table,
                "</figure>\n");
}

std::string bar_figures(std::string_view caption, const BarChart& chart, const std::string& table) {
  constexpr std::size_t kLongest = 20;
  if (chart.bars.size() <= kLongest) return figure(caption, bar_chart(chart), table);
  const auto middle = chart.bars.begin() + static_cast<std::ptrdiff_t>((chart.bars.size() + 1) / 2);
  BarChart first = chart, second = chart;
  if (!chart.high) {  // one scale for both
    double high = 0;
    for (const Bar& bar : chart.bars) {
      for (const double value : bar.values) high = std::isfinite(value) ? std::max(high, value) : high;
    }
    first.high = second.high = high;
  }
  first.bars.assign(chart.bars.begin(), middle);
  second.bars.assign(middle, chart.bars.end());
  second.title += ", continued";
  return columns(figure(caption, bar_chart(first)) + figure("Continued", bar_chart(second))) + table;
}

std::string columns(const std::string& figures) {
  return concat("<div class=\"columns\">", figures, "</div>\n");
}

std::string whole(double value) {
  return std::isfinite(value) ? with_thousands(std::llround(value)) : "–";
}

std::string duration(double seconds) {
  return std::isfinite(seconds) ? readable_seconds(seconds) : "–";
}

std::string page(const Json& report, const Media& media, const Scorer& scorer) {
  const std::vector<std::string> script_texts = scripts(scorer);
  const std::string project = text_at(report, {"project"});
  const std::vector<Section> parts = sections(report, media);
  std::string html = concat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"",
      policy(script_texts), "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>", escaped(project),
      ": report</title>\n<style>", kStyle,
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#summary\">To the report</a>\n<div "
      "class=\"shell\">\n"
      "<nav aria-label=\"Contents\"><strong>Contents</strong><ol>\n");
  for (const Section& part : parts)
    html += concat("<li><a href=\"#", part.id, "\">", escaped(part.title), "</a></li>\n");
  html += concat("</ol></nav>\n<main>\n<header><h1>", escaped(project),
                 "</h1><p>What the small model learned, and how far it "
                 "can be trusted.</p></header>\n");
  for (const Section& part : parts) {
    const bool first = &part == &parts.front();
    html += concat("<section id=\"", part.id, "\"", first ? " class=\"bare\"" : "", " aria-labelledby=\"",
                   part.id, "-title\">\n<h2 id=\"", part.id, "-title\">", escaped(part.title), "</h2>\n",
                   part.html, "</section>\n");
  }
  html += concat("<footer>", escaped(text_at(report, {"made_by"})), "</footer>\n</main>\n</div>\n",
                 script_elements(scorer, script_texts), "</body>\n</html>\n");
  return html;
}

}  // namespace pupil::report
