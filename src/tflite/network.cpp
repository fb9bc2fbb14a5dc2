// SPDX-License-Identifier: Apache-2.0
// A file's operators become steps, each a function on the numbers of its tensors. All checking is done once, when the
// steps are made:
//
// 1. A step's inputs are known when it is added (file order is running order), and its output is not yet.
// 2. Sizes that a step indexes with are those of its tensors (plans.h).
// 3. Constants are read by plans; values_ holds numbers of what is computed alone.

#include "tflite/network.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace pupil::tflite {
namespace {

// Of all tensors that are computed: far above any classifier of sounds, and bounded on a hostile file's word.
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 26U;

bool is_alike(const Quantisation& a, const Quantisation& b) {
  return a.scales == b.scales && a.zero_points == b.zero_points;
}

}  // namespace

Network::Network(ModelFile file, const Kernels& kernels) : file_(std::move(file)), kernels_(kernels) {
  if (file_.inputs().size() != 1 || file_.outputs().size() != 1)
    throw Error(
        concat(file_.inputs().size(), " inputs and ", file_.outputs().size(), " outputs, not one of each"));
  place_tensors();
  for (std::size_t i = 0; i < file_.operators().size(); ++i) {
    const Operator& op = file_.operators()[i];
    with_context(concat("operator ", i, ", ", operator_name(op.kind)), [&] { add(op); });
  }
  check_ends();
}

void Network::place_tensors() {
  values_.resize(file_.tensors().size());
  std::int64_t numbers = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Tensor& tensor = file_.tensors()[i];
    if (!tensor.data.empty()) continue;
    numbers += tensor.element_count();
    if (numbers > kMostNumbers) throw Error(concat("more than ", kMostNumbers, " numbers to compute"));
    const auto count = static_cast<std::size_t>(tensor.element_count());
    if (tensor.type == ElementType::int8) values_[i].quantised.resize(count);
    if (tensor.type == ElementType::float32) values_[i].real.resize(count);
  }
  Value& input = value(file_.inputs()[0]);
  const Tensor& tensor = file_.tensor(file_.inputs()[0]);
  if (tensor.type == ElementType::int8) require_quantised(tensor);
  if (input.quantised.empty() && input.real.empty()) throw Error("the input is not float32 or int8");
  input.is_known = true;
}

void Network::add(const Operator& op) {
  const Tensor& output = output_of(file_, op);
  const std::size_t input_place = op.kind == OperatorKind::split ? 1 : 0;
  const Tensor& input = input_of(file_, op, input_place);
  if (!value(op.inputs[input_place]).is_known)
    throw Error(concat("takes tensor '", input.name, "' before it is computed"));
  if (value(op.outputs[0]).is_known || !output.data.empty())
    throw Error(concat("computes tensor '", output.name, "' again"));
  switch (op.kind) {
    case OperatorKind::conv_2d: add_convolution(op, convolution_plan(file_, op), kernels_.convolve); break;
    case OperatorKind::depthwise_conv_2d:
      add_convolution(op, depthwise_plan(file_, op), kernels_.convolve_depthwise);
      break;
    case OperatorKind::fully_connected:
      add_convolution(op, fully_connected_plan(file_, op), kernels_.convolve);
      embedding_ = op.inputs[0];
      logits_ = op.outputs[0];
      break;
    case OperatorKind::mean: add_mean(op); break;
    case OperatorKind::reshape:
    case OperatorKind::split: add_copy(op, input_place); break;  // output_of(): a split into one part
    case OperatorKind::transpose: add_transpose(op); break;
    case OperatorKind::logistic: add_logistic(op); break;
    case OperatorKind::softmax: add_softmax(op); break;
    case OperatorKind::quantize: add_quantize(op); break;
    case OperatorKind::dequantize: add_dequantize(op); break;
  }
  value(op.outputs[0]).is_known = true;
}

void Network::add_convolution(const Operator& op, ConvolutionPlan plan,
                              void (*kernel)(const ConvolutionPlan&, std::span<const std::int8_t>,
                                             std::span<std::int8_t>)) {
  // Of a depthwise convolution the weights have no axis of inputs.
  macs_ += std::int64_t{plan.output_height} * plan.output_width * std::ssize(plan.weights);
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back(
      [kernel, plan = std::move(plan), &from, &to] { kernel(plan, from.quantised, to.quantised); });
}

void Network::add_mean(const Operator& op) {
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back(
      [plan = mean_plan(file_, op), &from, &to] { take_mean(plan, from.quantised, to.quantised); });
}

