// SPDX-License-Identifier: Apache-2.0
#include "deploy/onnx_graph.h"

namespace pupil::deploy {
namespace {

template <typename Element>
void set_raw(onnx::TensorProto* tensor, std::span<const Element> values) {
  tensor->set_raw_data(values.data(), values.size_bytes());
}

void describe(onnx::ValueInfoProto* info, const std::string& name, const Dimensions& dimensions) {
  info->set_name(name);
  auto* type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dimension : dimensions) type->mutable_shape()->add_dim()->set_dim_value(dimension);
}

}  // namespace

onnx::TensorProto* OnnxGraph::add_constant(const std::string& name, const Dimensions& dimensions) {
  onnx::TensorProto* tensor = graph_->add_initializer();
  tensor->set_name(name);
  for (const std::int64_t dimension : dimensions) tensor->add_dims(dimension);
  return tensor;
}

std::string OnnxGraph::constant(const std::string& name, const Dimensions& dimensions,
                                std::span<const float> values) {
  onnx::TensorProto* tensor = add_constant(name, dimensions);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  set_raw(tensor, values);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, std::span<const std::int64_t> values) {
  onnx::TensorProto* tensor = add_constant(name, {static_cast<std::int64_t>(values.size())});
  tensor->set_data_type(onnx::TensorProto::INT64);
  set_raw(tensor, values);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const Dimensions& dimensions,
                                std::span<const std::int32_t> values) {
  onnx::TensorProto* tensor = add_constant(name, dimensions);
  tensor->set_data_type(onnx::TensorProto::INT32);
  set_raw(tensor, values);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const Dimensions& dimensions,
                                std::span<const std::int8_t> values) {
  onnx::TensorProto* tensor = add_constant(name, dimensions);
  tensor->set_data_type(onnx::TensorProto::INT8);
  set_raw(tensor, values);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const Dimensions& dimensions,
                                std::span<const std::uint8_t> values) {
  onnx::TensorProto* tensor = add_constant(name, dimensions);
  tensor->set_data_type(onnx::TensorProto::UINT8);
  set_raw(tensor, values);
  return name;
}

std::string OnnxGraph::node(std::string_view operation, const std::vector<std::string>& inputs,
                            const std::string& output, const std::vector<OnnxAttribute>& attributes) {
  onnx::NodeProto* node = graph_->add_node();
  node->set_op_type(std::string(operation));
  node->set_name(output + "_" + std::string(operation));
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  for (const OnnxAttribute& from : attributes) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(std::string(from.name));
    attribute->set_type(from.is_list ? onnx::AttributeProto::INTS : onnx::AttributeProto::INT);
    if (from.is_list) {
      for (const std::int64_t value : from.values) attribute->add_ints(value);
    } else {
      attribute->set_i(from.values.front());
    }
  }
  return output;
}

// Zero points are written even where they are 0: they say which integers these are.
std::vector<std::string> OnnxGraph::scale_inputs(const std::string& tensor, const OnnxScale& scale,
                                                 const std::string& name) {
  const Dimensions dimensions =
      scale.axis < 0 ? Dimensions{} : Dimensions{static_cast<std::int64_t>(scale.scales.size())};
  const std::string scales = constant(name + "_scale", dimensions, std::span<const float>(scale.scales));
  const auto zeros = [&](auto zero) {
    const std::vector<decltype(zero)> repeated(scale.scales.size(), zero);
    return constant(name + "_zero_point", dimensions, std::span<const decltype(zero)>(repeated));
  };
  switch (scale.type) {
    case OnnxInteger::uint8: return {tensor, scales, zeros(static_cast<std::uint8_t>(scale.zero_point))};
    case OnnxInteger::int8: return {tensor, scales, zeros(static_cast<std::int8_t>(scale.zero_point))};
    case OnnxInteger::int32: return {tensor, scales, zeros(scale.zero_point)};
  }
  return {};
}

std::string OnnxGraph::quantise(const std::string& real, const OnnxScale& scale, const std::string& output) {
  return node("QuantizeLinear", scale_inputs(real, scale, output), output);
}

std::string OnnxGraph::dequantise(const std::string& integers, const OnnxScale& scale,
                                  const std::string& output) {
  std::vector<OnnxAttribute> attributes;
  if (scale.axis >= 0) attributes.push_back({"axis", {scale.axis}, false});
  return node("DequantizeLinear", scale_inputs(integers, scale, output), output, attributes);
}

void OnnxGraph::float_input(const std::string& name, const Dimensions& dimensions) {
  describe(graph_->add_input(), name, dimensions);
}

void OnnxGraph::float_output(const std::string& name, const Dimensions& dimensions) {
  describe(graph_->add_output(), name, dimensions);
}

}  // namespace pupil::deploy
