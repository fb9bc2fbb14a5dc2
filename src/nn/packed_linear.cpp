// SPDX-License-Identifier: Apache-2.0
// A linear layer with its weights in the order that the processor wants. Two kernels: oneDNN's matmul (f32 and bf16), and
// our own for 16-bit floats on AVX512-FP16, where oneDNN 2.6 has none.
//
// 1. The kernel is chosen when the layer is made, from the precision and the processor; afterwards nothing branches on it.
// 2. oneDNN's plans depend on the number of rows. They are made when a number is first seen and kept; the mutex guards
//    this cache alone, plans themselves are run by many threads at once.
// 3. Weights are kept in the caller's order too: another plan may ask for another packing. It hardly ever does.

#include "nn/packed_linear.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nn/half_linear.h"

namespace pupil::nn {

/// y [rows, out] = or += x [rows, in] W^T + b.
class PackedLinear::Kernel {
 public:
  enum class Store { f32, add_f32, factors };
  virtual ~Kernel() = default;
  virtual void run(const void* x, std::int64_t rows, Store store, void* y) const = 0;
};

namespace {

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

Type type_of(at::ScalarType type) {
  return type == at::kBFloat16 ? Type::bf16 : Type::f32;
}

}  // namespace

// oneDNN wants to know the row count: a plan per count, and weights in the order that a plan asks for (nearly
// always the same one).
class PackedLinear::DnnlKernel final : public Kernel {
 public:
  DnnlKernel(const Linear& linear, at::ScalarType factors, Activation activation)
      : in_(linear.weight.size(1)),
        out_(linear.weight.size(0)),
        type_(type_of(factors)),
        activation_(activation) {
    weight_ = linear.weight.contiguous();
    if (linear.bias.defined()) bias_ = linear.bias.contiguous();
  }

  void run(const void* x, std::int64_t rows, Store store, void* y) const override {
    const Plan& plan = plan_for(rows, store);
    dnnl::stream stream(cpu());
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, {plan.description.src_desc(), cpu(), const_cast<void*>(x)}},
        {DNNL_ARG_WEIGHTS, plan.weight},
        {DNNL_ARG_DST, {plan.description.dst_desc(), cpu(), y}}};
    if (bias_.defined()) {
      arguments.emplace(DNNL_ARG_BIAS, dnnl::memory(bias_description(), cpu(), bias_.data_ptr()));
    }
    plan.primitive.execute(stream, arguments);
    stream.wait();
  }

 private:
  struct Plan {
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
    dnnl::memory weight;
  };

  dnnl::memory::desc bias_description() const { return {{1, out_}, Type::f32, Tag::ab}; }

  dnnl::matmul::primitive_desc describe(std::int64_t rows, Store store) const {
    dnnl::post_ops after;
    if (activation_ == Activation::gelu) after.append_eltwise(1.0F, dnnl::algorithm::eltwise_gelu_erf, 0, 0);
    if (store == Store::add_f32) after.append_sum(1.0F);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    const dnnl::memory::desc x({rows, in_}, type_, Tag::ab);
    const dnnl::memory::desc weight({in_, out_}, type_, Tag::any);
    const dnnl::memory::desc y({rows, out_}, store == Store::factors ? type_ : Type::f32, Tag::ab);
    if (!bias_.defined()) return {{x, weight, y}, attributes, cpu()};
    return {{x, weight, bias_description(), y}, attributes, cpu()};
  }

  dnnl::memory packed(const dnnl::memory::desc& wanted) const {
    for (const dnnl::memory& weight : packed_) {
      if (weight.get_desc() == wanted) return weight;
    }
    dnnl::memory plain({{in_, out_}, Type::f32, Tag::ba}, cpu(), weight_.data_ptr());
    dnnl::memory weight(wanted, cpu());
    dnnl::stream stream(cpu());
    dnnl::reorder(plain, weight).execute(stream, plain, weight);
    stream.wait();
    packed_.push_back(weight);
    return weight;
  }

  const Plan& plan_for(std::int64_t rows, Store store) const {
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(rows, store);
    if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
    const auto description = describe(rows, store);
    Plan plan{description, dnnl::matmul(description), packed(description.weights_desc())};
    return plans_.emplace(key, std::move(plan)).first->second;
  }

  std::int64_t in_, out_;
  Type type_;
  Activation activation_;
  at::Tensor weight_, bias_;
  mutable std::mutex mutex_;
  mutable std::vector<dnnl::memory> packed_;
  mutable std::map<std::pair<std::int64_t, Store>, Plan> plans_;
};

