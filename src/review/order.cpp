// SPDX-License-Identifier: Apache-2.0
// Every order is made of three steps on lists of indices: sort by something, spread over recordings (spread()), deal groups in
// turn (deal()). Each step is stable, so that the earlier one decides among equals.

#include "review/order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "base/split_mix.h"

namespace pupil::review {
namespace {

using corpus::ReviewCandidate;
using Places = std::vector<std::int32_t>;

constexpr std::array<std::string_view, 5> kNames = {"worth", "uncertain", "balanced", "diverse", "random"};
constexpr std::int32_t kNeighbourhoodMs = 10'000;
constexpr int kScoreBins = 10;
constexpr std::size_t kUncertainRun = 3;  // of `worth`, before one from all scores
constexpr std::size_t kSketchBits = 128;

Places all_of(std::span<const ReviewCandidate> candidates) {
  Places places(candidates.size());
  std::iota(places.begin(), places.end(), 0);
  return places;
}

template <typename Key>
Places sorted(Places places, const Key& key) {
  std::stable_sort(places.begin(), places.end(),
                   [&](std::int32_t a, std::int32_t b) { return key(a) < key(b); });
  return places;
}

// How often each place's group came before it.
template <typename Group>
std::vector<std::int32_t> ranks(const Places& places, std::size_t count, const Group& group) {
  std::unordered_map<std::uint64_t, std::int32_t> seen;
  std::vector<std::int32_t> ranks_of(count);
  for (const std::int32_t place : places)
    ranks_of[static_cast<std::size_t>(place)] = seen[static_cast<std::uint64_t>(group(place))]++;
  return ranks_of;
}

// First the first of every group, then the second: a counting sort by rank.
template <typename Group>
Places deal(const Places& places, const Group& group) {
  const auto rank = ranks(places, places.size(), group);
  std::vector<std::size_t> begin(places.size() + 1);
  for (const std::int32_t of_rank : rank) ++begin[static_cast<std::size_t>(of_rank) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  Places dealt(places.size());
  for (const std::int32_t place : places)
    dealt[begin[static_cast<std::size_t>(rank[static_cast<std::size_t>(place)])]++] = place;
  return dealt;
}

struct Maker {
  std::span<const ReviewCandidate> candidates;
  std::uint64_t seed;

  const ReviewCandidate& of(std::int32_t i) const { return candidates[static_cast<std::size_t>(i)]; }
  std::uint64_t draw(std::int32_t i) const {
    return split_mix(seed * kSplitMixStep + static_cast<std::uint64_t>(of(i).window_id));
  }

  Places random() const {
    return sorted(all_of(candidates), [&](std::int32_t i) { return draw(i); });
  }
  Places uncertain() const {
    return sorted(random(), [&](std::int32_t i) { return of(i).margin; });
  }
  // Ten seconds first, so that a recording's second window is from elsewhere in it.
  Places spread(const Places& places) const {
    const auto by_place = deal(places, [&](std::int32_t i) {
      return split_mix(static_cast<std::uint64_t>(of(i).clip_id)) ^
             static_cast<std::uint64_t>(of(i).start_ms / kNeighbourhoodMs);
    });
    return deal(by_place, [&](std::int32_t i) { return of(i).recording; });
  }
  std::int32_t bin(std::int32_t i) const {
    return std::min(static_cast<int>(of(i).confidence * kScoreBins), kScoreBins - 1);
  }
  Places balanced() const {
    return deal(spread(random()), [&](std::int32_t i) { return of(i).label * kScoreBins + bin(i); });
  }
  Places worth() const {
    const Places unsure =
        deal(spread(uncertain()), [&](std::int32_t i) { return static_cast<std::int32_t>(of(i).label); });
    const Places all = balanced();
    std::vector<bool> taken(candidates.size());
    Places places;
    std::size_t next_unsure = 0, next_any = 0;
    const auto take = [&](const Places& from, std::size_t* next) {
      while (*next < from.size() && taken[static_cast<std::size_t>(from[*next])]) ++*next;
      if (*next == from.size()) return;
      taken[static_cast<std::size_t>(from[*next])] = true;
      places.push_back(from[(*next)++]);
    };
    while (places.size() < candidates.size()) {
      for (std::size_t i = 0; i < kUncertainRun; ++i) take(unsure, &next_unsure);
      take(all, &next_any);
    }
    return places;
  }
};

}  // namespace

std::optional<OrderKind> parse_order(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<OrderKind>(found - kNames.begin());
}

std::vector<std::int32_t> order_candidates(std::span<const ReviewCandidate> candidates, OrderKind kind,
                                           std::uint64_t seed) {
  const Maker maker{candidates, seed};
  switch (kind) {
    case OrderKind::worth: return maker.worth();
    case OrderKind::uncertain: return maker.spread(maker.uncertain());
    case OrderKind::balanced: return maker.balanced();
    case OrderKind::diverse: return maker.spread(maker.random());
    case OrderKind::random: return maker.random();
  }
  return {};
}

std::size_t block_of(OrderKind kind) {
  if (kind == OrderKind::worth) return 64;
  return kind == OrderKind::diverse ? 256 : 1;
}

std::int32_t sketch_distance(const Sketch& a, const Sketch& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]);
}

