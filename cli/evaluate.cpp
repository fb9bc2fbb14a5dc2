// SPDX-License-Identifier: Apache-2.0
// pupil evaluate: how good a project's model is, or any model on any labelled recordings.

#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/project_lock.h"
#include "base/revision.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "device/model_file.h"
#include "evaluate_options.h"
#include "output_paths.h"
#include "pipeline/evaluate_stage.h"
#include "pipeline/evaluation_text.h"
#include "pipeline/labelled_recordings.h"
#include "pipeline/long_recordings.h"
#include "pipeline/model_costs.h"
#include "pupil/edge/events.h"
#include "report/page.h"

namespace pupil::cli {
namespace {

std::vector<corpus::Source> read_sources(const EvaluateOptions& options) {
  std::vector<corpus::Source> sources;
  corpus::SourceOptions source;
  source.audio_root = options.root;
  for (const std::string& path : options.data) {
    corpus::CsvColumns columns;
    columns.path = options.path_column;
    columns.label = options.label_column;
    columns.group = options.group_column;
    columns.split = options.split.empty() ? corpus::kNoColumn : std::string_view(options.split_column);
    sources.push_back(corpus::is_index(path) ? corpus::read_csv_source(path, columns, source)
                                             : corpus::read_source(path, source));
    for (const std::string& warning : sources.back().warnings) log_warning(warning);
  }
  if (options.split.empty()) return sources;
  const auto split = corpus::parse_split(options.split);
  if (!split) throw UsageError("--split is train, val or test");
  for (corpus::Source& source_of_one : sources)
    std::erase_if(source_of_one.items, [&](const corpus::SourceItem& item) { return item.split != split; });
  return sources;
}

std::map<std::string, std::string> read_map(const std::vector<std::string>& words) {
  std::map<std::string, std::string> map;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) throw UsageError("--map '" + word + "': expected GIVEN=CLASS");
    map[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return map;
}

std::int32_t class_named(const edge::Model& model, const std::string& name) {
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    if (model.label(k) == name) return k;
  }
  return -1;
}

void write_files(const std::filesystem::path& folder, const Json& report) {
  make_folders(folder);
  write_whole(folder / "report.json", report.dump(2) + "\n");
  write_whole(folder / "index.html", report::page(report, {}));
}

void check_paths(const EvaluateOptions& options) {
  if (options.out.empty()) return;
  const std::filesystem::path folder = options.out;
  std::vector<NamedPath> inputs = {{"TARGET", options.target}};
  for (const std::string& path : options.data) inputs.push_back({"--data", path});
  for (const std::string& path : options.long_files) inputs.push_back({"--long", path});
  check_outputs(std::vector<NamedPath>{{"--out", folder / "report.json"}, {"--out", folder / "index.html"}},
                inputs);
}

int evaluate_model(const EvaluateOptions& options) {
  if (options.data.empty() && options.long_files.empty())
    throw UsageError("a model alone: say with --data or --long what it shall score");
  check_paths(options);
  const auto map = read_map(options.map);
  const device::ModelFile file(options.target);
  const edge::Model& model = file.model();
  for (const auto& [given, name] : map) {
    if (class_named(model, name) < 0)
      throw UsageError(concat("--map ", given, "=", name, ": the model has no such class"));
  }
  evaluation::DeviceNetwork network(model);
  pipeline::LabelledDataOptions data;
  data.hop_s = options.hop_s;
  data.reported_count = edge::reported_class_count(model);
  const auto class_of = [&](const std::string& given) {
    const auto mapped = map.find(given);
    return class_named(model, mapped == map.end() ? given : mapped->second);
  };
  data.meaning = [&](const std::string& given) {
    const std::int32_t k = class_of(given);
    return pipeline::LabelMeaning{k, k >= 0 && k < data.reported_count};
  };
  Json report, names = Json(Json::Array());
  for (std::int32_t k = 0; k < model.class_count(); ++k) names.push_back(model.label(k));
  report.set("project", model.find_metadata("name"));
  report.set("made_by", std::string(program_name()));
  report.set("classes", names);
  report.set("reported_classes", data.reported_count);
  report.set("model", pipeline::model_json(model, options.target));
  Json alarms = Json(Json::Array());
  if (!options.data.empty()) {
    const pipeline::LabelledDataFigures figures =
        pipeline::measure_labelled_recordings(network, read_sources(options), data);
    report.set("splits", Json(Json::Object{{"data", figures.split}}));
    if (!figures.any_class.is_null())
      report.set("any_class", Json(Json::Object{{"data", figures.any_class}}));
    if (!figures.false_alarms.is_null()) alarms.push_back(figures.false_alarms);
  }
  const std::vector<std::string> class_names = [&] {
    std::vector<std::string> all;
    for (const Json& name : names.as_array()) all.push_back(name.as_string());
    return all;
  }();
  for (const std::string& path : options.long_files)
    alarms.push_back(evaluation::alarms_json(
        pipeline::score_long_recording(model, path, data.reported_count, class_of), class_names));
  if (!alarms.as_array().empty()) report.set("false_alarms", alarms);
  report.set("measured_here", pipeline::measured_json(model, &network));
  if (!options.out.empty()) write_files(options.out, report);
  std::printf("%s", options.json ? (report.dump(2) + "\n").c_str() : pipeline::report_text(report).c_str());
  return 0;
}

int evaluate_project(EvaluateOptions& options) {
  const Project project = load_project(options.target);
  const ProjectLock lock(options.target, "pupil evaluate");
  corpus::Catalogue catalogue = corpus::Catalogue::open(options.target);
  pipeline::EvaluateStageOptions stage;
  stage.long_files = options.long_files;
  stage.microphones = options.microphones;
  stage.model = options.model;
  stage.page = !options.no_page;
  stage.data_hop_s = options.hop_s;
  stage.data = read_sources(options);
  stage.record = options_json(options);
  const pipeline::EvaluationReport report =
      pipeline::run_evaluate_stage(project, catalogue, corpus::Store(options.target), stage);
  std::printf(
      "%s", options.json ? (report.json.dump(2) + "\n").c_str() : pipeline::evaluation_text(report).c_str());
  return 0;
}

}  // namespace

int run_evaluate(const Command& command, Arguments arguments) {
  auto options = parse_options<EvaluateOptions>(command, arguments);
  return std::filesystem::is_directory(options.target) ? evaluate_project(options) : evaluate_model(options);
}

}  // namespace pupil::cli
