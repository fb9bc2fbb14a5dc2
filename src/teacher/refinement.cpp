// SPDX-License-Identifier: Apache-2.0
// The mixture, as refinement.h describes it. Who owns what:
//
// 1. `rows_` are standardised and of length 1 from the constructor on; `named_` has the fixed items' rows in
// it.
// 2. `posteriors_` is read and `next_` written during a step, then they are swapped: an item's step never
// sees
//    another's of the same step. Rows of fixed items are the same in both from the beginning.
// 3. Every sum over items runs in their order within one thread (a slice of the embedding, a class or an item
// is one
//    thread's), so that results do not depend on how many there are.

#include "teacher/refinement.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "teacher/most_probable.h"
#include "teacher/neighbours.h"

namespace pupil::teacher {
namespace {

constexpr int kRounds = 10;
constexpr int kStepsPerRound = 3;

// What an item must give to a class to move its prototype: a million items of less move it by less than one
// of them that is surely of it.
constexpr float kLeastPosterior = 1e-6F;

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

void add_scaled(float factor, std::span<const float> values, std::span<float> sum) {
  for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += factor * values[d];
}

class Mixture {
 public:
  Mixture(std::vector<float> rows, std::vector<float> named, std::int64_t class_count,
          std::vector<std::uint8_t> is_fixed, const RefinementOptions& options)
      : class_count_(static_cast<std::size_t>(class_count)),
        item_count_(std::ssize(named) / class_count),
        dimension_(rows.size() / static_cast<std::size_t>(item_count_)),
        rows_(std::move(rows)),
        named_(std::move(named)),
        is_fixed_(std::move(is_fixed)),
        options_(options) {
    prototypes_.concentration = options.concentration;
    prototypes_.temperature = options.temperature;
    prototypes_.scale = EmbeddingScale::measure(rows_, std::ssize(rows_) / item_count_);
    for_each_item([&](std::int64_t i) { prototypes_.scale.apply(row(i)); });
    prototypes_.directions.resize(class_count_ * dimension_);
    for (const std::int64_t count : count_named())
      prototypes_.has_direction.push_back(count >= options.least_count ? 1 : 0);
    for (std::size_t k = 0; k < class_count_; ++k) start_class(k);
  }

  // Afterwards the posteriors are those of the last prototypes, softened.
  void run() {
    neighbours_ = find_neighbours(rows_, static_cast<std::int64_t>(dimension_), options_.neighbour_count);
    posteriors_ = named_;
    next_ = named_;
    evidence_.resize(named_.size());
    for (int round = 0; round < kRounds; ++round) {
      measure_evidence();
      for (int step = 0; step < kStepsPerRound; ++step) estimate(1);
      move_prototypes();
    }
    measure_evidence();
    estimate(options_.corpus_temperature);
  }

  // Shares of the items that are not fixed.
  void measure_agreement(Refinement* result) const {
    double free = 0, same = 0, confidence = 0;
    for (std::int64_t i = 0; i < item_count_; ++i) {
      if (is_fixed_[static_cast<std::size_t>(i)] != 0) continue;
      const std::span<const float> named = of_item(named_, i);
      const std::size_t best = most_probable(named);
      ++free;
      confidence += named[best];
      same += as_one(most_probable(of_item(posteriors_, i))) == as_one(best) ? 1 : 0;
    }
    if (free == 0) return;
    result->agreement = same / free;
    result->named_confidence = confidence / free;
  }

  std::vector<float> take_posteriors() { return std::move(posteriors_); }
  std::vector<float> take_named() { return std::move(named_); }
  Prototypes take_prototypes() { return std::move(prototypes_); }
  const std::vector<double>& start_margins() const { return start_margins_; }

 private:
  template <typename Use>
  void for_each_item(const Use& use) const {
    at::parallel_for(0, item_count_, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) use(i);
    });
  }

  std::size_t as_one(std::size_t k) const {
    if (options_.rest_begin < 0) return k;
    return std::min(k, static_cast<std::size_t>(options_.rest_begin));
  }

