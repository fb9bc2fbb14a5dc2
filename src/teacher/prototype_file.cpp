// SPDX-License-Identifier: Apache-2.0
#include "teacher/prototype_file.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <charconv>

#include "base/array_file.h"
#include "base/error.h"
#include "base/text.h"
#include "nn/weight_reader.h"

namespace pupil::teacher {
namespace {

NamedArray array_of(const char* name, std::vector<std::int64_t> shape, const std::vector<float>& values) {
  return {name, ArrayType::f32, std::move(shape), std::as_bytes(std::span(values))};
}

std::vector<float> take_values(nn::WeightReader* weights, std::string_view name,
                               std::vector<std::int64_t> shape) {
  const at::Tensor tensor = weights->take(name, shape).contiguous();
  return {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()};
}

double take_number(std::map<std::string, std::string>* notes, const std::string& key) {
  const auto found = notes->find(key);
  double value = 0;
  if (found == notes->end()) throw Error(concat("no '", key, "': not a file of prototypes"));
  const std::string& text = found->second;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !(value > 0))
    throw Error(concat("'", key, "' is '", text, "', not a positive number"));
  notes->erase(found);
  return value;
}

Prototypes take_prototypes(nn::WeightReader* weights) {
  const std::int64_t classes = weights->size("directions", 0), size = weights->size("directions", 1);
  Prototypes prototypes;
  prototypes.scale.mean = take_values(weights, "mean", {size});
  prototypes.scale.deviation = take_values(weights, "deviation", {size});
  prototypes.directions = take_values(weights, "directions", {classes, size});
  if (weights->has("head")) {
    prototypes.head.weights = take_values(weights, "head", {classes, size + 1});
    prototypes.head_shares = take_values(weights, "head_shares", {classes});
  }
  weights->finish({});
  for (std::int64_t k = 0; k < classes; ++k) {
    const auto row = std::span(prototypes.directions)
                         .subspan(static_cast<std::size_t>(k * size), static_cast<std::size_t>(size));
    prototypes.has_direction.push_back(
        std::any_of(row.begin(), row.end(), [](float value) { return value != 0; }) ? 1 : 0);
  }
  return prototypes;
}

}  // namespace

void write_prototypes(const std::filesystem::path& path, const StoredPrototypes& stored) {
  const Prototypes& prototypes = stored.prototypes;
  const std::int64_t classes = prototypes.class_count(), size = std::ssize(prototypes.scale.mean);
  std::vector<NamedArray> arrays = {array_of("mean", {size}, prototypes.scale.mean),
                                    array_of("deviation", {size}, prototypes.scale.deviation),
                                    array_of("directions", {classes, size}, prototypes.directions)};
  if (!prototypes.head_shares.empty()) {
    arrays.push_back(array_of("head", {classes, size + 1}, prototypes.head.weights));
    arrays.push_back(array_of("head_shares", {classes}, prototypes.head_shares));
  }
  std::map<std::string, std::string> metadata = stored.notes;
  metadata["concentration"] = concat(prototypes.concentration);
  metadata["temperature"] = concat(prototypes.temperature);
  write_array_file(path, arrays, metadata);
}

StoredPrototypes read_prototypes(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  StoredPrototypes stored;
  for (const auto& [key, value] : file.values()) {
    if (const auto* text = std::get_if<std::string>(&value)) stored.notes[key] = *text;
  }
  nn::WeightReader weights(file, "");
  stored.prototypes = take_prototypes(&weights);
  with_context(path.string(), [&] {
    stored.prototypes.concentration = take_number(&stored.notes, "concentration");
    stored.prototypes.temperature = take_number(&stored.notes, "temperature");
  });
  return stored;
}

}  // namespace pupil::teacher
