#include "student/model_draft.h"

#include "base/error.h"
#include "student/qat_net.h"

namespace pupil::student {

edge::ModelDraft make_model_draft(const Student& student) {
  if (!student.quantised.defined())
    throw Error("the student is not int8 yet: pupil train makes it so at its end");
  const QatNet net(student.network, student.quantised, ranges_from(student.ranges));
  const InputScale input = input_scale(student.scale, net.ranges()[0]);
  edge::ModelDraft draft;
  draft.front_end = student.front_end;
  draft.window_frames = student.network.window_frames;
  draft.score_kind = student.multi_label ? edge::ScoreKind::sigmoid : edge::ScoreKind::softmax;
  draft.input_zero_point = net.ranges()[0].zero_point;
  draft.input_gain = input.gain;
  draft.input_shift = input.shift;
  for (const std::string& name : student.class_names) draft.classes.push_back({name, "", 0.5F, 1.0F, 0.0F});
  draft.layers = net.layers();
  return draft;
}

}  // namespace pupil::student
