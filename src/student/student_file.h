// SPDX-License-Identifier: Apache-2.0
// A trained student as a file: the float network (running average), its front end and what it was trained
// from.

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "student/batch_loader.h"
#include "student/mel_cnn.h"

namespace pupil::student {

struct Student {
  NetworkSpec network;
  edge::LogMelOptions front_end;
  FeatureScale scale;
  std::vector<std::string> class_names;
  std::int32_t reported_class_count = 0;
  bool multi_label = false;
  std::string configuration;  ///< training_configuration()
  at::Tensor parameters;      ///< MelCnn::parameters()
  at::Tensor statistics;      ///< MelCnn::statistics()
  at::Tensor quantised;       ///< QatNet::parameters() after quantisation-aware training; may be undefined
  at::Tensor ranges;          ///< QatNet's ranges; undefined with `quantised`
};

/// Replaces `path` whole. Error: full disk and the like.
void save_student(const std::filesystem::path& path, const Student& student);

/// Error, beginning with the path: no student, or one that contradicts itself.
Student load_student(const std::filesystem::path& path);

/// The float network with the student's weights.
std::unique_ptr<MelCnn> make_mel_cnn(const Student& student, at::Device device = at::kCPU);

}  // namespace pupil::student