#ifdef PUPIL_AVX512
class PackedLinear::HalfKernel final : public Kernel {
 public:
  HalfKernel(const Linear& linear, Activation activation)
      : in_(linear.weight.size(1)), out_(linear.weight.size(0)), activation_(activation) {
    const HalfLinearShape shape{0, in_, out_};
    packed_ = at::empty({half_panel_count(out_) * half_panel(out_) * in_}, at::kHalf);
    pack_half_weights(linear.weight.contiguous().data_ptr<float>(), shape, halves(packed_));
    if (linear.bias.defined()) bias_ = linear.bias.contiguous();
  }

  // Many rows are shared out among the threads by rows, few by columns.
  void run(const void* x, std::int64_t rows, Store store, void* y) const override {
    constexpr std::int64_t kRowsPerTask = 64;
    const HalfLinearShape shape{rows, in_, out_};
    const std::int64_t panels = half_panel_count(out_);
    const float* bias = bias_.defined() ? bias_.data_ptr<float>() : nullptr;
    const auto work = [&](std::int64_t row, std::int64_t last_row, std::int64_t panel,
                          std::int64_t last_panel) {
      half_linear(static_cast<const std::uint16_t*>(x), halves(packed_), bias, shape, row, last_row, panel,
                  last_panel, output(store), y);
    };
    if (rows >= 4 * kRowsPerTask * at::get_num_threads()) {
      at::parallel_for(0, rows, kRowsPerTask, [&](std::int64_t a, std::int64_t b) { work(a, b, 0, panels); });
    } else {
      at::parallel_for(0, panels, 1, [&](std::int64_t a, std::int64_t b) { work(0, rows, a, b); });
    }
  }

 private:
  static std::uint16_t* halves(const at::Tensor& tensor) {
    return static_cast<std::uint16_t*>(tensor.data_ptr());
  }

  HalfOutput output(Store store) const {
    if (store == Store::add_f32) return HalfOutput::add_f32;
    if (store == Store::f32) return HalfOutput::store_f32;
    return activation_ == Activation::gelu ? HalfOutput::gelu_half : HalfOutput::store_half;
  }

  std::int64_t in_, out_;
  Activation activation_;
  at::Tensor packed_, bias_;
};
#endif

at::ScalarType factor_type(Precision precision) {
  if (precision == Precision::f32) return at::kFloat;
#ifdef PUPIL_AVX512
  // GCC 12 does not know AMX by name here; oneDNN does.
  const bool amx = dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_amx;
  if (!amx && has_half_linear()) return at::kHalf;
#endif
  return at::kBFloat16;
}

PackedLinear::PackedLinear(const Linear& linear, at::ScalarType factors, Activation activation)
    : factors_(factors), out_(linear.weight.size(0)) {
#ifdef PUPIL_AVX512
  if (factors == at::kHalf && linear.weight.size(1) % 2 == 0) {
    kernel_ = std::make_shared<HalfKernel>(linear, activation);
    return;
  }
#endif
  if (factors == at::kHalf) factors_ = at::kFloat;
  kernel_ = std::make_shared<DnnlKernel>(linear, factors_, activation);
}

at::Tensor PackedLinear::operator()(const at::Tensor& x, at::ScalarType out) const {
  std::vector<std::int64_t> shape = x.sizes().vec();
  const std::int64_t rows = x.numel() / shape.back();
  shape.back() = out_;
  at::Tensor y = at::empty(shape, out);
  const bool as_floats = out == at::kFloat && factors_ != at::kFloat;
  kernel_->run(x.data_ptr(), rows, as_floats ? Kernel::Store::f32 : Kernel::Store::factors, y.data_ptr());
  return y;
}

void PackedLinear::add_to(at::Tensor& sum, const at::Tensor& x) const {
  kernel_->run(x.data_ptr(), x.numel() / x.size(-1), Kernel::Store::add_f32, sum.data_ptr());
}

}  // namespace pupil::nn
