#include "pretrain/parameters.h"

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

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

bool ParameterSet::has(std::string_view name) const { return leaves_.contains(std::string(name)); }

void ParameterSet::clear_gradients() { gradients_.zero_(); }

std::vector<nn::NamedTensor> ParameterSet::named(const at::Tensor& values) const {
  std::vector<nn::NamedTensor> tensors;
  for (const Entry& entry : entries_) {
    tensors.push_back({entry.name, values.slice(0, entry.first, entry.first + entry.count).view(entry.shape)});
  }
  return tensors;
}

AdamW::AdamW(const ParameterSet& parameters)
    : first(at::zeros_like(parameters.values())),
      second(at::zeros_like(parameters.values())),
      average(parameters.values().clone()) {}

double AdamW::step(ParameterSet& parameters, std::int64_t step, const AdamWOptions& options,
                   double average_share) {
  const float* gradient = parameters.gradients().data_ptr<float>();
  double square = 0;
  for (std::int64_t i = 0; i < parameters.size(); ++i) square += static_cast<double>(gradient[i]) * gradient[i];
  const double length = std::sqrt(square);
  if (!std::isfinite(length)) return length;
  const auto shrink = static_cast<float>(std::min(1.0, options.clip_norm / (length + 1e-12)));
  const auto beta1 = static_cast<float>(options.beta1), beta2 = static_cast<float>(options.beta2);
  const double correction1 = 1 - std::pow(options.beta1, step), correction2 = 1 - std::pow(options.beta2, step);
  const auto rate = static_cast<float>(options.learning_rate / correction1);
  const auto root = static_cast<float>(1 / std::sqrt(correction2)), eps = static_cast<float>(options.eps);
  const auto kept = static_cast<float>(average_share);
  float* value = parameters.values().data_ptr<float>();
  float* m = first.data_ptr<float>();
  float* v = second.data_ptr<float>();
  float* mean = average.data_ptr<float>();
  for (const ParameterSet::Entry& entry : parameters.entries()) {
    const auto decay = static_cast<float>(entry.decays ? options.learning_rate * options.weight_decay : 0.0);
    for (std::int64_t i = entry.first; i < entry.first + entry.count; ++i) {
      const float g = gradient[i] * shrink;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      value[i] -= decay * value[i] + rate * m[i] / (std::sqrt(v[i]) * root + eps);
      mean[i] = kept * mean[i] + (1 - kept) * value[i];
    }
  }
  return length;
}

}  // namespace pupil::pretrain
