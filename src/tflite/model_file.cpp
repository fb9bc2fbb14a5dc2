// SPDX-License-Identifier: Apache-2.0
// A file is checked in two steps, so that what comes after may trust it.
//
// 1. flatbuffers' verifier, made by flatc of tflite.fbs: every table, vector and string is inside the file.
// 2. What the tables say of each other, here: numbers of tensors, buffers and operators, sizes of shapes and data,
//    scales. Nothing is taken before it was compared with a bound, and no memory is asked for on a file's word alone.
//
// The bytes are copied first: flatbuffers wants them aligned, and tensors' data are views into them.

#include "tflite/model_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "device/model_file.h"
#include "tflite_generated.h"

namespace pupil::tflite {
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20U;
constexpr std::uint32_t kMostItems = 10000;  // tensors, operators, buffers
constexpr std::size_t kMostAxes = 4;
constexpr std::int32_t kLargestAxis = 65536;
constexpr std::int64_t kMostElements = std::int64_t{1} << 24U;
constexpr std::size_t kLongestName = 1000;
constexpr std::int32_t kLargestStep = 1024;  // strides and dilations

template <typename Vector>
std::uint32_t size_of(const Vector* vector, std::string_view what) {
  const std::uint32_t size = vector == nullptr ? 0 : vector->size();
  if (size > kMostItems) throw Error(concat(size, " ", what, ", more than ", kMostItems));
  return size;
}

ElementType element_type(std::int8_t number) {
  switch (number) {
    case 0: return ElementType::float32;
    case 2: return ElementType::int32;
    case 9: return ElementType::int8;
    default: throw Error(concat("elements of type ", number, ", not float32, int32 or int8"));
  }
}

std::int64_t element_bytes(ElementType type) {
  return type == ElementType::int8 ? 1 : 4;
}

std::vector<std::int32_t> read_shape(const flatbuffers::Vector<std::int32_t>* stored) {
  std::vector<std::int32_t> shape;
  if (stored == nullptr) return shape;
  if (stored->size() > kMostAxes) throw Error(concat(stored->size(), " axes, more than ", kMostAxes));
  std::int64_t elements = 1;
  for (const std::int32_t size : *stored) {
    if (size < 1 || size > kLargestAxis)
      throw Error(concat("an axis of ", size, ", not 1 to ", kLargestAxis));
    shape.push_back(size);
    elements *= size;  // at most 4 axes of 2^16 each, and checked before the next
    if (elements > kMostElements) throw Error(concat("more than ", kMostElements, " elements"));
  }
  return shape;
}

// The verifier does not ask that numbers of 8 bytes are aligned to 8.
std::int64_t element(const flatbuffers::Vector<std::int64_t>& vector, std::uint32_t index) {
  std::int64_t value = 0;
  std::memcpy(&value, vector.Data() + index * sizeof value, sizeof value);
  return flatbuffers::EndianScalar(value);
}

void check_axis(const Quantisation& quantisation, const std::vector<std::int32_t>& shape) {
  if (quantisation.scales.size() <= 1) return;
  const std::int32_t axis = quantisation.axis;
  if (axis < 0 || axis >= std::ssize(shape) ||
      shape[static_cast<std::size_t>(axis)] != std::ssize(quantisation.scales))
    throw Error(concat(quantisation.scales.size(), " scales along axis ", axis, ", which has another size"));
}

Quantisation read_quantisation(const file::QuantizationParameters* stored,
                               const std::vector<std::int32_t>& shape) {
  Quantisation quantisation;
  if (stored == nullptr || stored->scale() == nullptr) return quantisation;
  if (stored->details_type() != 0) throw Error("a quantisation of its own kind");
  if (stored->scale()->size() > static_cast<std::uint32_t>(kLargestAxis)) throw Error("too many scales");
  for (const float scale : *stored->scale()) {
    if (!std::isfinite(scale) || scale <= 0) throw Error(concat("a scale of ", scale));
    quantisation.scales.push_back(scale);
  }
  const auto* zeros = stored->zero_point();
  if (zeros != nullptr && zeros->size() != stored->scale()->size())
    throw Error("as many zero points as scales are wanted");
  for (std::uint32_t i = 0; i < stored->scale()->size(); ++i) {
    const std::int64_t zero = zeros == nullptr ? 0 : element(*zeros, i);
    if (zero < -128 || zero > 127) throw Error(concat("a zero point of ", zero, ", not -128 to 127"));
    quantisation.zero_points.push_back(static_cast<std::int32_t>(zero));
  }
  quantisation.axis = stored->quantized_dimension();
  check_axis(quantisation, shape);
  return quantisation;
}

std::span<const std::byte> read_data(const file::Model& model, const file::Tensor& stored,
                                     const Tensor& tensor) {
  const std::uint32_t count = size_of(model.buffers(), "buffers");
  if (stored.buffer() >= count) {
    if (stored.buffer() == 0) return {};
    throw Error(concat("buffer ", stored.buffer(), " of ", count));
  }
  const file::Buffer* buffer = model.buffers()->Get(stored.buffer());
  if (buffer->offset() > 1) throw Error("data behind the flatbuffer, as in files above 2 GB");
  if (buffer->data() == nullptr || buffer->data()->size() == 0) return {};
  const std::int64_t wanted = tensor.element_count() * element_bytes(tensor.type);
  if (buffer->data()->size() != static_cast<std::uint64_t>(wanted))
    throw Error(concat(buffer->data()->size(), " bytes of data for ", tensor.element_count(), " elements of ",
                       type_name(tensor.type)));
  return std::as_bytes(std::span(buffer->data()->data(), buffer->data()->size()));
}

Tensor read_tensor(const file::Model& model, const file::Tensor& stored) {
  Tensor tensor;
  if (stored.name() != nullptr) tensor.name = stored.name()->str().substr(0, kLongestName);
  if (stored.is_variable()) throw Error("a variable tensor: recurrent networks are not known");
  tensor.type = element_type(stored.type());
  tensor.shape = read_shape(stored.shape());
  tensor.quantisation = read_quantisation(stored.quantization(), tensor.shape);
  tensor.data = read_data(model, stored, tensor);
  return tensor;
}

OperatorKind operator_kind(const file::Model& model, std::uint32_t index) {
  if (index >= size_of(model.operator_codes(), "operator codes"))
    throw Error(concat("operator code ", index, " is not listed"));
  const file::OperatorCode* code = model.operator_codes()->Get(index);
  // Older files have the first alone, newer ones both; TensorFlow takes the larger.
  const std::int32_t number = std::max<std::int32_t>(code->deprecated_builtin_code(), code->builtin_code());
  for (const OperatorKind kind :
       {OperatorKind::conv_2d, OperatorKind::depthwise_conv_2d, OperatorKind::dequantize,
        OperatorKind::fully_connected, OperatorKind::logistic, OperatorKind::reshape, OperatorKind::softmax,
        OperatorKind::transpose, OperatorKind::mean, OperatorKind::split, OperatorKind::quantize}) {
    if (static_cast<std::int32_t>(kind) == number) return kind;
  }
  throw Error(concat("TensorFlow Lite's operator ", number, " is not known"));
}

Activation activation_of(file::Activation stored) {
  switch (stored) {
    case file::Activation::NONE: return Activation::none;
    case file::Activation::RELU: return Activation::relu;
    case file::Activation::RELU6: return Activation::relu6;
    default: throw Error(concat("activation ", static_cast<int>(stored), " is not known"));
  }
}

std::int32_t step(std::int32_t value, std::string_view what) {
  if (value < 1 || value > kLargestStep)
    throw Error(concat("a ", what, " of ", value, ", not 1 to ", kLargestStep));
  return value;
}

Padding padding_of(file::Padding stored) {
  if (stored != file::Padding::SAME && stored != file::Padding::VALID)
    throw Error(concat("padding ", static_cast<int>(stored), " is not known"));
  return stored == file::Padding::SAME ? Padding::same : Padding::valid;
}

template <typename Options>
void read_steps(const Options& options, Operator* op) {
  op->padding = padding_of(options.padding());
  op->stride_height = step(options.stride_h(), "stride");
  op->stride_width = step(options.stride_w(), "stride");
  op->dilation_height = step(options.dilation_h(), "dilation");
  op->dilation_width = step(options.dilation_w(), "dilation");
  op->activation = activation_of(options.activation());
}

void read_fully_connected(const file::FullyConnectedOptions& options, Operator* op) {
  op->activation = activation_of(options.activation());
  if (options.weights_format() != 0) throw Error("weights in an order of their own");
}

void read_softmax(const file::SoftmaxOptions& options, Operator* op) {
  op->beta = options.beta();
  if (!std::isfinite(op->beta) || op->beta <= 0) throw Error(concat("a beta of ", op->beta));
}

void read_options(const file::Operator& stored, Operator* op) {
  if (const auto* options = stored.builtin_options_as_Conv2DOptions()) read_steps(*options, op);
  if (const auto* options = stored.builtin_options_as_DepthwiseConv2DOptions()) read_steps(*options, op);
  if (const auto* options = stored.builtin_options_as_FullyConnectedOptions())
    read_fully_connected(*options, op);
  if (const auto* options = stored.builtin_options_as_SoftmaxOptions()) read_softmax(*options, op);
}

std::vector<std::int32_t> read_indices(const flatbuffers::Vector<std::int32_t>* stored,
                                       std::size_t tensor_count, std::int32_t lowest) {
  std::vector<std::int32_t> indices;
  for (std::uint32_t i = 0; i < size_of(stored, "tensors of an operator"); ++i) {
    const std::int32_t index = stored->Get(i);
    if (index < lowest || index >= static_cast<std::int64_t>(tensor_count))
      throw Error(concat("tensor ", index, " of ", tensor_count));
    indices.push_back(index);
  }
  return indices;
}

Operator read_operator(const file::Model& model, const file::Operator& stored, std::size_t tensor_count) {
  Operator op;
  op.kind = operator_kind(model, stored.opcode_index());
  return with_context(operator_name(op.kind), [&] {
    op.inputs = read_indices(stored.inputs(), tensor_count, -1);
    op.outputs = read_indices(stored.outputs(), tensor_count, 0);
    read_options(stored, &op);
    return op;
  });
}

const file::SubGraph& only_graph(const file::Model& model) {
  const std::uint32_t count = size_of(model.subgraphs(), "subgraphs");
  if (count != 1) throw Error(concat(count, " subgraphs, not one"));
  return *model.subgraphs()->Get(0);
}

}  // namespace

