// SPDX-License-Identifier: Apache-2.0
// The joined map of two inputs is never made before it is normed: each Part reads its own map and writes its
// channels at `offset` of the output's rows. In backward the same parts read the joined gradient.
//
// 1. Forward is y = leaky(x * scale + offset), scale [C] and offset [B, C]: norm and shift are folded into
//    one Line.
// 2. Backward keeps the inputs and values per channel, and computes x * scale + offset again to know the
//    ReLU's slope: reading x once more is cheaper than writing and reading another map.
// 3. Sums run in float over kBlockRows rows, which the compiler makes vectors of, and then in double.

#include "pretrain/normed_activation.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace pupil::pretrain {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr float kSlope = 0.01F;
// Rows summed in float before the sum goes over to double.
constexpr std::int64_t kBlockRows = 512;

using Sums = std::vector<double>;

// The ReLU's slope, 1 or kSlope, without a branch: the loops over channels are then done four at once.
float slope_at(float z) {
  return 0.5F * (1 + kSlope) + std::copysign(0.5F * (1 - kSlope), z);
}

// A map as rows of channels, and where its channels lie in the joined map.
struct Part {
  const float* x = nullptr;
  std::int64_t rows = 0;  // per item
  std::int64_t channels = 0;
  std::int64_t offset = 0;
};

// Calls work(std::integral_constant<channels>) for the usual counts: their inner loops are then unrolled. 0:
// any count.
template <typename Work>
void with_channels(std::int64_t channels, const Work& work) {
  switch (channels) {
    case 4: return work(std::integral_constant<std::int64_t, 4>());
    case 8: return work(std::integral_constant<std::int64_t, 8>());
    case 16: return work(std::integral_constant<std::int64_t, 16>());
    default: return work(std::integral_constant<std::int64_t, 0>());
  }
}

// The channels of a row, as many as are worked on at once; a short loop over an array of its own is one the
// compiler keeps in registers.
constexpr std::int64_t kLanes = 16;

// first[c] += sum of a, second[c] += sum of b, where value(row, c, a, b) adds to both.
template <std::int64_t kChannels, typename Value>
void add_up(std::int64_t rows, std::int64_t channels, double* first, double* second, const Value& value) {
  for (std::int64_t left = 0; left < channels; left += kLanes) {
    const std::int64_t count = kChannels > 0 ? kChannels : std::min(kLanes, channels - left);
    for (std::int64_t begin = 0; begin < rows; begin += kBlockRows) {
      const std::int64_t end = std::min(rows, begin + kBlockRows);
      std::array<float, kLanes> a{}, b{};
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t c = 0; c < count; ++c)
          value(row, left + c, a[static_cast<std::size_t>(c)], b[static_cast<std::size_t>(c)]);
      }
      for (std::int64_t c = 0; c < count; ++c) {
        first[left + c] += a[static_cast<std::size_t>(c)];
        second[left + c] += b[static_cast<std::size_t>(c)];
      }
    }
  }
}

// Mean and variance of the batch, [C].
void batch_statistics(const Part& part, std::int64_t items, float* mean, float* variance) {
  Sums sum(static_cast<std::size_t>(part.channels)), square(sum.size());
  const std::int64_t rows = part.rows * items, channels = part.channels;
  // Taken about the first row: the variance is then not a small difference of large numbers.
  const std::vector<float> about(part.x, part.x + channels);
  with_channels(channels, [&](auto fixed) {
    const std::int64_t step = fixed() > 0 ? fixed() : channels;
    add_up<fixed()>(rows, channels, sum.data(), square.data(),
                    [&](std::int64_t row, std::int64_t c, float& a, float& b) {
                      const float x = part.x[row * step + c] - about[static_cast<std::size_t>(c)];
                      a += x;
                      b += x * x;
                    });
  });
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double middle = sum[at] / static_cast<double>(rows);
    mean[part.offset + c] = static_cast<float>(middle + about[at]);
    variance[part.offset + c] =
        static_cast<float>(std::max(0.0, square[at] / static_cast<double>(rows) - middle * middle));
  }
}

