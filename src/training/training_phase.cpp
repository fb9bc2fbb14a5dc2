// SPDX-License-Identifier: Apache-2.0
#include "training/training_phase.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "training/running_average.h"

namespace pupil::training {
namespace {

constexpr std::string_view kMean = "mean.";  // in front of StepMeans' names in a checkpoint

}  // namespace

TrainingPhase::TrainingPhase(TrainingTask& task, const PhaseOptions& options)
    : task_(task), options_(options), statistics_(task.statistics()), step_(options.first_step) {
  for (ParameterGroup& group : task.groups()) {
    if (group.averaged) averages_.push_back({group.name, group.values, group.values.detach().clone()});
    AdamW optimizer(group.values, group.decay_mask, options.optimizer);
    groups_.push_back({std::move(group), std::move(optimizer)});
  }
  for (const nn::NamedTensor& entry : statistics_)
    averages_.push_back({entry.name, entry.tensor, entry.tensor.detach().clone()});
}

void TrainingPhase::take_step() {
  const at::Tensor loss = task_.loss(step_, means_);
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    throw Error(concat("the loss is not a number at step ", step_, " (learning rate ", learning_rate(),
                       "): the last good checkpoint stays; lower the learning rate"));
  }
  loss.backward();
  const std::vector<double> norms = gradient_norms();
  const double rate = learning_rate();
  const std::int64_t own = own_step();
  double square = 0;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].optimizer.step(groups_[i].parameters.values, norms[i], rate, own);
    square += norms[i] * norms[i];
  }
  for (Average& entry : averages_) update_average(entry.average, entry.values, options_.average_memory, own);
  means_.add("loss", value);
  means_.add("gradient_norm", std::sqrt(square));
  ++step_;
}

// All of them before the first weight moves.
std::vector<double> TrainingPhase::gradient_norms() {
  std::vector<double> norms;
  for (const Group& group : groups_) {
    const at::Tensor& gradient = group.parameters.values.grad();
    if (!gradient.defined()) throw Error(concat("the loss does not depend on '", group.parameters.name, "'"));
    norms.push_back(gradient.norm().item<double>());
    if (!std::isfinite(norms.back())) {
      throw Error(concat("the gradient of '", group.parameters.name, "' is not finite at step ", step_,
                         " (learning rate ", learning_rate(),
                         "): the last good checkpoint stays; lower the learning rate"));
    }
  }
  return norms;
}

void TrainingPhase::swap_averages() {
  const at::NoGradGuard no_gradient;
  for (Average& entry : averages_) {
    const at::Tensor kept = entry.values.detach().clone();
    entry.values.copy_(entry.average);
    entry.average.copy_(kept);
  }
}

void TrainingPhase::adopt_averages() {
  const at::NoGradGuard no_gradient;
  for (Average& entry : averages_) entry.values.copy_(entry.average);
}

// Names to the tensors themselves: what save() writes is what restore() fills.
std::vector<nn::NamedTensor> TrainingPhase::state() const {
  std::vector<nn::NamedTensor> tensors = statistics_;
  for (const Group& group : groups_) {
    const std::string& name = group.parameters.name;
    tensors.push_back({name, group.parameters.values});
    tensors.push_back({name + ".first_moment", group.optimizer.first_moment()});
    tensors.push_back({name + ".second_moment", group.optimizer.second_moment()});
  }
  for (const Average& entry : averages_) tensors.push_back({entry.name + ".average", entry.average});
  return tensors;
}

void TrainingPhase::save(Checkpoint* checkpoint) const {
  checkpoint->phase = options_.number;
  checkpoint->step = step_;
  for (const nn::NamedTensor& entry : state())
    checkpoint->tensors[entry.name] = entry.tensor.detach().cpu().clone();
  for (const auto& [name, sum] : means_.sums)
    checkpoint->tensors[concat(kMean, name)] = at::tensor({sum.total, sum.count}, at::kDouble);
}

void TrainingPhase::restore(const Checkpoint& checkpoint) {
  const at::NoGradGuard no_gradient;
  for (nn::NamedTensor& entry : state()) {
    const auto found = checkpoint.tensors.find(entry.name);
    if (found == checkpoint.tensors.end() || found->second.numel() != entry.tensor.numel()) {
      throw Error(
          concat("checkpoint: '", entry.name, "' is missing or has another size; start again with --fresh"));
    }
    entry.tensor.copy_(found->second);
  }
  means_ = {};
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (!name.starts_with(kMean)) continue;
    const double* sum = tensor.data_ptr<double>();
    means_.sums[name.substr(kMean.size())] = {sum[0], sum[1]};
  }
  step_ = checkpoint.step;
}

}  // namespace pupil::training
