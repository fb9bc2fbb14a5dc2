// SPDX-License-Identifier: Apache-2.0
#include "student/distillation_task.h"

#include <ATen/ATen.h>

#include <cmath>
#include <span>

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

LossOptions loss_options(const TrainSection& train) {
  return {train.alpha, train.temperature, train.embedding, train.multi_label};
}

// [B, T, F]
at::Tensor input_of(const Batch& batch, const TrainSection& train, Learner& learner) {
  const auto frames_and_mels = static_cast<std::int64_t>(batch.features.size()) / batch.count;
  return view(batch.features, {batch.count, frames_and_mels / train.mel_count, train.mel_count},
              learner.parameters().device());
}

}  // namespace

DistillationTask::DistillationTask(Learner& learner, const TrainSection& train, std::int32_t embedding_size,
                                   std::int32_t feature_count, BatchLoader& loader)
    : learner_(learner), train_(train), loader_(loader) {
  if (train.embedding > 0 && embedding_size > 0) {
    const at::Device device = learner.parameters().device();
    projection_ = initial_projection(embedding_size, feature_count, train.seed).to(device).requires_grad_();
  }
}

std::vector<training::ParameterGroup> DistillationTask::groups() {
  std::vector<training::ParameterGroup> groups = {
      {"parameters", learner_.parameters(), learner_.decay_mask()}};
  if (projection_.defined()) groups.push_back({"projection", projection_, {}, /*averaged=*/false});
  return groups;
}

Targets DistillationTask::targets(const Batch& batch) const {
  const at::Device device = learner_.parameters().device();
  const std::int64_t classes = static_cast<std::int64_t>(batch.hard.size()) / batch.count;
  Targets targets{
      view(batch.hard, {batch.count, classes}, device), view(batch.soft, {batch.count, classes}, device), {}};
  if (!batch.embedding.empty() && projection_.defined()) {
    targets.embedding = view(batch.embedding, {batch.count, projection_.size(0)}, device);
  }
  return targets;
}

at::Tensor DistillationTask::loss(std::int64_t /*step*/, training::StepMeans& means) {
  batch_ = loader_.next();
  if (batch_.hard.empty()) throw Error("training: a batch without classes");
  const Learner::Output output = learner_.forward(input_of(batch_, train_, learner_), true);
  const at::Tensor projected =
      projection_.defined() ? at::mm(output.features, projection_.t()) : at::Tensor();
  const Loss loss = distillation_loss(output.logits, projected, targets(batch_), loss_options(train_));
  means.add("hard_loss", loss.hard.item<double>());
  means.add("soft_loss", loss.soft.item<double>());
  if (projection_.defined()) means.add("embedding_loss", loss.embedding.item<double>());
  return loss.total;
}

QuantisationTask::QuantisationTask(Learner& learner, Learner& float_form, const TrainSection& train,
                                   BatchLoader& loader)
    : learner_(learner), float_form_(float_form), train_(train), loader_(loader) {}

std::vector<training::ParameterGroup> QuantisationTask::groups() {
  return {{"parameters", learner_.parameters(), learner_.decay_mask()}};
}

at::Tensor QuantisationTask::loss(std::int64_t /*step*/, training::StepMeans& means) {
  batch_ = loader_.next();
  LossOptions options = loss_options(train_);
  options.alpha = options.embedding = 0;
  Targets targets;
  {
    const at::NoGradGuard no_gradient;
    const at::Tensor logits = float_form_.forward(input_of(batch_, train_, float_form_), false)
                                  .logits.to(learner_.parameters().device())
                                  .contiguous();
    // That pass is whole, but of several processes each has only its own windows to pass.
    loader_.division().gather(std::span(logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())));
    targets.soft = soft_targets(logits, options);
  }
  targets.hard = view(batch_.hard, targets.soft.sizes(), learner_.parameters().device());
  const Learner::Output output = learner_.forward(input_of(batch_, train_, learner_), true);
  const Loss loss = distillation_loss(output.logits, at::Tensor(), targets, options);
  means.add("hard_loss", loss.hard.item<double>());
  means.add("soft_loss", loss.soft.item<double>());
  return loss.total;
}

}  // namespace pupil::student
