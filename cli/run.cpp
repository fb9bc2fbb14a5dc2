// pupil run: all stages of a project, one after the other.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "corpus/collect_stage.h"
#include "commands.h"
#include "pipeline/export_stage.h"
#include "base/project_lock.h"
#include "run_options.h"
#include "pipeline/stages.h"
#include "base/scratch_folder.h"
#include "corpus/stage_run.h"

namespace pupil::cli {
namespace {

// What became of one stage.
struct StageResult {
  pipeline::StageForecast forecast;
  std::string state;  // "done", "nothing to do", "off", "not asked for"; of a dry run "pending"
  double seconds = 0;
  Json report;
};

std::string amount(const pipeline::StageForecast& forecast) {
  const bool whole = forecast.pending == std::floor(forecast.pending);
  return concat(whole ? with_thousands(std::llround(forecast.pending)) : fixed(forecast.pending, 1), " ",
                forecast.unit, forecast.remark.empty() ? "" : " ", forecast.remark);
}

Json stage_json(std::string_view name, const StageResult& result) {
  Json json;
  json.set("stage", name);
  json.set("state", result.state);
  json.set("pending", result.forecast.pending);
  json.set("unit", result.forecast.unit);
  json.set("expected_s", result.forecast.seconds);
  json.set("by_measured_rate", result.forecast.measured);
  if (result.state == "done") {
    json.set("seconds", result.seconds);
    json.set("report", result.report);
  }
  return json;
}

// The stages from `first` to `last`, those outside left as "not asked for".
class PipelineRun {
 public:
  PipelineRun(pipeline::PipelineContext& place, std::size_t first, std::size_t last)
      : place_(place), first_(first), last_(last), results_(pipeline::stages().size()) {
    for (StageResult& stage : results_) stage.state = "not asked for";
  }

  // What would be done; writes nothing.
  void forecast() {
    pipeline::Upstream upstream;
    for (std::size_t i = first_; i <= last_; ++i) {
      StageResult& stage = results_[i];
      stage.forecast = pipeline::stages()[i].forecast(place_, &upstream);
      stage.state = stage.forecast.off ? "off" : stage.forecast.pending > 0 ? "pending" : "nothing to do";
    }
  }

  void run() {
    forecast();
    for (std::size_t i = first_; i <= last_; ++i) run_stage(i);
    set_progress_frame("", 0);
  }

  bool did_anything() const {
    for (const StageResult& stage : results_) {
      if (stage.state == "done") return true;
    }
    return false;
  }

  std::string table() const {
    std::string text;
    double seconds = 0;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      const StageResult& stage = results_[i];
      text += concat(pipeline::stages()[i].name, std::string(10 - pipeline::stages()[i].name.size(), ' '));
      if (stage.state == "pending") {
        text += concat(amount(stage.forecast), ": about ", readable_seconds(stage.forecast.seconds),
                       stage.forecast.measured ? "" : " (by a default rate)");
        seconds += stage.forecast.seconds;
      } else {
        text += stage.state;
      }
      text += "\n";
    }
    return text +
           (seconds > 0 ? concat("in all about ", readable_seconds(seconds), "\n") : "nothing to do\n");
  }

  Json json() const {
    Json list{Json::Array()};
    for (std::size_t i = 0; i < results_.size(); ++i)
      list.push_back(stage_json(pipeline::stages()[i].name, results_[i]));
    return list;
  }

 private:
  void run_stage(std::size_t i) {
    StageResult& stage = results_[i];
    if (did_anything()) {
      // Once more: what the stages before it did is known by now.
      pipeline::Upstream nothing;
      stage.forecast = pipeline::stages()[i].forecast(place_, &nothing);
    }
    const std::string place = concat("[", i + 1, "/", pipeline::stages().size(), "] ");
    if (stage.forecast.off || stage.forecast.pending == 0) {
      stage.state = stage.forecast.off ? "off" : "nothing to do";
      log_info(concat(place, pipeline::stages()[i].name, ": ", stage.state));
      return;
    }
    double later_s = 0;
    for (std::size_t next = i + 1; next <= last_; ++next) later_s += results_[next].forecast.seconds;
    log_info(concat(
        place, pipeline::stages()[i].name, ": ", amount(stage.forecast), ", about ",
        readable_seconds(stage.forecast.seconds),
        later_s > 1 ? concat(" (in all ", readable_seconds(stage.forecast.seconds + later_s), ")") : ""));
    set_progress_frame(place, later_s);
    const auto start = std::chrono::steady_clock::now();
    stage.report = with_context(std::string(pipeline::stages()[i].name), [&] { return pipeline::stages()[i].run(place_); });
    stage.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    stage.state = "done";
  }