SketchMaker::SketchMaker(std::vector<float> mean)
    : mean_(std::move(mean)), projection_(mean_.size() * kSketchBits) {
  // Sums of four draws: near enough to a normal distribution, and the same everywhere.
  for (std::size_t i = 0; i < projection_.size(); ++i) {
    const std::uint64_t bits = split_mix((i + 1) * kSplitMixStep);
    std::int32_t sum = 0;
    for (const int shift : {0, 16, 32, 48}) sum += static_cast<std::int32_t>(bits >> shift & 0xFFFFU) - 32768;
    projection_[i] = static_cast<float>(sum);
  }
}

Sketch SketchMaker::make(std::span<const float> embedding) const {
  Sketch sketch{};
  if (embedding.size() != mean_.size()) return sketch;
  std::array<float, kSketchBits> sums{};
  for (std::size_t d = 0; d < mean_.size(); ++d) {
    const float value = embedding[d] - mean_[d];
    const float* row = projection_.data() + d * kSketchBits;
    for (std::size_t bit = 0; bit < kSketchBits; ++bit) sums[bit] += value * row[bit];
  }
  for (std::size_t bit = 0; bit < kSketchBits; ++bit)
    sketch[bit / 64] |= static_cast<std::uint64_t>(sums[bit] > 0) << bit % 64;
  return sketch;
}

double SketchMaker::cosine(std::span<const float> a, std::span<const float> b) const {
  if (a.size() != mean_.size() || b.size() != mean_.size()) return 0;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t d = 0; d < mean_.size(); ++d) {
    const double x = a[d] - mean_[d], y = b[d] - mean_[d];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::vector<std::int32_t> farthest_first(std::span<const Sketch> sketches, std::span<const Sketch> shown) {
  std::vector<std::int32_t> nearest(sketches.size(), 2 * kSketchBits);
  const auto look = [&](const Sketch& at) {
    for (std::size_t i = 0; i < sketches.size(); ++i)
      nearest[i] = std::min(nearest[i], sketch_distance(sketches[i], at));
  };
  for (const Sketch& one : shown) look(one);
  std::vector<std::int32_t> picked;
  while (picked.size() < sketches.size()) {
    const auto furthest = std::ranges::max_element(nearest) - nearest.begin();
    picked.push_back(static_cast<std::int32_t>(furthest));
    look(sketches[static_cast<std::size_t>(furthest)]);
    nearest[static_cast<std::size_t>(furthest)] = -1;  // below any distance: never again
  }
  return picked;
}

void BlockOrder::spread_block() {
  const std::size_t end = std::min(order_.size(), spread_ + block_);
  if (block_ > 1) {
    const Places block(order_.begin() + static_cast<std::ptrdiff_t>(spread_),
                       order_.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<Sketch> sketches;
    for (const std::int32_t candidate : block) sketches.push_back(sketch_of_(candidate));
    std::size_t place = spread_;
    for (const std::int32_t i : farthest_first(sketches, shown_))
      order_[place++] = block[static_cast<std::size_t>(i)];
    shown_ = std::move(sketches);
  }
  spread_ = end;
}

std::int32_t BlockOrder::at(std::size_t place) {
  while (place >= spread_) spread_block();
  return order_[place];
}

std::size_t BlockOrder::place_of(std::int32_t candidate) const {
  return static_cast<std::size_t>(std::ranges::find(order_, candidate) - order_.begin());
}

}  // namespace pupil::review
