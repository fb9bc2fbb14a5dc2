// SPDX-License-Identifier: Apache-2.0
#include "pipeline/long_recordings.h"

#include <charconv>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "corpus/csv.h"

namespace pupil::pipeline {
namespace {

double seconds_at(const corpus::CsvTable& table, std::size_t row, std::size_t column) {
  const std::string& text = table.rows[row][column];
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(concat(table.name, ":", table.lines[row], ": '", text, "' is no number of seconds"));
  return seconds;
}

std::vector<metrics::Event> read_events(const std::filesystem::path& path, std::int32_t reported_count,
                                        const ClassOfLabel& class_of) {
  const corpus::CsvTable table = corpus::read_csv(path);
  const std::size_t onset = table.column("onset_s");
  const std::size_t offset = table.column("offset_s");
  const std::size_t label = table.column("label");
  std::vector<metrics::Event> events;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::int32_t k = class_of(table.rows[i][label]);
    if (k < 0 || k >= reported_count) continue;
    events.push_back({k, seconds_at(table, i, onset), seconds_at(table, i, offset)});
  }
  return events;
}

}  // namespace

evaluation::AlarmFigures score_long_recording(const edge::Model& model, const std::filesystem::path& path,
                                              std::int32_t reported_count, const ClassOfLabel& class_of) {
  evaluation::AlarmFigures figures;
  figures.name = path.filename().string();
  figures.false_count.resize(static_cast<std::size_t>(reported_count));
  const std::filesystem::path list = std::filesystem::path(path).replace_extension(".csv");
  std::vector<metrics::Event> truth;
  if (std::filesystem::exists(list)) {
    figures.has_truth = true;
    truth = read_events(list, reported_count, class_of);
  }
  double duration_s = 0;
  const std::vector<metrics::Event> detected =
      evaluation::score_recording(model, path, reported_count, &duration_s);
  evaluation::add_detections(detected, truth, duration_s, &figures);
  return figures;
}

}  // namespace pupil::pipeline
