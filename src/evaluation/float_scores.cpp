// SPDX-License-Identifier: Apache-2.0
// The float student, the one part of this module that needs libtorch.

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/split_scores.h"
#include "metrics/calibration.h"
#include "student/scoring.h"
#include "student/student_file.h"

namespace pupil::evaluation {

std::vector<float> float_scores(const std::filesystem::path& path, const student::TrainingSet& set,
                                std::span<const std::int64_t> windows) {
  const student::Student student = student::load_student(path);
  if (student.class_names != set.class_names())
    throw Error(concat(path.string(), ": the student knows other classes than the labels: pupil train"));
  const auto network = student::make_mel_cnn(student);
  student::WindowScorer scorer(*network, student.front_end, student.scale);
  std::vector<float> scores = scorer.logits(set, windows);
  if (!student.multi_label) return metrics::softmax(scores, set.class_count());
  for (float& score : scores) score = 1.0F / (1.0F + std::exp(-score));
  return scores;
}

}  // namespace pupil::evaluation
