// pupil train: the student of a project.

#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/catalogue.h"
#include "label_stage.h"
#include "student/batch_loader.h"
#include "student/metrics_plot.h"
#include "student/trainer.h"
#include "train_options.h"
#include "training_set_stage.h"

namespace pupil::cli {
namespace {

student::TrainingSet open_set(const Project& project, const TrainOptions& options) {
  if (!options.set.empty()) return student::TrainingSet::open(options.set);
  corpus::Catalogue catalogue = corpus::Catalogue::open(options.dir);
  return prepare_training_set(project, catalogue, corpus::Store(options.dir), project.train.embedding > 0);
}

Json summary(const student::TrainerResult& result) {
  Json json;
  json.set("student", result.student.string());
  json.set("steps", result.steps);
  json.set("windows_per_s", result.windows_per_s);
  json.set("waited_s", result.waited_s);
  return json;
}

}  // namespace

int run_train(const Command& command, Arguments arguments) {
  TrainOptions options = parse_options<TrainOptions>(command, arguments);
  const Project project = load_project(options.dir);
  const student::TrainingSet set = open_set(project, options);
  if (options.prepare) {
    std::printf("%s\n", set.path().c_str());
    return 0;
  }
  student::TrainerOptions trainer;
  trainer.train = project.train;
  trainer.folder = options.out.empty() ? project.dir / "train" : std::filesystem::path(options.out);
  trainer.fresh = options.fresh;
  if (project.train.consistent) {
    corpus::Catalogue catalogue = corpus::Catalogue::open(options.dir);
    trainer.teacher = make_live_teachers(project, catalogue, student::kTrainingRateHz);
  }
  const double frames_per_second = 1000.0 / project.train.hop_ms;
  log_info(student::describe_network(student::student_network(project.train, set), frames_per_second));

  const student::TrainerResult result = student::train_student(set, trainer);
  student::draw_metrics(trainer.folder / "metrics.jsonl", trainer.folder / "metrics.svg");
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
