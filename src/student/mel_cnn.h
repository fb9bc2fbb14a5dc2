// SPDX-License-Identifier: Apache-2.0
// The MelCNN: parameters and the float forward pass with gradients. On the CPU the layers run in
// kernels written for them (cpu_network.h), elsewhere in libtorch's own operations; both compute the same.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "student/learner.h"
#include "student/network_spec.h"

namespace pupil::student {

/// Where the numbers of one layer lie in the flat tensors of MelCnn. conv weights are [C, kT, kF, C of the
/// input], depthwise [kT, kF, C], head [K, C]: the order of the model file.
struct ParameterPlace {
  std::int64_t weight = 0;
  std::int64_t gamma = 0;  ///< conv and depthwise: batch norm's factor [C]
  std::int64_t beta = 0;   ///< and offset [C]; of the head: the bias [K]
  std::int64_t mean = 0;   ///< in statistics(): batch norm's running mean [C]
  std::int64_t variance = 0;
};

constexpr double kNormEpsilon = 1e-5;
constexpr double kNormMomentum = 0.05;

class CpuNetwork;

/// Threads: one at a time per object.
class MelCnn : public Learner {
 public:
  /// Weights drawn from `seed` (He, fan in; the last norm of a residual block starts at 0.5). `fast_cpu`
  /// false keeps libtorch's operations on the CPU too: the slow reference that the kernels are checked against.
  MelCnn(NetworkSpec spec, at::Device device, std::uint64_t seed, bool fast_cpu = true);
  ~MelCnn() override;

  const NetworkSpec& spec() const { return spec_; }
  at::Device device() const { return parameters_.device(); }

  at::Tensor& parameters() override { return parameters_; }
  /// Batch norm's running means and variances.
  at::Tensor& statistics() override { return statistics_; }
  const std::vector<ParameterPlace>& places() const { return places_; }
  at::Tensor decay_mask() const override;

  /// `training` normalises by the batch and moves the running statistics; otherwise by the running ones, and
  /// no gradient is kept on the CPU's fast path.
  Output forward(const at::Tensor& input, bool training) override;

  /// On processors alone, and not by the slow reference.
  void divide(training::ProcessGroup* group) override;

 private:
  at::Tensor body_with_torch(const at::Tensor& input, bool training);

  NetworkSpec spec_;
  std::vector<ParameterPlace> places_;
  at::Tensor parameters_;
  at::Tensor statistics_;
  std::unique_ptr<CpuNetwork> cpu_;
};

}  // namespace pupil::student