std::string_view type_name(ElementType type) {
  switch (type) {
    case ElementType::float32: return "float32";
    case ElementType::int32: return "int32";
    case ElementType::int8: return "int8";
  }
  return "";
}

std::string_view operator_name(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::conv_2d: return "CONV_2D";
    case OperatorKind::depthwise_conv_2d: return "DEPTHWISE_CONV_2D";
    case OperatorKind::dequantize: return "DEQUANTIZE";
    case OperatorKind::fully_connected: return "FULLY_CONNECTED";
    case OperatorKind::logistic: return "LOGISTIC";
    case OperatorKind::reshape: return "RESHAPE";
    case OperatorKind::softmax: return "SOFTMAX";
    case OperatorKind::transpose: return "TRANSPOSE";
    case OperatorKind::mean: return "MEAN";
    case OperatorKind::split: return "SPLIT";
    case OperatorKind::quantize: return "QUANTIZE";
  }
  return "";
}

std::int64_t Tensor::element_count() const {
  std::int64_t count = 1;
  for (const std::int32_t size : shape) count *= size;
  return count;
}

std::vector<std::int32_t> int32_values(const Tensor& tensor) {
  if (tensor.type != ElementType::int32 || tensor.data.empty())
    throw Error(concat("tensor '", tensor.name, "' is not a constant of int32"));
  std::vector<std::int32_t> values(tensor.data.size() / sizeof(std::int32_t));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

ModelFile ModelFile::open(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_bytes(path);
  return with_context(path.string(), [&] { return parse(bytes); });
}

ModelFile ModelFile::parse(std::span<const std::byte> bytes) {
  if (bytes.size() > kLargestFile) throw Error(concat(bytes.size(), " bytes are more than a model has"));
  ModelFile model;
  model.bytes_ = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  const auto* data = reinterpret_cast<const std::uint8_t*>(model.bytes_->data());
  if (bytes.size() < 8 || !file::ModelBufferHasIdentifier(data))
    throw Error("not a TensorFlow Lite model (no TFL3 at its beginning)");
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!file::VerifyModelBuffer(verifier))
    throw Error("a damaged TensorFlow Lite model: an offset leads out of it");
  const file::Model& stored = *file::GetModel(data);
  if (stored.version() != 3) throw Error(concat("version ", stored.version(), " of the format, not 3"));
  const file::SubGraph& graph = only_graph(stored);
  for (std::uint32_t i = 0; i < size_of(graph.tensors(), "tensors"); ++i) {
    model.tensors_.push_back(
        with_context(concat("tensor ", i), [&] { return read_tensor(stored, *graph.tensors()->Get(i)); }));
  }
  for (std::uint32_t i = 0; i < size_of(graph.operators(), "operators"); ++i) {
    model.operators_.push_back(with_context(concat("operator ", i), [&] {
      return read_operator(stored, *graph.operators()->Get(i), model.tensors_.size());
    }));
  }
  model.inputs_ = read_indices(graph.inputs(), model.tensors_.size(), 0);
  model.outputs_ = read_indices(graph.outputs(), model.tensors_.size(), 0);
  return model;
}

}  // namespace pupil::tflite
