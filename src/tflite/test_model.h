// SPDX-License-Identifier: Apache-2.0
// Model files for tests, made with flatbuffers' own writer; fields can be spoiled before bytes() writes them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/split_mix.h"
#include "tflite/model_file.h"
#include "tflite_generated.h"

namespace pupil::tflite::testing {

/// -128 to 127, the same every time.
inline std::vector<std::int8_t> random_int8(std::size_t count, std::uint64_t seed) {
  std::vector<std::int8_t> values(count);
  std::uint64_t state = seed;
  for (std::int8_t& value : values)
    value = static_cast<std::int8_t>(split_mix(state += kSplitMixStep) >> 56U);
  return values;
}

class TestModel {
 public:
  TestModel() {
    model.version = 3;
    model.subgraphs.push_back(std::make_unique<file::SubGraphT>());
    model.buffers.push_back(std::make_unique<file::BufferT>());  // the empty one
  }

  file::SubGraphT& graph() { return *model.subgraphs[0]; }
  file::TensorT& tensor(std::int32_t index) { return *graph().tensors[static_cast<std::size_t>(index)]; }

  /// Elements of TensorFlow Lite's type `type` (0 float32, 2 int32, 9 int8); returns its number.
  std::int32_t add_tensor(std::vector<std::int32_t> shape, std::int8_t type, std::vector<float> scales = {},
                          std::int64_t zero_point = 0) {
    auto added = std::make_unique<file::TensorT>();
    added->name = "t" + std::to_string(graph().tensors.size());
    added->shape = std::move(shape);
    added->type = type;
    if (!scales.empty()) {
      added->quantization = std::make_unique<file::QuantizationParametersT>();
      added->quantization->zero_point.assign(scales.size(), zero_point);
      added->quantization->scale = std::move(scales);
    }
    graph().tensors.push_back(std::move(added));
    return static_cast<std::int32_t>(graph().tensors.size()) - 1;
  }

  template <typename Element>
  std::int32_t add_constant(std::vector<std::int32_t> shape, std::int8_t type,
                            const std::vector<Element>& data, std::vector<float> scales = {}) {
    const std::int32_t added = add_tensor(std::move(shape), type, std::move(scales));
    tensor(added).buffer = static_cast<std::uint32_t>(model.buffers.size());
    model.buffers.push_back(std::make_unique<file::BufferT>());
    model.buffers.back()->data.resize(data.size() * sizeof(Element));
    std::memcpy(model.buffers.back()->data.data(), data.data(), data.size() * sizeof(Element));
    return added;
  }

  file::OperatorT& add_operator(OperatorKind kind, std::vector<std::int32_t> inputs, std::int32_t output) {
    auto added = std::make_unique<file::OperatorT>();
    added->opcode_index = static_cast<std::uint32_t>(model.operator_codes.size());
    model.operator_codes.push_back(std::make_unique<file::OperatorCodeT>());
    model.operator_codes.back()->deprecated_builtin_code = static_cast<std::int8_t>(kind);
    added->inputs = std::move(inputs);
    added->outputs = {output};
    graph().operators.push_back(std::move(added));
    return *graph().operators.back();
  }

  std::vector<std::byte> bytes() const {
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(file::Model::Pack(builder, &model), file::ModelIdentifier());
    const auto* data = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
    return {data, data + builder.GetSize()};
  }

  ModelFile parse() const { return ModelFile::parse(bytes()); }

  file::ModelT model;
};

/// Every kind of layer once: real numbers [1, 6, 4] to five scores.
inline TestModel small_model() {
  TestModel m;
  const std::int32_t input = m.add_tensor({1, 6, 4}, 0);
  const std::int32_t whole = m.add_tensor({1, 6, 4}, 9, {0.05F}, 10);
  const std::int32_t image = m.add_tensor({1, 6, 4, 1}, 9, {0.05F}, 10);
  const std::int32_t split = m.add_tensor({1, 6, 4, 1}, 9, {0.05F}, 10);
  const std::int32_t turned = m.add_tensor({1, 4, 6, 1}, 9, {0.05F}, 10);
  const std::int32_t first = m.add_tensor({1, 2, 3, 8}, 9, {0.0235F}, -128);
  const std::int32_t second = m.add_tensor({1, 2, 3, 8}, 9, {0.0235F}, -128);
  const std::int32_t mean = m.add_tensor({1, 8}, 9, {0.02F}, -128);
  const std::int32_t logits = m.add_tensor({1, 5}, 9, {0.1F}, 3);
  const std::int32_t squashed = m.add_tensor({1, 5}, 9, {0.00390625F}, -128);
  const std::int32_t shares = m.add_tensor({1, 5}, 9, {0.00390625F}, -128);
  const std::int32_t output = m.add_tensor({1, 5}, 0);
  const std::vector<float> eight = {0.01F, 0.02F, 0.015F, 0.01F, 0.03F, 0.01F, 0.02F, 0.01F};
  const std::int32_t weights = m.add_constant({8, 3, 3, 1}, 9, random_int8(72, 1), eight);
  const std::int32_t bias = m.add_constant({8}, 2, std::vector<std::int32_t>{5, -90, 700, 0, 1, 2, -3, 400});
  const std::int32_t depthwise = m.add_constant({1, 3, 3, 8}, 9, random_int8(72, 2), eight);
  m.tensor(depthwise).quantization->quantized_dimension = 3;
  const std::int32_t head = m.add_constant({5, 8}, 9, random_int8(40, 3), {0.02F});
  const std::int32_t shape = m.add_constant({4}, 2, std::vector<std::int32_t>{1, 6, 4, 1});
  const std::int32_t axis = m.add_constant({}, 2, std::vector<std::int32_t>{3});
  const std::int32_t order = m.add_constant({4}, 2, std::vector<std::int32_t>{0, 2, 1, 3});
  const std::int32_t places = m.add_constant({2}, 2, std::vector<std::int32_t>{1, 2});
  m.add_operator(OperatorKind::quantize, {input}, whole);
  m.add_operator(OperatorKind::reshape, {whole, shape}, image);
  m.add_operator(OperatorKind::split, {axis, image}, split);
  m.add_operator(OperatorKind::transpose, {split, order}, turned);
  file::Conv2DOptionsT steps;
  steps.stride_h = steps.stride_w = 2;
  steps.activation = file::Activation::RELU6;
  m.add_operator(OperatorKind::conv_2d, {turned, weights, bias}, first).builtin_options.Set(std::move(steps));
  file::DepthwiseConv2DOptionsT same;
  same.stride_h = same.stride_w = same.depth_multiplier = 1;
  same.activation = file::Activation::RELU;
  m.add_operator(OperatorKind::depthwise_conv_2d, {first, depthwise, -1}, second)
      .builtin_options.Set(std::move(same));
  m.add_operator(OperatorKind::mean, {second, places}, mean);
  m.add_operator(OperatorKind::fully_connected, {mean, head, -1}, logits);
  m.add_operator(OperatorKind::logistic, {logits}, squashed);
  file::SoftmaxOptionsT beta;
  beta.beta = 1;
  m.add_operator(OperatorKind::softmax, {squashed}, shares).builtin_options.Set(std::move(beta));
  m.add_operator(OperatorKind::dequantize, {shares}, output);
  m.graph().inputs = {input};
  m.graph().outputs = {output};
  return m;
}

}  // namespace pupil::tflite::testing
