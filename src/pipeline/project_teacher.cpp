// SPDX-License-Identifier: Apache-2.0
#include "pipeline/project_teacher.h"

#include "base/error.h"
#include "nn/model_store.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/example_teacher.h"

namespace pupil::pipeline {

std::unique_ptr<teacher::Teacher> load_project_teacher(const Project& project, const TeacherSpec& spec) {
  auto teacher = with_examples(
      project, teacher::load_teacher(nn::resolve_model(spec.model, project.dir, nn::cache_dir()),
                                     {project.teacher.precision}));
  with_context(project.name, [&] { teacher->set_classes(scored_classes(project)); });
  return teacher;
}

}  // namespace pupil::pipeline
