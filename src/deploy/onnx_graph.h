// SPDX-License-Identifier: Apache-2.0
// Builds an ONNX graph node by node. Inside this module alone: it shows libonnx's types.

#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::deploy {

using Dimensions = std::vector<std::int64_t>;

/// An attribute of a node: one number or several.
struct OnnxAttribute {
  std::string_view name;
  std::vector<std::int64_t> values;
  bool is_list = true;
};

/// What quantised values are stored as.
enum class OnnxInteger { uint8, int8, int32 };

/// How integers stand for real values: one scale and zero point, or one scale per index of `axis`.
struct OnnxScale {
  std::vector<float> scales;
  std::int32_t zero_point = 0;
  std::int64_t axis = -1;  ///< -1: one for all
  OnnxInteger type = OnnxInteger::int8;
};

/// Names of tensors are what its functions return and take.
class OnnxGraph {
 public:
  explicit OnnxGraph(onnx::GraphProto* graph) : graph_(graph) {}

  // Constants; float, int64, int32, int8 and uint8.
  std::string constant(const std::string& name, const Dimensions& dimensions, std::span<const float> values);
  std::string constant(const std::string& name, std::span<const std::int64_t> values);
  std::string constant(const std::string& name, const Dimensions& dimensions,
                       std::span<const std::int32_t> values);
  std::string constant(const std::string& name, const Dimensions& dimensions,
                       std::span<const std::int8_t> values);
  std::string constant(const std::string& name, const Dimensions& dimensions,
                       std::span<const std::uint8_t> values);

  /// Adds a node with one output, which is named `output`, and returns that name.
  std::string node(std::string_view operation, const std::vector<std::string>& inputs,
                   const std::string& output, const std::vector<OnnxAttribute>& attributes = {});

  /// Real values -> integer tensor `output`.
  std::string quantise(const std::string& real, const OnnxScale& scale, const std::string& output);
  /// Integer tensor -> real values `output`.
  std::string dequantise(const std::string& integers, const OnnxScale& scale, const std::string& output);

  void float_input(const std::string& name, const Dimensions& dimensions);
  void float_output(const std::string& name, const Dimensions& dimensions);

 private:
  onnx::TensorProto* add_constant(const std::string& name, const Dimensions& dimensions);
  std::vector<std::string> scale_inputs(const std::string& tensor, const OnnxScale& scale,
                                        const std::string& name);

  onnx::GraphProto* graph_;
};

}  // namespace pupil::deploy
