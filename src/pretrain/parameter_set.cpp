// SPDX-License-Identifier: Apache-2.0
#include "pretrain/parameter_set.h"

#include <ATen/ops/zeros.h>

#include "base/error.h"

namespace pupil::pretrain {

void ParameterSet::add(const std::string& name, std::vector<std::int64_t> shape, bool decays, float value) {
  if (!leaves_.emplace(name, at::Tensor()).second) throw Error(name + ": added twice");
  Entry entry{name, std::move(shape), size_, 1, decays};
  for (const std::int64_t side : entry.shape) entry.count *= side;
  size_ += entry.count;
  entries_.push_back(std::move(entry));
  initial_.push_back(value);
}

void ParameterSet::allocate() {
  values_ = at::zeros({size_}, at::kFloat);
  gradients_ = at::zeros({size_}, at::kFloat);
  values_.mutable_grad() = gradients_;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const auto part = [&](const at::Tensor& whole) {
      return whole.slice(0, entry.first, entry.first + entry.count).view(entry.shape);
    };
    at::Tensor leaf = part(values_).detach();
    leaf.fill_(initial_[i]);
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = part(gradients_).detach();
    leaves_[entry.name] = leaf;
  }
}

const at::Tensor& ParameterSet::operator[](std::string_view name) const {
  const auto found = leaves_.find(std::string(name));
  if (found == leaves_.end()) throw Error(std::string(name) + ": no such weights");
  return found->second;
}

bool ParameterSet::has(std::string_view name) const {
  return leaves_.contains(std::string(name));
}

at::Tensor ParameterSet::decay_mask() const {
  const at::Tensor mask = at::zeros({size_}, at::kFloat);
  for (const Entry& entry : entries_)
    if (entry.decays) mask.slice(0, entry.first, entry.first + entry.count).fill_(1);
  return mask;
}

std::vector<nn::NamedTensor> ParameterSet::named(const at::Tensor& values) const {
  std::vector<nn::NamedTensor> tensors;
  for (const Entry& entry : entries_) {
    tensors.push_back(
        {entry.name, values.slice(0, entry.first, entry.first + entry.count).view(entry.shape)});
  }
  return tensors;
}

}  // namespace pupil::pretrain
