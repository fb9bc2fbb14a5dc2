// SPDX-License-Identifier: Apache-2.0
// In which order windows are shown, so that a verdict is worth much: uncertain ones, over all scores, all classes, all kinds of
// sound and all recordings. The same candidates, kind and seed give the same order.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/review_windows.h"

namespace pupil::review {

enum class OrderKind {
  worth,      ///< class by class in turn: three uncertain ones, then one from all scores; unlike neighbours
  uncertain,  ///< smallest margin first
  balanced,   ///< ten bins of the score in each class, in turn: what thresholds are fitted to
  diverse,    ///< as unlike what was shown as possible
  random,     ///< an unbiased sample
};

std::optional<OrderKind> parse_order(std::string_view name);

/// Indices of all `candidates`. But for `random`, windows of one recording, and of ten seconds of it, come as late behind each
/// other as they can. Takes n log n.
std::vector<std::int32_t> order_candidates(std::span<const corpus::ReviewCandidate> candidates,
                                           OrderKind kind, std::uint64_t seed);

/// 128 signs of random projections of an embedding: two of length 1 at the angle a differ in about 128 a / pi of them.
using Sketch = std::array<std::uint64_t, 2>;

std::int32_t sketch_distance(const Sketch& a, const Sketch& b);

/// Makes sketches of embeddings [D] less their mean: what all windows share tells nothing.
class SketchMaker {
 public:
  /// `mean` [D]: of some of the embeddings.
  explicit SketchMaker(std::vector<float> mean);

  /// Embeddings of another size give an empty sketch.
  Sketch make(std::span<const float> embedding) const;
  /// Cosine of two embeddings less the mean; 0 where a size differs or one is the mean.
  double cosine(std::span<const float> a, std::span<const float> b) const;
  std::span<const float> mean() const { return mean_; }

 private:
  std::vector<float> mean_;        // [D]
  std::vector<float> projection_;  // [D, 128]
};

/// Of items with `sketches`: begins with the first, then always the one that is furthest from all before it, `shown` included.
/// Returns indices; of equally far ones the first.
std::vector<std::int32_t> farthest_first(std::span<const Sketch> sketches, std::span<const Sketch> shown);

/// An order whose blocks are spread by farthest_first() when they are first looked at: one block of embeddings is read then and
/// the memory stays flat.
class BlockOrder {
 public:
  /// `sketch_of`: of a candidate. Blocks of 1 leave the order alone.
  BlockOrder(std::vector<std::int32_t> order, std::size_t block,
             std::function<Sketch(std::int32_t)> sketch_of)
      : order_(std::move(order)), block_(block), sketch_of_(std::move(sketch_of)) {}

  std::size_t size() const { return order_.size(); }
  std::int32_t at(std::size_t place);
  /// Where a candidate is.
  std::size_t place_of(std::int32_t candidate) const;

 private:
  void spread_block();

  std::vector<std::int32_t> order_;
  std::size_t block_;
  std::function<Sketch(std::int32_t)> sketch_of_;
  std::size_t spread_ = 0;     // places before it are final
  std::vector<Sketch> shown_;  // the last block's
};

/// Candidates that are spread at once.
std::size_t block_of(OrderKind kind);

}  // namespace pupil::review