  std::span<float> row(std::int64_t i) {
    return std::span(rows_).subspan(static_cast<std::size_t>(i) * dimension_, dimension_);
  }
  std::span<const float> of_item(const std::vector<float>& values, std::int64_t i) const {
    return std::span(values).subspan(static_cast<std::size_t>(i) * class_count_, class_count_);
  }
  std::span<float> of_item(std::vector<float>& values, std::int64_t i) const {
    return std::span(values).subspan(static_cast<std::size_t>(i) * class_count_, class_count_);
  }

  float named(std::int64_t item, std::size_t k) const {
    return named_[static_cast<std::size_t>(item) * class_count_ + k];
  }

  // The items that are most probably of class k; of equally probable ones the first.
  std::vector<std::int64_t> surest_items(std::size_t k) const {
    std::vector<std::int64_t> items(static_cast<std::size_t>(item_count_));
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<std::int64_t>(i);
    const auto count = std::min(options_.start_count, item_count_);
    std::partial_sort(items.begin(), items.begin() + count, items.end(), [&](std::int64_t a, std::int64_t b) {
      return named(a, k) != named(b, k) ? named(a, k) > named(b, k) : a < b;
    });
    items.resize(static_cast<std::size_t>(count));
    return items;
  }

  double lead(std::int64_t item, std::size_t k) const {
    float other = 0;
    for (std::size_t j = 0; j < class_count_; ++j) {
      if (j != k) other = std::max(other, named(item, j));
    }
    return named(item, k) - other;
  }

  // How many items each class is the most probable of.
  std::vector<std::int64_t> count_named() const {
    std::vector<std::int64_t> counts(class_count_);
    for (std::int64_t i = 0; i < item_count_; ++i) ++counts[most_probable(of_item(named_, i))];
    return counts;
  }

  void start_class(std::size_t k) {
    const std::span<float> direction = direction_of(k);
    double margins = 0;
    const std::vector<std::int64_t> items = surest_items(k);
    for (const std::int64_t item : items) {
      margins += lead(item, k);
      if (prototypes_.has_direction[k] != 0) add_scaled(named(item, k), row(item), direction);
    }
    scale_to_unit(direction);
    start_margins_.push_back(margins / static_cast<double>(items.size()));
  }

  std::span<float> direction_of(std::size_t k) {
    return std::span(prototypes_.directions).subspan(k * dimension_, dimension_);
  }

  void measure_evidence() {
    for_each_item([&](std::int64_t i) {
      const std::span<float> evidence = of_item(evidence_, i);
      prototypes_.cosines(row(i), evidence);
      for (float& value : evidence) value = static_cast<float>(value * prototypes_.concentration);
    });
  }

  void estimate(double softening) {
    for_each_item([&](std::int64_t i) {
      if (is_fixed_[static_cast<std::size_t>(i)] != 0) return;
      const std::span<const float> own = of_item(std::as_const(evidence_), i);
      std::vector<float> evidence(own.begin(), own.end());
      for (std::size_t n = 0; n < neighbours_.rows_of(i).size(); ++n) {
        const std::int32_t near = neighbours_.rows_of(i)[n];
        if (near < 0) break;
        const std::span<const float> votes = of_item(std::as_const(posteriors_), near);
        for (std::size_t k = 0; k < class_count_; ++k) evidence[k] += neighbours_.cosines_of(i)[n] * votes[k];
      }
      prototypes_.combine(evidence, of_item(std::as_const(named_), i), softening, of_item(next_, i));
    });
    std::swap(posteriors_, next_);
  }

