// SPDX-License-Identifier: Apache-2.0
// Classes that a teacher has no words for ([[class]] examples without prompts or AudioSet names) stand for how much audio
// sounds like their examples. Made by load_project_teacher(); its scores are brought to the scale of the other classes'
// where labels are decided (label_decision.h).

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "project/project_file.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {

/// Whether a teacher of this kind knows a class by its examples alone.
bool is_shown(std::string_view kind, const SoundClass& sound);

/// teacher::class_config() of the classes that a teacher scores, and the hashes of the examples of those it has no words
/// for. Error: as corpus::list_examples().
std::string scored_class_config(const Project& project, std::string_view kind);

/// The mean [D] of the embeddings of a class's examples, each of length 1: a stretch of each, the loudest with [teacher]
/// input = "window". Error: as corpus::list_examples(), or a file that is no audio or is silent.
std::vector<float> examples_embedding(const Project& project, const teacher::Teacher& teacher,
                                      const SoundClass& sound);

/// SHA-256 over the files of a class's examples. Error: as corpus::list_examples().
std::string hash_of_examples(const Project& project, const SoundClass& sound);

/// `teacher` as it is where it has words for all classes that the project has scored. Else one whose score of a shown class
/// is the mean cosine of an embedding to those of its examples, examples_embedding(), which are embedded when the first score
/// is asked for.
std::unique_ptr<teacher::Teacher> with_examples(const Project& project,
                                                std::unique_ptr<teacher::Teacher> teacher);

}  // namespace pupil::pipeline
