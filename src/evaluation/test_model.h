// SPDX-License-Identifier: Apache-2.0
// What the tests of this module share: a synthetic training set, and a model of random weights that fits it.

#pragma once

#include <optional>

#include "base/test_folder.h"
#include "model/aligned_bytes.h"
#include "model/model_writer.h"
#include "model/random_model.h"
#include "student/test_set.h"

namespace pupil::evaluation {

/// A loaded model; stays where it was made.
class TestModel {
 public:
  /// Of the classes of student::make_test_set() and half a second of frames.
  explicit TestModel(edge::ScoreKind kind = edge::ScoreKind::softmax, float threshold = 0.5F,
                     float gain = 1.0F, std::uint64_t seed = 1) {
    edge::ModelSketch sketch = edge::named_sketch("micro");
    sketch.mel_count = 64;
    sketch.window_frames = 48;
    sketch.class_count = 3;
    sketch.score_kind = kind;
    edge::ModelImage image = edge::random_model(sketch, seed);
    const char* const names[] = {"low", "high", "noise"};
    for (std::size_t k = 0; k < 3; ++k) image.classes[k] = {names[k], "", threshold, gain, 0.0F};
    file_.emplace(edge::write_model(image));
    EXPECT_EQ(model_.load(file_->span()), edge::Status::ok);
  }
  const edge::Model& model() const { return model_; }

 private:
  std::optional<edge::AlignedBytes> file_;
  edge::Model model_;
};

}  // namespace pupil::evaluation
