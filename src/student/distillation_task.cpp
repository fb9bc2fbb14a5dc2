// SPDX-License-Identifier: Apache-2.0
#include "student/distillation_task.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/counter_random.h"
#include "base/error.h"

namespace pupil::student {
namespace {

constexpr std::uint64_t kProjection = 0x9801;

at::Tensor view(const std::vector<float>& values, at::IntArrayRef shape, at::Device device) {
  return at::from_blob(const_cast<float*>(values.data()), shape).to(device);
}

at::Tensor initial_projection(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  at::Tensor weights = at::empty({rows, columns});
  CounterRandom random(seed, kProjection, 0, 0);
  auto* w = weights.data_ptr<float>();
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    w[i] = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(columns)));
  }
  return weights;
}

}  // namespace

DistillationTask::DistillationTask(Learner& learner, const TrainSection& train, const TrainingSet& set,
                                   std::int32_t feature_count, BatchLoader& loader,
                                   const LiveTeacher& teacher)
    : learner_(learner), train_(train), scale_(set.embedding_scale()), loader_(loader), teacher_(teacher) {
  if (train.embedding > 0 && set.embedding_size() > 0) {
    const at::Device device = learner.parameters().device();
    projection_ =
        initial_projection(set.embedding_size(), feature_count, train.seed).to(device).requires_grad_();
  }
}

std::vector<training::ParameterGroup> DistillationTask::groups() {
  std::vector<training::ParameterGroup> groups = {
      {"parameters", learner_.parameters(), learner_.decay_mask()}};
  if (projection_.defined()) groups.push_back({"projection", projection_, {}, /*averaged=*/false});
  return groups;
}

void DistillationTask::set_projection(const at::Tensor& projection) {
  if (!projection_.defined()) return;
  const at::NoGradGuard no_gradient;
  projection_.copy_(projection);
}

Targets DistillationTask::targets(const Batch& batch) const {
  const at::Device device = learner_.parameters().device();
  const std::int64_t classes = static_cast<std::int64_t>(batch.hard.size()) / batch.count;
  Targets targets{
      view(batch.hard, {batch.count, classes}, device), view(batch.soft, {batch.count, classes}, device), {}};
  if (!batch.embedding.empty() && projection_.defined()) {
    targets.embedding = view(batch.embedding, {batch.count, projection_.size(0)}, device);
  }
  if (train_.consistent) hear_along(batch, classes, targets);
  return targets;
}

// Half of the soft target is what the teacher says of this very sound, half what it said of the whole clips, where it
// heard more; the embedding is this sound's.
void DistillationTask::hear_along(const Batch& batch, std::int64_t classes, Targets& targets) const {
  const at::Device device = learner_.parameters().device();
  const LiveTargets live = teacher_(batch.audio, batch.count);
  at::Tensor soft = view(live.soft, {batch.count, classes}, device);
  const at::Tensor heard = soft.sum(1, true) != 0;  // not "> 0": a NaN must come through
  if (!train_.multi_label) {
    soft = soft.clamp_min(0).pow(1.0 / train_.temperature);
    soft = soft / soft.sum(1, true).clamp_min(1e-12);
  }
  targets.soft = at::where(heard, (targets.soft + soft) / 2, targets.soft);
  if (!targets.embedding.defined() || live.embedding.empty()) return;
  const std::int64_t size = projection_.size(0);
  if (std::ssize(live.embedding) != batch.count * size || std::ssize(scale_.mean) != size)
    throw Error("training: the teacher's embedding has another size than the training set's");
  const at::Tensor embedding = view(live.embedding, {batch.count, size}, device);
  const at::Tensor mean = view(scale_.mean, {1, size}, device);
  const at::Tensor deviation = view(scale_.deviation, {1, size}, device);
  targets.embedding = at::where(heard, (embedding - mean) / deviation, targets.embedding);
}

at::Tensor DistillationTask::loss(std::int64_t /*step*/, training::StepMeans& means) {
  batch_ = loader_.next();
  const Batch& batch = batch_;
  const at::Device device = learner_.parameters().device();
  const auto classes = static_cast<std::int64_t>(batch.hard.size()) / batch.count;
  if (classes < 1) throw Error("training: a batch without classes");
  const auto frames_and_mels = static_cast<std::int64_t>(batch.features.size()) / batch.count;
  const at::Tensor input =
      view(batch.features, {batch.count, frames_and_mels / train_.mel_count, train_.mel_count}, device);
  const Learner::Output output = learner_.forward(input, true);
  const at::Tensor projected =
      projection_.defined() ? at::mm(output.features, projection_.t()) : at::Tensor();
  const Loss loss =
      distillation_loss(output.logits, projected, targets(batch),
                        {train_.alpha, train_.temperature, train_.embedding, train_.multi_label});
  means.add("hard_loss", loss.hard.item<double>());
  means.add("soft_loss", loss.soft.item<double>());
  if (projection_.defined()) means.add("embedding_loss", loss.embedding.item<double>());
  return loss.total;
}

}  // namespace pupil::student
