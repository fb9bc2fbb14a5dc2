// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config_chain.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/example_teacher.h"
#include "pipeline/label_decision.h"
#include "pipeline/model_identity.h"
#include "separator/windowed_separation.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {
namespace {

TeacherLinks teacher_links(const Project& project, corpus::Catalogue& catalogue, const TeacherSpec& spec,
                           const corpus::StageConfig& windows) {
  TeacherLinks links;
  links.spec = spec;
  links.model = identify_model(project, catalogue, spec.model, ModelUse::teacher);
  Json embed;
  embed.set("kind", links.model.kind);
  embed.set("weights", links.model.hash);
  embed.set(
      "hears",
      project.teacher.input);  // the stored key of earlier versions: another would embed everything anew
  if (project.teacher.input == "clip") embed.set("clip_s", kEmbeddedClipSeconds);
  if (project.teacher.input == "context") embed.set("context_s", project.teacher.context_s);
  embed.set("precision", project.teacher.precision);
  embed.set("windows", windows.hash);
  links.embed = corpus::look_up_config(catalogue, "embed", embed.dump());
  Json score;
  score.set("embed", links.embed.hash);
  score.set("classes", scored_class_config(project, links.model.kind));
  links.score = corpus::look_up_config(catalogue, "score", score.dump());
  return links;
}

corpus::StageConfig judge_link(const Project& project, corpus::Catalogue& catalogue,
                               const std::string& separate_hash, const corpus::ModelRecord& teacher) {
  Json config;
  config.set("separate", separate_hash);
  config.set("kind", teacher.kind);
  config.set("weights", teacher.hash);
  config.set("precision", project.teacher.precision);
  config.set("classes", scored_class_config(project, teacher.kind));
  // Which classes a view was made for.
  Json queries = Json(Json::Array());
  for (const SoundClass& sound : project.classes) queries.push_back(own_query(sound));
  config.set("queries", queries);
  config.set("one_query", !project.separate.query.empty());
  config.set("heard_s", kJudgedSeconds);
  config.set("sure_probability", kSureProbability);
  config.set("lost_share", kLostShare);
  return corpus::look_up_config(catalogue, "judge", config.dump());
}

}  // namespace

std::vector<std::string> class_names(const Project& project) {
  std::vector<std::string> names;
  for (const SoundClass& sound : project.all_classes()) names.push_back(sound.name);
  return names;
}

corpus::WindowOptions window_options(const Project& project) {
  corpus::WindowOptions options;
  options.length_s = project.window.length_s;
  options.hop_s = project.window.hop_s;
  return options;
}

const std::string& own_query(const SoundClass& sound) {
  if (!sound.query.empty()) return sound.query;
  return sound.prompts.empty() ? sound.name : sound.prompts.front();
}

std::vector<std::string> separation_queries(const Project& project) {
  if (!project.separate.query.empty()) return {project.separate.query};
  std::vector<std::string> queries;
  for (const SoundClass& sound : project.classes) {
    if (std::find(queries.begin(), queries.end(), own_query(sound)) == queries.end())
      queries.push_back(own_query(sound));
  }
  return queries;
}

corpus::StageConfig separate_link(const Project& project, corpus::Catalogue& catalogue,
                                  const corpus::ModelRecord& separator) {
  const separator::WindowPlan plan;
  Json config;
  config.set("weights", separator.hash);
  config.set("queries", separation_queries(project));
  config.set("mix", project.separate.mix);
  config.set("precision", project.separate.precision);
  config.set("windows", std::vector<std::int64_t>{plan.window_samples, plan.hop_samples, plan.context_samples,
                                                  plan.fade_samples});
  return corpus::look_up_config(catalogue, "separate", config.dump());
}

ConfigChain find_config_chain(const Project& project, corpus::Catalogue& catalogue) {
  ConfigChain chain;
  chain.windows = corpus::look_up_window_config(catalogue, window_options(project));
  for (const TeacherSpec& spec : project.teacher.teachers()) {
    chain.teachers.push_back(teacher_links(project, catalogue, spec, chain.windows));
  }
  chain.filter.window_config_id = chain.windows.id;
  chain.filter.original = project.separate.mode != "separated";
  if (project.separate.mode != "off") {
    chain.separator = identify_model(project, catalogue, project.separate.model, ModelUse::separator);
    chain.separate = separate_link(project, catalogue, *chain.separator);
    chain.judge = judge_link(project, catalogue, chain.separate->hash, chain.teachers.front().model);
    chain.filter.separate_config_id = chain.separate->id;
    chain.filter.judge_config_id = chain.judge->id;
  }
  chain.label = corpus::look_up_config(catalogue, "label", label_config_text(project, catalogue, chain));
  return chain;
}

}  // namespace pupil::pipeline