  void move_prototypes() {
    std::fill(prototypes_.directions.begin(), prototypes_.directions.end(), 0.0F);
    constexpr std::int64_t kSliceValues = 64;
    at::parallel_for(0, static_cast<std::int64_t>(dimension_), kSliceValues,
                     [&](std::int64_t begin, std::int64_t end) {
                       add_items(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
                     });
    for (std::size_t k = 0; k < class_count_; ++k) scale_to_unit(direction_of(k));
  }

  // Adds every item to the directions of its classes, for the values [begin, end) of the embedding.
  void add_items(std::size_t begin, std::size_t end) {
    for (std::int64_t i = 0; i < item_count_; ++i) {
      const std::span<const float> posterior = of_item(std::as_const(posteriors_), i);
      for (std::size_t k = 0; k < class_count_; ++k) {
        if (prototypes_.has_direction[k] == 0 || posterior[k] < kLeastPosterior) continue;
        add_scaled(posterior[k], row(i).subspan(begin, end - begin),
                   direction_of(k).subspan(begin, end - begin));
      }
    }
  }

  std::size_t class_count_;
  std::int64_t item_count_;
  std::size_t dimension_;
  std::vector<float> rows_;             // [N, D]
  std::vector<float> named_;            // [N, K]
  std::vector<std::uint8_t> is_fixed_;  // [N]
  const RefinementOptions& options_;
  Neighbours neighbours_;
  Prototypes prototypes_;
  std::vector<double> start_margins_;
  std::vector<float> posteriors_, next_;  // [N, K]
  std::vector<float> evidence_;           // [N, K]: of the prototypes alone, in nats
};

void check_sizes(std::span<const float> embeddings, std::span<const float> named, std::int64_t class_count) {
  if (class_count < 2) throw Error(concat("refinement: ", class_count, " classes leave nothing to decide"));
  const std::int64_t items = std::ssize(named) / class_count;
  if (items == 0 || std::ssize(named) % class_count != 0)
    throw Error(
        concat("refinement: ", named.size(), " numbers are not posteriors of ", class_count, " classes"));
  if (embeddings.empty() || std::ssize(embeddings) % items != 0)
    throw Error(
        concat("refinement: ", embeddings.size(), " numbers are not embeddings of ", items, " items"));
  if (!all_finite(embeddings) || !all_finite(named)) throw Error("refinement: a value is not finite");
}

// Puts the fixed items' rows into `named`; returns which items they are, [N].
std::vector<std::uint8_t> fix_items(std::span<const FixedItem> fixed, std::int64_t class_count,
                                    std::vector<float>* named) {
  const std::int64_t items = std::ssize(*named) / class_count;
  std::vector<std::uint8_t> is_fixed(static_cast<std::size_t>(items));
  for (const FixedItem& one : fixed) {
    if (one.item < 0 || one.item >= items)
      throw Error(concat("refinement: item ", one.item, " is fixed, of ", items, " items"));
    if (std::ssize(one.soft) != class_count || !all_finite(one.soft))
      throw Error(concat("refinement: item ", one.item, " is fixed to ", one.soft.size(), " numbers for ",
                         class_count, " classes"));
    if (std::exchange(is_fixed[static_cast<std::size_t>(one.item)], 1) != 0)
      throw Error(concat("refinement: item ", one.item, " is fixed twice"));
    std::copy(one.soft.begin(), one.soft.end(), named->begin() + one.item * class_count);
  }
  return is_fixed;
}

}  // namespace

Refinement refine(std::vector<float> embeddings, std::span<const float> named, std::int64_t class_count,
                  std::span<const FixedItem> fixed, const RefinementOptions& options) {
  check_sizes(embeddings, named, class_count);
  std::vector<float> with_fixed(named.begin(), named.end());
  std::vector<std::uint8_t> is_fixed = fix_items(fixed, class_count, &with_fixed);
  Mixture mixture(std::move(embeddings), std::move(with_fixed), class_count, std::move(is_fixed), options);
  mixture.run();
  Refinement result;
  result.start_margins = mixture.start_margins();
  mixture.measure_agreement(&result);
  result.helps = result.agreement >= options.least_agreement &&
                 result.agreement >= result.named_confidence + options.least_lead;
  result.posteriors = result.helps ? mixture.take_posteriors() : mixture.take_named();
  result.prototypes = mixture.take_prototypes();
  if (!result.helps) result.prototypes.forget();
  return result;
}

}  // namespace pupil::teacher