std::vector<Part> parts_of(const at::Tensor& left, const at::Tensor& right) {
  const std::int64_t rows = left.size(1) * left.size(2);
  std::vector<Part> parts = {{left.data_ptr<float>(), rows, left.size(3), 0}};
  if (right.numel() > 0) parts.push_back({right.data_ptr<float>(), rows, right.size(3), left.size(3)});
  return parts;
}

// What a channel of an item is multiplied with and what is then added: [C], [B, C].
struct Line {
  at::Tensor scale, offset;
};

Line line_of(const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& shift,
             const at::Tensor& mean, const at::Tensor& variance) {
  const at::Tensor scale = weight / at::sqrt(variance + kEpsilon);
  return {scale, (bias - mean * scale + shift).contiguous()};
}

void write_activation(const Part& part, std::int64_t items, std::int64_t joined, const Line& line,
                      float* out) {
  const float* scale = line.scale.data_ptr<float>() + part.offset;
  with_channels(part.channels, [&](auto fixed) {
    const std::int64_t channels = fixed() > 0 ? fixed() : part.channels;
    for (std::int64_t item = 0; item < items; ++item) {
      const float* offset = line.offset.data_ptr<float>() + item * joined + part.offset;
      const float* x = part.x + item * part.rows * channels;
      float* __restrict y = out + item * part.rows * joined + part.offset;
      for (std::int64_t row = 0; row < part.rows; ++row, x += channels, y += joined) {
        for (std::int64_t c = 0; c < channels; ++c) {
          const float z = x[c] * scale[c] + offset[c];
          y[c] = std::max(z, z * kSlope);
        }
      }
    }
  });
}

