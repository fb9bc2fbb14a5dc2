// SPDX-License-Identifier: Apache-2.0
#include "student/model_image.h"

#include "base/error.h"
#include "student/qat_net.h"

namespace pupil::student {

edge::ModelImage make_model_image(const Student& student) {
  if (!student.quantised.defined())
    throw Error("the student is not int8 yet: pupil train makes it so at its end");
  const QatNet net(student.network, student.quantised, ranges_from(student.ranges));
  const InputScale input = input_scale(student.scale, net.ranges()[0]);
  edge::ModelImage image;
  image.front_end = student.front_end;
  image.window_frames = student.network.window_frames;
  image.score_kind = student.multi_label ? edge::ScoreKind::sigmoid : edge::ScoreKind::softmax;
  image.input_zero_point = net.ranges()[0].zero_point;
  image.input_gain = input.gain;
  image.input_shift = input.shift;
  for (const std::string& name : student.class_names) image.classes.push_back({name, "", 0.5F, 1.0F, 0.0F});
  image.layers = net.layers();
  return image;
}

}  // namespace pupil::student
