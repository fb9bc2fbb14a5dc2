// SPDX-License-Identifier: Apache-2.0
// A teacher of a project, ready to score its classes.

#pragma once

#include <functional>
#include <memory>

#include "project/project_file.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {

/// Error: the model is not here, or a class that it cannot know.
std::unique_ptr<teacher::Teacher> load_project_teacher(const Project& project, const TeacherSpec& spec);

/// load_project_teacher(), or what a test puts in its place.
using TeacherLoader = std::function<std::unique_ptr<teacher::Teacher>(const Project&, const TeacherSpec&)>;

}  // namespace pupil::pipeline