class NormedActivation : public torch::autograd::Function<NormedActivation> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& left,
                            const at::Tensor& right, const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& shift, const at::Tensor& mean, const at::Tensor& variance,
                            bool of_batch) {
    context->saved_data["of_batch"] = of_batch;
    const std::int64_t items = left.size(0), joined = weight.size(0);
    const Line line = line_of(weight, bias, shift, mean, variance);
    at::Tensor out = at::empty({items, left.size(1), left.size(2), joined}, left.options());
    for (const Part& part : parts_of(left, right))
      write_activation(part, items, joined, line, out.data_ptr<float>());
    context->save_for_backward({left, right, weight, mean, variance, line.scale, line.offset});
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &left = saved[0], &right = saved[1], &mean = saved[3];
    const Line line{saved[5], saved[6]};
    const at::Tensor gradient = gradients[0].contiguous();
    const std::int64_t items = left.size(0), joined = saved[2].size(0);
    // Sums over rows of dz and dz * x, dz being the gradient before the ReLU.
    at::Tensor sums = at::zeros({items, joined}, at::kDouble),
               products = at::zeros({items, joined}, at::kDouble);
    const std::vector<Part> parts = parts_of(left, right);
    for (const Part& part : parts) add_gradient(part, line, gradient, sums, products);

    const at::Tensor deviation = at::sqrt(saved[4].to(at::kDouble) + kEpsilon);
    const at::Tensor sum = sums.sum(0);
    const at::Tensor weight_gradient = (products.sum(0) - mean.to(at::kDouble) * sum) / deviation;
    // dx = scale * (dz - mean of dz - xhat * mean of dz * xhat) = scale * dz - slope * x - level
    // Of given statistics, the first term alone.
    const bool of_batch = context->saved_data["of_batch"].toBool();
    const double count = of_batch ? static_cast<double>(items * parts[0].rows) : HUGE_VAL;
    const at::Tensor slope = (line.scale * (weight_gradient / deviation / count)).to(at::kFloat);
    const at::Tensor level = (line.scale * (sum / count)).to(at::kFloat) - slope * mean;
    std::vector<at::Tensor> outputs;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      outputs.push_back(at::empty_like(i == 0 ? left : right, at::MemoryFormat::Contiguous));
      write_gradient(parts[i], line, gradient, slope, level, outputs.back());
    }
    if (outputs.size() == 1) outputs.emplace_back();
    return {outputs[0],         outputs[1],          weight_gradient.to(at::kFloat),
            sum.to(at::kFloat), sums.to(at::kFloat), at::Tensor(),
            at::Tensor(),       at::Tensor()};
  }

 private:
  static void add_gradient(const Part& part, const Line& line, const at::Tensor& gradient, at::Tensor& sums,
                           at::Tensor& products) {
    const std::int64_t items = gradient.size(0), joined = gradient.size(3);
    const float* scale = line.scale.data_ptr<float>() + part.offset;
    with_channels(part.channels, [&](auto fixed) {
      const std::int64_t channels = fixed() > 0 ? fixed() : part.channels;
      for (std::int64_t item = 0; item < items; ++item) {
        const std::int64_t at = item * joined + part.offset;
        const float* offset = line.offset.data_ptr<float>() + at;
        const float* x = part.x + item * part.rows * channels;
        const float* dy = gradient.data_ptr<float>() + item * part.rows * joined + part.offset;
        add_up<fixed()>(part.rows, part.channels, sums.data_ptr<double>() + at,
                        products.data_ptr<double>() + at,
                        [&](std::int64_t row, std::int64_t c, float& a, float& b) {
                          const float value = x[row * channels + c];
                          const float slope_here = slope_at(value * scale[c] + offset[c]);
                          const float dz = dy[row * joined + c] * slope_here;
                          a += dz;
                          b += dz * value;
                        });
      }
    });
  }

  static void write_gradient(const Part& part, const Line& line, const at::Tensor& gradient,
                             const at::Tensor& slope, const at::Tensor& level, at::Tensor& out) {
    const std::int64_t items = gradient.size(0), joined = gradient.size(3);
    const float* scale = line.scale.data_ptr<float>() + part.offset;
    const float* by_x = slope.data_ptr<float>() + part.offset;
    const float* fixed_part = level.data_ptr<float>() + part.offset;
    with_channels(part.channels, [&](auto fixed) {
      const std::int64_t channels = fixed() > 0 ? fixed() : part.channels;
      for (std::int64_t item = 0; item < items; ++item) {
        const float* offset = line.offset.data_ptr<float>() + item * joined + part.offset;
        const float* x = part.x + item * part.rows * channels;
        const float* dy = gradient.data_ptr<float>() + item * part.rows * joined + part.offset;
        float* __restrict dx = out.data_ptr<float>() + item * part.rows * channels;
        for (std::int64_t row = 0; row < part.rows; ++row, x += channels, dy += joined, dx += channels) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const float slope_here = slope_at(x[c] * scale[c] + offset[c]);
            dx[c] = scale[c] * slope_here * dy[c] - by_x[c] * x[c] - fixed_part[c];
          }
        }
      }
    });
  }
};

}  // namespace

at::Tensor normed_activation(const at::Tensor& left, const at::Tensor& right, const NormTensors& norm,
                             const at::Tensor& shift, double momentum, bool training) {
  const at::Tensor first = left.contiguous();
  // The library's functions take no undefined tensors.
  const at::Tensor second = right.defined() ? right.contiguous() : at::empty({0});
  at::Tensor mean = norm.running_mean, variance = norm.running_variance;
  if (training) {
    const at::NoGradGuard no_gradient;
    mean = at::empty_like(norm.running_mean);
    variance = at::empty_like(mean);
    for (const Part& part : parts_of(first, second))
      batch_statistics(part, first.size(0), mean.data_ptr<float>(), variance.data_ptr<float>());
    const auto count = static_cast<double>(first.numel() / first.size(3));
    norm.running_mean.lerp_(mean, momentum);
    norm.running_variance.lerp_(variance * (count / std::max(1.0, count - 1)), momentum);
  }
  return NormedActivation::apply(first, second, norm.weight, norm.bias, shift, mean, variance, training);
}

}  // namespace pupil::pretrain
