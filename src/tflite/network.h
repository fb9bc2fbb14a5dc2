// SPDX-License-Identifier: Apache-2.0
// Runs a quantised sound classifier from its TensorFlow Lite file: float features in, scores, logits and embedding
// out, every layer between them in integers.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tflite/model_file.h"
#include "tflite/reference_kernels.h"

namespace pupil::tflite {

/// Threads: one at a time per object. Memory: the numbers of every tensor.
class Network {
 public:
  /// One input and one output, float32 or int8; the last fully connected layer gives the logits and takes the
  /// embedding. Error: an operator, type or shape that is not of such a network; a tensor used before it is
  /// computed.
  explicit Network(ModelFile file, const Kernels& kernels = reference_kernels());
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const ModelFile& file() const { return file_; }
  /// Of the input, as the file has it: [1, 96, 64].
  const std::vector<std::int32_t>& input_shape() const;
  std::int64_t input_count() const;
  std::int64_t class_count() const;
  std::int64_t embedding_size() const;
  /// Multiplications of weights with inputs in one run; taps outside the image count.
  std::int64_t macs() const { return macs_; }

  /// `input` [input_count()], real numbers; quantised here where the file's input is int8. What is not finite counts
  /// as 0.
  void run(std::span<const float> input);

  // Of the last run, as real numbers:
  std::vector<float> scores() const;     ///< [K], the file's output
  std::vector<float> logits() const;     ///< [K]
  std::vector<float> embedding() const;  ///< [D]

 private:
  // The numbers of one tensor; one of both is in use.
  struct Value {
    std::vector<std::int8_t> quantised;
    std::vector<float> real;
    bool is_known = false;  // constant, input or computed by now
  };

  void place_tensors();
  void add(const Operator& op);
  void add_convolution(const Operator& op, ConvolutionPlan plan,
                       void (*kernel)(const ConvolutionPlan&, std::span<const std::int8_t>,
                                      std::span<std::int8_t>));
  void add_mean(const Operator& op);
  void add_copy(const Operator& op, std::size_t input_place);
  void add_transpose(const Operator& op);
  void add_logistic(const Operator& op);
  void add_softmax(const Operator& op);
  void add_quantize(const Operator& op);
  void add_dequantize(const Operator& op);
  void check_ends() const;
  Value& value(std::int32_t tensor) { return values_[static_cast<std::size_t>(tensor)]; }
  std::vector<float> real_values(std::int32_t tensor) const;

  ModelFile file_;
  const Kernels& kernels_;
  std::vector<Value> values_;  // never resized once steps refer to it
  std::vector<std::function<void()>> steps_;
  std::int64_t macs_ = 0;
  std::int32_t logits_ = -1, embedding_ = -1;
};

}  // namespace pupil::tflite
