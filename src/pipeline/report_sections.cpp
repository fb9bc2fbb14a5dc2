// SPDX-License-Identifier: Apache-2.0
#include "pipeline/report_sections.h"

#include <filesystem>
#include <map>

#include "base/metrics_file.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/judgements.h"
#include "corpus/status.h"
#include "corpus/views.h"
#include "pipeline/label_stage.h"
#include "pipeline/label_summary.h"
#include "student/backbone.h"

namespace pupil::pipeline {
namespace {

constexpr corpus::Split kSplits[] = {corpus::Split::train, corpus::Split::val, corpus::Split::test};

Json counts_json(const std::vector<corpus::CountRow>& rows, std::string_view unnamed) {
  Json list = Json(Json::Array());
  for (const corpus::CountRow& row : rows) {
    Json json;
    json.set("name", row.name.empty() ? std::string(unnamed) : row.name);
    json.set("clips", row.clip_count);
    json.set("duration_s", row.duration_s);
    list.push_back(json);
  }
  return list;
}

std::string_view state_name(corpus::ViewState state) {
  switch (state) {
    case corpus::ViewState::silent: return "silent";
    case corpus::ViewState::destroyed: return "destroyed";
    case corpus::ViewState::good: break;
  }
  return "good";
}

}  // namespace

Json collection_json(corpus::Catalogue& catalogue, const ConfigChain& chain) {
  const corpus::CatalogueStatus status = corpus::read_status(catalogue);
  if (status.clip_count == 0 && status.set_aside.empty()) return {};
  Json json;
  json.set("clips", status.clip_count);
  json.set("recordings", status.recording_count);
  json.set("duration_s", status.duration_s);
  json.set("windows", corpus::count_results(catalogue, chain.windows.id));
  Json splits = Json(Json::Array());
  for (const corpus::Split split : kSplits) {
    const corpus::CountRow& row = status.splits[static_cast<std::size_t>(split)];
    Json entry;
    entry.set("name", corpus::split_name(split));
    entry.set("clips", row.clip_count);
    entry.set("duration_s", row.duration_s);
    splits.push_back(entry);
  }
  json.set("splits", splits);
  json.set("licences", counts_json(status.licences, "not stated"));
  json.set("sources", counts_json(status.sources, "not stated"));
  json.set("set_aside", counts_json(status.set_aside, ""));
  Json given = Json(Json::Array());
  for (const corpus::LabelSplitRow& row : status.labels) {
    Json entry;
    entry.set("name", row.label.empty() ? "no given label" : row.label);
    for (const corpus::Split split : kSplits)
      entry.set(corpus::split_name(split), row.clip_count[static_cast<std::size_t>(split)]);
    given.push_back(entry);
  }
  json.set("given_labels", given);
  return json;
}

Json separation_json(corpus::Catalogue& catalogue, const ConfigChain& chain) {
  if (!chain.separate) return {};
  std::map<std::string_view, std::int64_t> states;
  double removed_db = 0, energy_ratio = 0;
  std::int64_t count = 0;
  corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) {
    for (const corpus::View& view : corpus::list_views(catalogue, clip.id)) {
      if (view.kind != corpus::ViewKind::separated || view.config_id != chain.separate->id) continue;
      ++states[state_name(corpus::judged_state(catalogue, view, chain.judge->id))];
      removed_db += view.separation.removed_db;
      energy_ratio += view.separation.energy_ratio;
      ++count;
    }
  });
  if (count == 0) return {};
  Json json;
  json.set("views", count);
  for (const std::string_view state : {"good", "silent", "destroyed"}) json.set(state, states[state]);
  json.set("mean_removed_db", removed_db / static_cast<double>(count));
  json.set("mean_energy_ratio", energy_ratio / static_cast<double>(count));
  return json;
}

Json labelling_json(const Project& project, corpus::Catalogue& catalogue, const ConfigChain& chain) {
  LabelStageReport report;
  summarise_labels(project, catalogue, chain.filter, chain.label.id, &report);
  report.skips = corpus::count_skips(catalogue, chain.label.id);
  Json json;
  Json teachers = Json(Json::Array());
  for (const TeacherSpec& teacher : project.teacher.teachers()) {
    teachers.push_back(std::filesystem::path(teacher.model).filename().string());
  }
  json.set("teachers", teachers);
  json.set("input", project.teacher.input);
  const Json labels = label_report_json(report);
  for (const auto& [key, value] : labels.as_object()) {
    if (key != "embedded" && key != "scored" && key != "decided")
      json.set(key, value);  // of a run, not of the project
  }
  return json;
}

Json training_json(const Project& project) {
  const std::filesystem::path path = project.dir / "train" / "metrics.jsonl";
  if (!std::filesystem::exists(path)) return {};
  Json epochs = Json(Json::Array());
  for (const Json& line : read_metrics(path)) {
    Json epoch;
    for (const char* key : {"epoch", "phase", "loss", "hard_loss", "soft_loss", "val_agreement"}) {
      if (const Json* value = line.find(key)) epoch.set(key, *value);
    }
    epochs.push_back(epoch);
  }
  Json json;
  json.set("size", project.train.size);
  json.set("init", std::filesystem::path(student::resolved_init(project.train)).filename().string());
  json.set("seed", project.train.seed);
  json.set("epochs", epochs);
  return json;
}

Json comparison_json(const Project& project) {
  const std::filesystem::path path = project.dir / "compare" / "comparison.json";
  return std::filesystem::exists(path) ? read_json(path) : Json();
}

}  // namespace pupil::pipeline
