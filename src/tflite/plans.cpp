// SPDX-License-Identifier: Apache-2.0
// Every size that a kernel will index with is compared here with the size of what it indexes: kernels trust plans.

#include "tflite/plans.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace pupil::tflite {
namespace {

constexpr std::int32_t kMostPositions = 1 << 23;

[[noreturn]] void refuse(const Tensor& tensor, std::string_view why) {
  throw Error(concat("tensor '", tensor.name, "': ", why));
}

std::int32_t axis_of(const Tensor& tensor, std::size_t axis) {
  return axis < tensor.shape.size() ? tensor.shape[axis] : 1;
}

void require_image(const Tensor& tensor) {
  require_quantised(tensor);
  if (tensor.shape.size() != 4 || tensor.shape[0] != 1) refuse(tensor, "not one image [1, height, width, C]");
}

void require_constant_int8(const Tensor& tensor) {
  if (tensor.type != ElementType::int8 || tensor.data.empty()) refuse(tensor, "not a constant of int8");
  for (const std::int32_t zero : tensor.quantisation.zero_points) {
    if (zero != 0) refuse(tensor, "weights with a zero point");
  }
}

std::vector<std::int8_t> int8_values(const Tensor& tensor) {
  const auto* data = reinterpret_cast<const std::int8_t*>(tensor.data.data());
  return {data, data + tensor.data.size()};
}

std::vector<std::int32_t> bias_of(const ModelFile& file, const Operator& op, std::int32_t count) {
  if (op.inputs.size() < 3 || op.inputs[2] < 0)
    return std::vector<std::int32_t>(static_cast<std::size_t>(count));
  const Tensor& tensor = file.tensor(op.inputs[2]);
  std::vector<std::int32_t> bias = int32_values(tensor);
  if (std::ssize(bias) != count) refuse(tensor, concat(bias.size(), " biases for ", count, " outputs"));
  return bias;
}

float scale_of(const Tensor& tensor) {
  return tensor.quantisation.scales.front();
}

std::int32_t zero_of(const Tensor& tensor) {
  return tensor.quantisation.zero_points.front();
}

// Of weights [N]; `axis` is where channels are.
std::vector<FixedFactor> channel_factors(const Tensor& input, const Tensor& weights, const Tensor& output,
                                         std::int32_t axis) {
  const auto count = static_cast<std::size_t>(axis_of(weights, static_cast<std::size_t>(axis)));
  const std::vector<float>& scales = weights.quantisation.scales;
  if (scales.empty()) refuse(weights, "weights without a scale");
  if (scales.size() > 1 && (weights.quantisation.axis != axis || scales.size() != count))
    refuse(weights, "scales along another axis than the outputs");
  std::vector<FixedFactor> factors;
  for (std::size_t i = 0; i < count; ++i) {
    const double scale = scales.size() == 1 ? scales[0] : scales[i];
    factors.push_back(fixed_factor(double{scale_of(input)} * scale / double{scale_of(output)}));
  }
  return factors;
}

void set_range(const Tensor& output, Activation activation, ConvolutionPlan* plan) {
  plan->output_zero = zero_of(output);
  if (activation == Activation::none) return;
  plan->low = plan->output_zero;  // of 0
  if (activation == Activation::relu) return;
  const double six = std::round(6.0F / scale_of(output)) + plan->output_zero;
  plan->high = static_cast<std::int32_t>(std::min(six, 127.0));
}

struct Span {
  std::int32_t output = 0;
  std::int32_t pad = 0;
};

// How many outputs a kernel gives along an axis, and how far it begins before it.
Span span_of(std::int32_t input, std::int32_t kernel, std::int32_t stride, std::int32_t dilation,
             Padding padding) {
  const std::int64_t reach = std::int64_t{kernel - 1} * dilation + 1;
  if (padding == Padding::valid) return {static_cast<std::int32_t>((input - reach + stride) / stride), 0};
  const std::int32_t output = (input + stride - 1) / stride;
  const std::int64_t missing = std::int64_t{output - 1} * stride + reach - input;
  return {output, static_cast<std::int32_t>(std::max<std::int64_t>(missing, 0) / 2)};
}

void set_geometry(const Tensor& input, const Tensor& weights, const Tensor& output, const Operator& op,
                  ConvolutionPlan* plan) {
  plan->input_height = input.shape[1];
  plan->input_width = input.shape[2];
  plan->input_channels = input.shape[3];
  plan->output_channels = output.shape[3];
  plan->kernel_height = weights.shape[1];
  plan->kernel_width = weights.shape[2];
  plan->stride_height = op.stride_height;
  plan->stride_width = op.stride_width;
  plan->dilation_height = op.dilation_height;
  plan->dilation_width = op.dilation_width;
  const Span rows =
      span_of(input.shape[1], plan->kernel_height, op.stride_height, op.dilation_height, op.padding);
  const Span columns =
      span_of(input.shape[2], plan->kernel_width, op.stride_width, op.dilation_width, op.padding);
  if (rows.output != output.shape[1] || columns.output != output.shape[2])
    refuse(output, concat("should be ", rows.output, " by ", columns.output));
  plan->output_height = rows.output;
  plan->output_width = columns.output;
  plan->pad_top = rows.pad;
  plan->pad_left = columns.pad;
}

ConvolutionPlan image_plan(const ModelFile& file, const Operator& op, std::int32_t channel_axis) {
  const Tensor& input = input_of(file, op, 0);
  const Tensor& weights = input_of(file, op, 1);
  const Tensor& output = output_of(file, op);
  require_image(input);
  require_image(output);
  require_constant_int8(weights);
  if (weights.shape.size() != 4 || weights.shape[static_cast<std::size_t>(channel_axis)] != output.shape[3])
    refuse(weights, "not weights of as many channels as the output has");
  ConvolutionPlan plan;
  set_geometry(input, weights, output, op, &plan);
  set_range(output, op.activation, &plan);
  plan.input_zero = zero_of(input);
  plan.weights = int8_values(weights);
  plan.bias = bias_of(file, op, plan.output_channels);
  plan.factors = channel_factors(input, weights, output, channel_axis);
  return plan;
}

}  // namespace