void Network::add_copy(const Operator& op, std::size_t input_place) {
  const Tensor& input = input_of(file_, op, input_place);
  const Tensor& output = output_of(file_, op);
  require_quantised(input);
  require_quantised(output);
  if (input.element_count() != output.element_count() || !is_alike(input.quantisation, output.quantisation))
    throw Error("its output has another size or scale than its input");
  Value& from = value(op.inputs[input_place]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([&from, &to] { to.quantised = from.quantised; });
}

void Network::add_transpose(const Operator& op) {
  const Tensor& output = output_of(file_, op);
  require_quantised(input_of(file_, op, 0));
  require_quantised(output);
  if (!is_alike(input_of(file_, op, 0).quantisation, output.quantisation))
    throw Error("its output has another scale than its input");
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([order = transpose_order(file_, op), &from, &to] {
    for (std::size_t i = 0; i < order.size(); ++i)
      to.quantised[i] = from.quantised[static_cast<std::size_t>(order[i])];
  });
}

void Network::add_logistic(const Operator& op) {
  const Tensor& input = input_of(file_, op, 0);
  const Tensor& output = output_of(file_, op);
  require_quantised(input);
  require_quantised(output);
  if (input.element_count() != output.element_count())
    throw Error("its output has another size than its input");
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([table = logistic_table(input, output), &from, &to] {
    for (std::size_t i = 0; i < from.quantised.size(); ++i)
      to.quantised[i] = table[static_cast<std::size_t>(from.quantised[i] + 128)];
  });
}

void Network::add_softmax(const Operator& op) {
  const Tensor& input = input_of(file_, op, 0);
  const Tensor& output = output_of(file_, op);
  require_quantised(input);
  require_quantised(output);
  if (input.element_count() != output.element_count() || input.shape.empty() ||
      input.element_count() != input.shape.back())
    throw Error("not over one row of scores");
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([&input, &output, beta = op.beta, &from, &to] {
    take_softmax(input, output, beta, from.quantised, to.quantised);
  });
}

void Network::add_quantize(const Operator& op) {
  const Tensor& input = input_of(file_, op, 0);
  const Tensor& output = output_of(file_, op);
  require_quantised(output);
  if (input.type != ElementType::float32 || input.element_count() != output.element_count())
    throw Error("not from as many real numbers");
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([&output, &from, &to] { quantise(output, from.real, to.quantised); });
}

void Network::add_dequantize(const Operator& op) {
  const Tensor& input = input_of(file_, op, 0);
  const Tensor& output = output_of(file_, op);
  require_quantised(input);
  if (output.type != ElementType::float32 || input.element_count() != output.element_count())
    throw Error("not to as many real numbers");
  Value& from = value(op.inputs[0]);
  Value& to = value(op.outputs[0]);
  steps_.emplace_back([&input, &from, &to] { dequantise(input, from.quantised, to.real); });
}

void Network::check_ends() const {
  const std::int32_t output = file_.outputs()[0];
  if (logits_ < 0) throw Error("no fully connected layer: there are no logits");
  if (!values_[static_cast<std::size_t>(output)].is_known) throw Error("nothing computes the output");
  if (file_.tensor(output).element_count() != class_count())
    throw Error("the output has another size than the last fully connected layer");
}

const std::vector<std::int32_t>& Network::input_shape() const {
  return file_.tensor(file_.inputs()[0]).shape;
}

std::int64_t Network::input_count() const {
  return file_.tensor(file_.inputs()[0]).element_count();
}

std::int64_t Network::class_count() const {
  return file_.tensor(logits_).element_count();
}

std::int64_t Network::embedding_size() const {
  return file_.tensor(embedding_).element_count();
}

void Network::run(std::span<const float> input) {
  if (std::ssize(input) != input_count())
    throw Error(concat("the network takes ", input_count(), " numbers, not ", input.size()));
  const Tensor& tensor = file_.tensor(file_.inputs()[0]);
  Value& first = value(file_.inputs()[0]);
  if (tensor.type == ElementType::int8) {
    quantise(tensor, input, first.quantised);
  } else {
    std::copy(input.begin(), input.end(), first.real.begin());
  }
  for (const std::function<void()>& step : steps_) step();
}

std::vector<float> Network::real_values(std::int32_t index) const {
  const Value& found = values_[static_cast<std::size_t>(index)];
  if (!found.real.empty()) return found.real;
  std::vector<float> real(found.quantised.size());
  dequantise(file_.tensor(index), found.quantised, real);
  return real;
}

std::vector<float> Network::scores() const {
  return real_values(file_.outputs()[0]);
}

std::vector<float> Network::logits() const {
  return real_values(logits_);
}

std::vector<float> Network::embedding() const {
  return real_values(embedding_);
}

}  // namespace pupil::tflite
