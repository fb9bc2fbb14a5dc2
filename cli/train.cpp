// SPDX-License-Identifier: Apache-2.0
// pupil train: the student of a project.

#include <cstdio>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/catalogue.h"
#include "corpus/stage_run.h"
#include "output_paths.h"
#include "pipeline/train_stage.h"
#include "pipeline/training_set_stage.h"
#include "train_options.h"
#include "train_together.h"

namespace pupil::cli {
namespace {

Json summary(const student::TrainerResult& result) {
  Json json;
  json.set("student", result.student.string());
  json.set("steps", result.steps);
  json.set("windows_per_s", result.windows_per_s);
  json.set("waited_s", result.waited_s);
  return json;
}

std::string prepare(const Project& project, corpus::Catalogue& catalogue, TrainOptions& options) {
  corpus::StageRun run(catalogue, "prepare", options_json(options));
  const pipeline::PreparedSet prepared = pipeline::prepare_training_set(
      project, catalogue, corpus::Store(project.dir), project.train.embedding > 0);
  const std::string path = prepared.set.path().string();
  run.finish(Json(Json::Object{{"set", path}}));
  return path;
}

}  // namespace

int run_train(const Command& command, Arguments arguments) {
  TrainOptions options = parse_options<TrainOptions>(command, arguments);
  TrainTogether together(options);
  Project project = load_project(options.dir);
  together.share_processors(project.train);
  pipeline::TrainStageOptions stage;
  stage.folder = options.out.empty() ? project.dir / "train" : std::filesystem::path(options.out);
  stage.set = options.set;
  stage.old_checkpoint = options.fresh ? pipeline::OldCheckpoint::forget : pipeline::OldCheckpoint::refuse;
  stage.record = options_json(options);
  if (!together.is_first()) {
    stage.group = together.meet(stage.folder);
    pipeline::join_train_stage(project, stage);
    return 0;
  }
  std::optional<corpus::Catalogue> catalogue;
  if (options.set.empty()) catalogue = corpus::Catalogue::open(options.dir);
  // Several trainings of one project may run side by side, each in a folder of its own.
  const ProjectLock lock(options.dir, "pupil train",
                         options.out.empty() ? ProjectLock::Kind::exclusive : ProjectLock::Kind::shared);
  if (options.prepare) {
    const std::string path = options.set.empty() ? prepare(project, *catalogue, options) : options.set;
    std::printf("%s\n", path.c_str());
    return 0;
  }
  if (options.describe) {
    const student::TrainingSet set =
        student::TrainingSet::open(options.set.empty() ? prepare(project, *catalogue, options) : options.set);
    const student::NetworkSpec network = student::student_network(project.train, set);
    std::fputs(student::describe_network(network, 1000.0 / project.train.hop_ms).c_str(), stdout);
    return 0;
  }
  if (!options.out.empty())
    check_output_folder({"--out", options.out},
                        std::vector<NamedPath>{{"--set", options.set}, {"DIR", options.dir}});
  // A checkpoint and its metrics are one training's.
  std::optional<ProjectLock> out_lock;
  if (!options.out.empty()) {
    make_folders(options.out);
    out_lock.emplace(options.out, "pupil train");
  }
  stage.group = together.meet(stage.folder);
  const student::TrainerResult result =
      pipeline::run_train_stage(project, catalogue ? &*catalogue : nullptr, stage);
  if (options.json) {
    std::printf("%s\n", summary(result).dump(2).c_str());
  } else {
    std::printf("%s (%lld steps, %.0f windows/s, %s waiting for data)\n", result.student.c_str(),
                static_cast<long long>(result.steps), result.windows_per_s,
                readable_seconds(result.waited_s).c_str());
  }
  return 0;
}

}  // namespace pupil::cli