  pipeline::PipelineContext& place_;
  const std::size_t first_, last_;
  std::vector<StageResult> results_;
};

// The int8 student against the teacher, by the latest evaluation.
std::string retained_text(const Json& figures) {
  const auto percent = [&](const char* key) { return fixed(100 * figures.at(key).as_double(), 1); };
  const auto known = [&](const char* key) { return figures.at(key).is_number(); };
  const bool by_truth = figures.at("against_truth").as_bool();
  // Absent from runs recorded by earlier versions.
  if (const Json* judged = figures.find("judged_classes"); judged != nullptr && judged->as_array().size() == 1)
    return concat("not known: all ", figures.at("clips").as_int(), " ", figures.at("split").as_string(),
                  " clips are of one class: ", judged->as_array().front().as_string());
  if (!known("retained") || figures.at("clips").as_int() == 0)
    return "not known: no recordings in val or test to judge by";
  std::string text = concat(percent("retained"), by_truth ? " % of the teacher's accuracy"
                                                          : " % of clips decided as the teacher does");
  if (known("retained_low"))
    text += concat(" (", percent("retained_low"), " to ", percent("retained_high"), ")");
  return text + concat(", ", with_thousands(figures.at("clips").as_int()), " clips of ",
                       figures.at("split").as_string());
}

// The end of a run: what there is now, and what to type next.
void print_end(const RunOptions& options, pipeline::PipelineContext& place, const PipelineRun& pipeline_run) {
  const std::filesystem::path model = pipeline::model_path(place.project);
  const bool exported = std::filesystem::exists(model);
  const auto evaluation = corpus::latest_finished_run(place.catalogue, "evaluate");
  const std::string next =
      exported ? concat("arecord -f S16_LE -r 16000 | pupil classify ", model.string(), " - --stream")
               : concat("pupil run ", options.dir);
  Json json;
  json.set("stages", pipeline_run.json());
  std::string text = pipeline_run.did_anything() ? "" : "nothing to do\n";
  if (exported) {
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(model));
    Json file;
    file.set("path", model.string());
    file.set("bytes", bytes);
    json.set("model", file);
    text += concat("model     ", model.string(), " (", readable_bytes(bytes), ")\n");
  }
  if (exported && evaluation) {
    const Json figures = parse_json(evaluation->summary_json);
    json.set("evaluation", figures);
    text +=
        concat("retained  ", retained_text(figures), "\nreport    ", figures.at("page").as_string(), "\n");
  }
  json.set("next", next);
  text += concat("next      ", next, "\n");
  std::fputs(options.json ? (json.dump(2) + "\n").c_str() : text.c_str(), stdout);
}

int forecast(const RunOptions& options, pipeline::PipelineContext& place, std::size_t first, std::size_t last) {
  PipelineRun pipeline_run(place, first, last);
  pipeline_run.forecast();
  if (options.json) {
    Json json;
    json.set("stages", pipeline_run.json());
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::fputs(pipeline_run.table().c_str(), stdout);
  }
  return 0;
}

}  // namespace

int run_run(const Command& command, Arguments arguments) {
  RunOptions options = parse_options<RunOptions>(command, arguments);
  const std::size_t first = options.from.empty() ? 0 : pipeline::find_stage("--from", options.from);
  const std::size_t last = options.until.empty() ? pipeline::stages().size() - 1 : pipeline::find_stage("--until", options.until);
  if (first > last) throw UsageError("--from comes after --until");
  Project project = load_project(options.dir);
  if (options.seed >= 0) project.train.seed = options.seed;
  if (options.threads > 0) project.train.threads = options.threads;
  const bool is_new = !std::filesystem::exists(project.dir / "catalogue.db");
  if (is_new && project.sources.empty()) {
    throw Error(concat("nothing to collect: name a folder in a [[source]] table of ", options.dir,
                       "/pupil.toml, or bring recordings in with pupil collect ", options.dir, " FOLDER"));
  }
  std::vector<corpus::Source> sources;
  if (first == 0) sources = corpus::read_sources(project.sources, project.dir);

  if (options.dry_run) {
    // Nothing is written, not even an empty catalogue.
    std::optional<ScratchFolder> scratch;
    if (is_new) scratch.emplace();
    auto catalogue =
        is_new ? corpus::Catalogue::create(scratch->path()) : corpus::Catalogue::open_to_look(project.dir);
    pipeline::PipelineContext place{project, catalogue, std::move(sources), options.threads, {}};
    return forecast(options, place, first, last);
  }

  const ProjectLock lock(project.dir, "pupil run");
  auto catalogue = corpus::Catalogue::create(project.dir);
  pipeline::PipelineContext place{project, catalogue, std::move(sources), options.threads, options_json(options)};
  PipelineRun pipeline_run(place, first, last);
  pipeline_run.run();
  print_end(options, place, pipeline_run);
  return 0;
}

}  // namespace pupil::cli
