// A teacher of a project, ready to score its classes.

#pragma once

#include <memory>

#include "project/project_file.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {

/// Error: the model is not here, or a class that it cannot know.
std::unique_ptr<teacher::Teacher> load_project_teacher(const Project& project, const TeacherSpec& spec);

}  // namespace pupil::pipeline
