#include "student/course.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"

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

Course::Course(Learner& learner, const TrainSection& train, std::int32_t embedding_size,
               std::int32_t feature_count, const Plan& plan)
    : learner_(learner),
      train_(train),
      plan_(plan),
      adam_(learner.parameters(), learner.decay_mask(), plan.weight_decay),
      average_parameters_(learner.parameters().detach().clone()),
      average_statistics_(learner.statistics().clone()),
      step_(plan.first_step) {
  if (train.embedding > 0 && embedding_size > 0) {
    const at::Device device = learner.parameters().device();
    projection_ = initial_projection(embedding_size, feature_count, train.seed).to(device).requires_grad_();
    projection_adam_ = std::make_unique<AdamW>(projection_, at::Tensor(), 0.0);
  }
}

void Course::set_projection(const at::Tensor& projection) {
  if (!projection_.defined()) return;
  const at::NoGradGuard no_gradient;
  projection_.copy_(projection);
}

double Course::rate() const {
  return learning_rate(plan_.peak_rate, plan_.warm_up, step_ - plan_.first_step, plan_.step_count);
}

Targets Course::targets(const Batch& batch, const LiveTeacher& teacher) const {
  const at::Device device = learner_.parameters().device();
  const std::int64_t classes = static_cast<std::int64_t>(batch.hard.size()) / batch.count;
  Targets targets{
      view(batch.hard, {batch.count, classes}, device), view(batch.soft, {batch.count, classes}, device), {}};
  if (!batch.embedding.empty() && projection_.defined()) {
    targets.embedding = view(batch.embedding, {batch.count, projection_.size(0)}, device);
  }
  if (train_.consistent) {
    const std::vector<float> heard = teacher(batch.audio, batch.count);
    at::Tensor soft = view(heard, {batch.count, classes}, device);
    if (!train_.multi_label) {
      soft = soft.clamp_min(0).pow(1.0 / train_.temperature);
      soft = soft / soft.sum(1, true).clamp_min(1e-12);
    }
    targets.soft = soft.clone();
  }
  return targets;
}

void Course::learn(const Batch& batch, const LiveTeacher& teacher) {
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
      distillation_loss(output.logits, projected, targets(batch, teacher),
                        {train_.alpha, train_.temperature, train_.embedding, train_.multi_label});
  const double total = loss.total.item<double>();
  if (!std::isfinite(total)) {
    throw Error(concat("the loss is not a number at step ", step_, " (learning rate ", rate(),
                       "): the last good checkpoint stays; lower [train] learning_rate"));
  }
  loss.total.backward();
  const std::int64_t own_step = step_ - plan_.first_step;
  const double rate_now = rate();
  adam_.step(learner_.parameters(), rate_now, own_step);
  if (projection_.defined()) projection_adam_->step(projection_, rate_now, own_step);
  follow(average_parameters_, learner_.parameters(), train_.ema, own_step);
  follow(average_statistics_, learner_.statistics(), train_.ema, own_step);
  sums_.total += total;
  sums_.hard += loss.hard.item<double>();
  sums_.soft += loss.soft.item<double>();
  sums_.embedding += loss.embedding.item<double>();
  sums_.steps += 1;
  ++step_;
}

Course::Averaged::Averaged(Course& course) : course_(course) {
  swap();
}
Course::Averaged::~Averaged() {
  swap();
}

void Course::Averaged::swap() {
  const at::NoGradGuard no_gradient;
  const auto exchange = [](at::Tensor& a, at::Tensor& b) {
    const at::Tensor kept = a.detach().clone();
    a.copy_(b);
    b.copy_(kept);
  };
  exchange(course_.learner_.parameters(), course_.average_parameters_);
  exchange(course_.learner_.statistics(), course_.average_statistics_);
}

// Names to the tensors themselves: what save() writes is what restore() fills.
std::map<std::string, at::Tensor> Course::state() const {
  auto& self = const_cast<Course&>(*this);
  std::map<std::string, at::Tensor> tensors = {
      {"parameters", self.learner_.parameters()},  {"statistics", self.learner_.statistics()},
      {"average.parameters", average_parameters_}, {"average.statistics", average_statistics_},
      {"adam.first", self.adam_.first_moment()},   {"adam.second", self.adam_.second_moment()}};
  if (projection_.defined()) {
    tensors["projection"] = projection_;
    tensors["projection.first"] = self.projection_adam_->first_moment();
    tensors["projection.second"] = self.projection_adam_->second_moment();
  }
  return tensors;
}

void Course::save(Checkpoint* checkpoint) const {
  checkpoint->phase = plan_.phase;
  checkpoint->step = step_;
  for (const auto& [name, tensor] : state()) checkpoint->tensors[name] = tensor.detach().cpu().clone();
  checkpoint->tensors["epoch_sums"] =
      at::tensor({sums_.total, sums_.hard, sums_.soft, sums_.embedding, sums_.steps}, at::kDouble);
}

void Course::restore(const Checkpoint& checkpoint) {
  const at::NoGradGuard no_gradient;
  for (auto& [name, tensor] : state()) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end() || found->second.numel() != tensor.numel()) {
      throw Error(
          concat("checkpoint: '", name, "' is missing or has another size; start again with --fresh"));
    }
    at::Tensor target = tensor;
    target.copy_(found->second);
  }
  const at::Tensor sums = checkpoint.tensors.at("epoch_sums");
  const double* s = sums.data_ptr<double>();
  sums_ = {s[0], s[1], s[2], s[3], s[4]};
  step_ = checkpoint.step;
}

}  // namespace pupil::student
