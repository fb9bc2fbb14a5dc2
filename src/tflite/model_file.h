// SPDX-License-Identifier: Apache-2.0
// Reads TensorFlow Lite's model files (flatbuffers): tensors, how they are quantised, and operators in the order
// in which they run. network.h runs them. Only what quantised sound classifiers are made of is known; a file with
// anything else is refused by name.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::tflite {

enum class ElementType { float32, int32, int8 };

std::string_view type_name(ElementType type);

/// value = scale * (stored - zero_point), with one pair for the whole tensor or one for each place along an axis.
struct Quantisation {
  std::vector<float> scales;              ///< empty: not quantised; finite and positive
  std::vector<std::int32_t> zero_points;  ///< as many as scales, -128 to 127
  std::int32_t axis = 0;                  ///< of the tensor, where there are several scales
};

struct Tensor {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int32_t> shape;  ///< at most 4 axes, each 1 to 65536; images are [B, height, width, C]
  Quantisation quantisation;
  std::span<const std::byte>
      data;  ///< of a constant, row-major; empty: computed by an operator, or the input

  std::int64_t element_count() const;
};

/// The elements of a constant. Error: not a constant of int32.
std::vector<std::int32_t> int32_values(const Tensor& tensor);

/// TensorFlow Lite's numbers of the operators that are known.
enum class OperatorKind : std::int32_t {
  conv_2d = 3,
  depthwise_conv_2d = 4,
  dequantize = 6,
  fully_connected = 9,
  logistic = 14,
  reshape = 22,
  softmax = 25,
  transpose = 39,
  mean = 40,
  split = 49,
  quantize = 114,
};

std::string_view operator_name(OperatorKind kind);

enum class Padding { same, valid };
enum class Activation { none, relu, relu6 };

struct Operator {
  OperatorKind kind = OperatorKind::reshape;
  std::vector<std::int32_t> inputs;   ///< tensors; -1: left out (a bias)
  std::vector<std::int32_t> outputs;  ///< tensors
  // What its options say, where it has them; otherwise the values here.
  Padding padding = Padding::valid;
  std::int32_t stride_height = 1, stride_width = 1;      ///< 1 to 1024
  std::int32_t dilation_height = 1, dilation_width = 1;  ///< 1 to 1024
  Activation activation = Activation::none;
  float beta = 1;  ///< of softmax
};

/// A file that was read. Copies share its bytes. Threads: any number.
class ModelFile {
 public:
  /// Error, beginning with the path: not a TensorFlow Lite file, damaged, or holding what is not known.
  static ModelFile open(const std::filesystem::path& path);

  /// The same of bytes in memory, which are copied. Whatever they are: an Error, or a model whose tensors'
  /// data and whose operators' tensors are inside it.
  static ModelFile parse(std::span<const std::byte> bytes);

  std::int64_t file_bytes() const { return static_cast<std::int64_t>(bytes_->size()); }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Tensor& tensor(std::int32_t index) const { return tensors_[static_cast<std::size_t>(index)]; }
  const std::vector<Operator>& operators() const { return operators_; }
  const std::vector<std::int32_t>& inputs() const { return inputs_; }
  const std::vector<std::int32_t>& outputs() const { return outputs_; }

 private:
  std::shared_ptr<const std::vector<std::byte>> bytes_;
  std::vector<Tensor> tensors_;
  std::vector<Operator> operators_;
  std::vector<std::int32_t> inputs_, outputs_;
};

}  // namespace pupil::tflite
