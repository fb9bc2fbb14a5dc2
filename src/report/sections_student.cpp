// SPDX-License-Identifier: Apache-2.0
// The student: how it learned, what it costs, what else could have been trained, where it came from.

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

namespace pupil::report {
namespace {

Series curve(std::span<const Json> epochs, std::string name, std::string_view key) {
  Series series{std::move(name), {}};
  for (const Json& epoch : epochs) {
    const double value = number_at(epoch, {key});
    if (std::isfinite(value)) series.points.push_back({number_at(epoch, {"epoch"}), value});
  }
  return series;
}

// Mean over seeds, and how far they lie apart.
std::string mean_and_spread(const Json& row, std::string_view key) {
  const auto values = list_at(row, {key});
  double sum = 0, low = 1e9, high = -1e9, count = 0;
  for (const Json& value : values) {
    if (!value.is_number()) continue;
    sum += value.as_double();
    low = std::min(low, value.as_double());
    high = std::max(high, value.as_double());
    ++count;
  }
  if (count == 0) return "–";
  return count == 1
             ? percent(sum)
             : concat(percent(sum / count), " (", fixed(100 * low, 1), " to ", fixed(100 * high, 1), ")");
}

}  // namespace

std::string training_section(const Json& report) {
  const auto epochs = list_at(report, {"training", "epochs"});
  if (epochs.empty()) return absent("No training is recorded here (train/metrics.jsonl).");
  Table table{
      "Epochs", {"epoch", "phase", "loss", "distance to the teacher", "cross-entropy", "agreement"}, {}};
  for (const Json& epoch : epochs) {
    table.rows.push_back({whole(number_at(epoch, {"epoch"})), escaped(text_at(epoch, {"phase"})),
                          decimal(number_at(epoch, {"loss"}), 3), decimal(number_at(epoch, {"soft_loss"}), 3),
                          decimal(number_at(epoch, {"hard_loss"}), 3),
                          percent(number_at(epoch, {"val_agreement"}))});
  }
  LineChart losses{"Losses over the epochs",
                   "epoch",
                   "loss",
                   {curve(epochs, "distance to the teacher", "soft_loss"),
                    curve(epochs, "cross-entropy to its labels", "hard_loss")}};
  LineChart agreement{"Agreement with the teacher on validation windows",
                      "epoch",
                      "agreement",
                      {curve(epochs, "agreement", "val_agreement")}};
  agreement.percent = true;
  std::string figures = figure("Losses", line_chart(losses), folded_table(table));
  const std::string chart = line_chart(agreement);
  figures += figure("Agreement with the teacher on validation windows", chart,
                    chart.empty() ? absent("There are no validation windows.") : "");
  const std::string init = text_at(report, {"training", "init"});
  const std::string beginning =
      init.empty() || init == "none" ? "" : concat("Its body began with the backbone ", escaped(init), ". ");
  return concat(
      "<p>", beginning,
      "The last epochs train the integers themselves, so that eight bits cost as little as possible.</p>\n",
      columns(figures));
}

std::string cost_section(const Json& report) {
  const Json* model = find_path(report, {"model"});
  if (model == nullptr) return absent("No model was measured.");
  const double window_s = number_at(*model, {"window_s"});
  Table table{"What the model costs", {"", ""}, {}};
  table.rows.push_back({"Model file", readable_bytes(std::llround(number_at(*model, {"bytes"})))});
  table.rows.push_back({"Multiply-accumulates per window",
                        concat(decimal(number_at(*model, {"macs_per_window"}) / 1e6, 2), " million")});
  table.rows.push_back(
      {"Window", concat(decimal(window_s, 2), " s at ", whole(number_at(*model, {"sample_rate_hz"})), " Hz, ",
                        whole(number_at(*model, {"mel_count"})), " mel bins")});
  table.rows.push_back({"Layers", whole(number_at(*model, {"layers"}))});
  table.rows.push_back(
      {"Memory to score a window", readable_bytes(std::llround(number_at(*model, {"arena_bytes"})))});
  table.rows.push_back(
      {"Memory of a stream", readable_bytes(std::llround(number_at(*model, {"stream_bytes"})))});
  if (const Json* here = find_path(report, {"measured_here"})) {
    const double window_ms = number_at(*here, {"window_ms"});
    table.rows.push_back({"One window, here", concat(decimal(window_ms, 3), " ms")});
    table.rows.push_back(
        {"100 ms of a stream, here", concat(decimal(number_at(*here, {"stream_100_ms_ms"}), 3), " ms")});
    table.rows.push_back({"Here is", concat(escaped(text_at(*here, {"processor"})), ", one thread, ",
                                            escaped(text_at(*here, {"kernels"})), " kernels")});
  }
  return table_html(table);
}

std::string comparison_section(const Json& report) {
  const auto rows = list_at(report, {"comparison", "rows"});
  if (rows.empty()) return absent("pupil compare has not run: nothing is known of other ways to train.");
  Table table{concat("On ", whole(number_at(report, {"comparison", "test_clips"})), " test clips"),
              {"", "accuracy", "of the teacher's", "macro F1", "size", "ms a window"},
              {}};
  BarChart chart{"Accuracy on test clips", {""}, {}};
  chart.percent = true;
  chart.high = 1;
  for (const Json& row : rows) {
    const std::string name = text_at(row, {"name"});
    const double window_s = number_at(row, {"window_s"});
    table.rows.push_back(
        {concat(escaped(name), "<br><small>", escaped(text_at(row, {"about"})), "</small>"),
         mean_and_spread(row, "accuracy"), mean_and_spread(row, "retained"), mean_and_spread(row, "macro_f1"),
         number_at(row, {"bytes"}) > 0 ? readable_bytes(std::llround(number_at(row, {"bytes"}))) : "–",
         window_s > 0 ? decimal(1000 * window_s, 3) : "–"});
    const auto values = list_at(row, {"accuracy"});
    double sum = 0, count = 0;
    for (const Json& value : values) {
      if (!value.is_number()) continue;
      sum += value.as_double();
      ++count;
    }
    chart.bars.push_back({name, {sum / count}});
  }
  return figure("Accuracy on test clips", bar_chart(chart)) + table_html(table);
}

std::string provenance_section(const Json& report) {
  Table table{"", {"", ""}, {}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, concat("<code>", escaped(value), "</code>")});
  };
  add("Made by", text_at(report, {"made_by"}));
  add("Model file", text_at(report, {"model", "file"}));
  add("its SHA-256", text_at(report, {"model", "sha256"}));
  add("Teacher", text_at(report, {"model", "teacher"}));
  add("pupil.toml, SHA-256", text_at(report, {"config_sha256"}));
  std::string html = table_html(table);
  const auto notes = list_at(report, {"notes"});
  if (notes.empty()) return html;
  html += "<h3>Worth knowing</h3><ul>";
  for (const Json& note : notes) html += concat("<li>", escaped(note.as_string()), "</li>");
  return html + "</ul>\n";
}

}  // namespace pupil::report
