// SPDX-License-Identifier: Apache-2.0
#include "teacher/prototypes.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "teacher/neighbours.h"

namespace pupil::teacher {
namespace {

// A class that its words rule out can still win by what it sounds like, but not by that alone.
constexpr float kLeastNamed = 1e-9F;

std::vector<double> column_sums(std::span<const float> rows, std::size_t size,
                                const std::vector<double>& from, bool squared) {
  std::vector<double> sums(size);
  for (std::size_t at = 0; at < rows.size(); at += size) {
    for (std::size_t d = 0; d < size; ++d) {
      const double value = rows[at + d] - from[d];
      sums[d] += squared ? value * value : value;
    }
  }
  return sums;
}

}  // namespace

EmbeddingScale EmbeddingScale::measure(std::span<const float> rows, std::int64_t dimension) {
  const auto size = static_cast<std::size_t>(dimension);
  if (dimension <= 0 || rows.empty() || rows.size() % size != 0)
    throw Error(concat("embedding scale: ", rows.size(), " numbers are not embeddings of ", dimension));
  const double count = static_cast<double>(rows.size() / size);
  std::vector<double> mean = column_sums(rows, size, std::vector<double>(size), false);
  for (double& value : mean) value /= count;
  const std::vector<double> squares = column_sums(rows, size, mean, true);
  EmbeddingScale scale;
  for (std::size_t d = 0; d < size; ++d) {
    scale.mean.push_back(static_cast<float>(mean[d]));
    scale.deviation.push_back(static_cast<float>(std::sqrt(squares[d] / count)));
  }
  return scale;
}

void EmbeddingScale::apply(std::span<float> row) const {
  for (std::size_t d = 0; d < row.size(); ++d)
    row[d] = deviation[d] > 0 ? (row[d] - mean[d]) / deviation[d] : 0.0F;
  scale_to_unit(row);
}

void scale_to_unit(std::span<float> row) {
  double square = 0;
  for (const float value : row) square += static_cast<double>(value) * value;
  const double factor = square > 0 ? 1 / std::sqrt(square) : 0;
  for (float& value : row) value = static_cast<float>(value * factor);
}

std::int64_t Prototypes::class_count() const {
  return std::ssize(has_direction);
}

void Prototypes::forget() {
  std::fill(directions.begin(), directions.end(), 0.0F);
  std::fill(has_direction.begin(), has_direction.end(), 0);
}

void Prototypes::cosines(std::span<const float> unit_row, std::span<float> result) const {
  const std::size_t size = unit_row.size();
  for (std::size_t k = 0; k < result.size(); ++k)
    result[k] = dot(unit_row.data(), directions.data() + k * size, std::ssize(unit_row));
}

void Prototypes::combine(std::span<const float> evidence, std::span<const float> named, double softening,
                         std::span<float> result) const {
  const std::size_t count = named.size();
  std::vector<double> powers(count);
  double rest = 0, largest = -INFINITY, sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (has_direction[k] == 0) continue;
    powers[k] = (evidence[k] + std::log(std::max(named[k], kLeastNamed))) / softening;
    largest = std::max(largest, powers[k]);
    rest += named[k];
  }
  for (std::size_t k = 0; k < count; ++k) {
    if (has_direction[k] != 0) sum += powers[k] = std::exp(powers[k] - largest);
  }
  for (std::size_t k = 0; k < count; ++k)
    result[k] = has_direction[k] == 0 ? named[k] : static_cast<float>(rest * powers[k] / sum);
}

std::vector<float> Prototypes::posterior(std::span<const float> embedding,
                                         std::span<const float> named) const {
  if (embedding.size() != scale.mean.size() || std::ssize(named) != class_count())
    throw Error(concat("prototypes: an embedding of ", embedding.size(), " and ", named.size(),
                       " classes for ", scale.mean.size(), " and ", class_count()));
  std::vector<float> row(embedding.begin(), embedding.end());
  scale.apply(row);
  std::vector<float> evidence(named.size()), result(named.size()), prior(named.begin(), named.end());
  if (!head_shares.empty()) {
    head.posterior(row, result);
    mix_posteriors(named, result, head_shares, prior);
  }
  cosines(row, evidence);
  for (float& value : evidence) value = static_cast<float>(value * concentration);
  combine(evidence, prior, temperature, result);
  return result;
}

}  // namespace pupil::teacher