void require_quantised(const Tensor& tensor) {
  if (tensor.type != ElementType::int8 || tensor.quantisation.scales.size() != 1)
    refuse(tensor, "not int8 with one scale");
}

const Tensor& input_of(const ModelFile& file, const Operator& op, std::size_t place) {
  if (place >= op.inputs.size() || op.inputs[place] < 0) throw Error(concat("has no input ", place));
  return file.tensor(op.inputs[place]);
}

const Tensor& output_of(const ModelFile& file, const Operator& op) {
  if (op.outputs.size() != 1) throw Error(concat("has ", op.outputs.size(), " outputs, not one"));
  return file.tensor(op.outputs[0]);
}

ConvolutionPlan convolution_plan(const ModelFile& file, const Operator& op) {
  ConvolutionPlan plan = image_plan(file, op, 0);
  const Tensor& weights = input_of(file, op, 1);
  if (weights.shape[3] != plan.input_channels)
    refuse(weights, "not weights of as many channels as the input has");
  if (plan.taps() > kMostTaps) refuse(weights, concat("more than ", kMostTaps, " products for one output"));
  return plan;
}

ConvolutionPlan depthwise_plan(const ModelFile& file, const Operator& op) {
  ConvolutionPlan plan = image_plan(file, op, 3);
  const Tensor& weights = input_of(file, op, 1);
  if (weights.shape[0] != 1 || plan.input_channels != plan.output_channels)
    refuse(weights, "not one output channel for each input channel");
  if (std::int64_t{plan.kernel_height} * plan.kernel_width > kMostTaps)
    refuse(weights, concat("more than ", kMostTaps, " products for one output"));
  return plan;
}

ConvolutionPlan fully_connected_plan(const ModelFile& file, const Operator& op) {
  const Tensor& input = input_of(file, op, 0);
  const Tensor& weights = input_of(file, op, 1);
  const Tensor& output = output_of(file, op);
  require_quantised(input);
  require_quantised(output);
  require_constant_int8(weights);
  if (weights.shape.size() != 2 || input.element_count() != weights.shape[1] ||
      output.element_count() != weights.shape[0])
    refuse(weights, "not [outputs, inputs]");
  if (weights.shape[1] > kMostTaps)
    refuse(weights, concat("more than ", kMostTaps, " products for one output"));
  ConvolutionPlan plan;
  plan.input_channels = weights.shape[1];
  plan.output_channels = weights.shape[0];
  set_range(output, op.activation, &plan);
  plan.input_zero = zero_of(input);
  plan.weights = int8_values(weights);
  plan.bias = bias_of(file, op, plan.output_channels);
  plan.factors = channel_factors(input, weights, output, 0);
  // With one scale, TensorFlow Lite multiplies in float32 here, where convolutions take doubles.
  if (weights.quantisation.scales.size() == 1) {
    const float product = scale_of(input) * scale_of(weights);
    std::fill(plan.factors.begin(), plan.factors.end(),
              fixed_factor(double{product} / double{scale_of(output)}));
  }
  return plan;
}

MeanPlan mean_plan(const ModelFile& file, const Operator& op) {
  const Tensor& input = input_of(file, op, 0);
  const Tensor& output = output_of(file, op);
  require_image(input);
  require_quantised(output);
  std::vector<std::int32_t> axes = int32_values(input_of(file, op, 1));
  std::sort(axes.begin(), axes.end());
  if (axes != std::vector<std::int32_t>{1, 2}) throw Error("not over height and width");
  if (output.element_count() != input.shape[3]) refuse(output, "not one mean for each channel");
  MeanPlan plan;
  if (std::int64_t{input.shape[1]} * input.shape[2] > kMostPositions) refuse(input, "an image too large");
  plan.position_count = input.shape[1] * input.shape[2];
  plan.channel_count = input.shape[3];
  plan.input_zero = zero_of(input);
  plan.output_zero = zero_of(output);
  plan.factor = fixed_factor(double{scale_of(input)} / double{scale_of(output)});
  return plan;
}

std::vector<std::int32_t> transpose_order(const ModelFile& file, const Operator& op) {
  const Tensor& input = input_of(file, op, 0);
  const Tensor& output = output_of(file, op);
  const std::vector<std::int32_t> axes = int32_values(input_of(file, op, 1));
  const std::size_t rank = input.shape.size();
  std::vector<std::int32_t> sorted = axes, all(rank);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all || output.shape.size() != rank) throw Error("not an order of the axes");
  std::vector<std::int64_t> steps(rank, 1);  // of the input
  for (std::size_t i = rank; i-- > 1;) steps[i - 1] = steps[i] * input.shape[i];
  for (std::size_t i = 0; i < rank; ++i) {
    if (output.shape[i] != input.shape[static_cast<std::size_t>(axes[i])]) refuse(output, "of another shape");
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(output.element_count()));
  std::vector<std::int32_t> place(rank);
  for (std::int32_t& from : order) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < rank; ++i) sum += place[i] * steps[static_cast<std::size_t>(axes[i])];
    from = static_cast<std::int32_t>(sum);
    for (std::size_t i = rank; i-- > 0;) {
      if (++place[i] < output.shape[i]) break;
      place[i] = 0;
    }
  }
  return order;
}

}  // namespace pupil::tflite
