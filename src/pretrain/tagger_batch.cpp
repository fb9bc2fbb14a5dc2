// SPDX-License-Identifier: Apache-2.0
#include "pretrain/tagger_batch.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/pcm.h"
#include "student/audio_effects.h"

namespace pupil::pretrain {
namespace {

constexpr std::uint64_t kTaggerItem = 0x7A6;
constexpr double kSoundBeta = 0.4;            // of a mixture's share: mostly one sound leads
constexpr std::size_t kLongest = 10 * 32000;  // samples: EfficientAT's examples were 10 s at 32 kHz

// A longer one is cropped somewhere, another begins somewhere else within itself.
std::vector<float> shifted(std::span<const std::int16_t> samples, CounterRandom& random) {
  const auto count = std::ssize(samples);
  const auto longest = static_cast<std::int64_t>(kLongest);
  if (count > longest) {
    const std::int64_t first = random.below(count - longest + 1);
    return float_samples(samples.subspan(static_cast<std::size_t>(first), kLongest));
  }
  std::vector<float> rolled = float_samples(samples);
  std::rotate(rolled.begin(), rolled.begin() + random.below(count), rolled.end());
  return rolled;
}

// Repeated or cut to `count`.
std::vector<float> fitted(const std::vector<float>& samples, std::size_t count) {
  std::vector<float> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = samples[i % samples.size()];
  return result;
}

void add_target(const std::vector<float>& target, double share, std::span<float> sum) {
  for (std::size_t k = 0; k < target.size(); ++k) sum[k] += static_cast<float>(share) * target[k];
}

}  // namespace

std::vector<float> float_samples(std::span<const std::int16_t> samples) {
  std::vector<float> result(samples.size());
  std::ranges::transform(samples, result.begin(), pcm_to_float);
  return result;
}

std::int64_t first_class(std::span<const float> target) {
  return target.empty() ? -1 : std::ranges::max_element(target) - target.begin();
}

TaggerBatches::TaggerBatches(const TaggerExamples& examples, const TaggerBatchOptions& options)
    : examples_(examples), options_(options) {
  std::map<std::int64_t, std::vector<std::size_t>> by_class;
  for (std::size_t i = 0; i < examples.train.size(); ++i)
    by_class[first_class(examples.train[i].target)].push_back(i);
  for (auto& [index, members] : by_class) by_class_.push_back(std::move(members));
}

const TaggerExample& TaggerBatches::pick(CounterRandom& random) const {
  const auto& members = by_class_[static_cast<std::size_t>(random.below(std::ssize(by_class_)))];
  return examples_.train[members[static_cast<std::size_t>(random.below(std::ssize(members)))]];
}

TaggerBatchItem TaggerBatches::item(CounterRandom& random) const {
  const TaggerExample& first = pick(random);
  TaggerBatchItem item{shifted(first.samples, random), std::vector<float>(examples_.mapping.size())};
  double share = 1;
  if (random.chance(options_.mixup)) {
    const TaggerExample& second = pick(random);
    share = random.symmetric_beta(kSoundBeta);
    student::mix(item.samples, fitted(shifted(second.samples, random), item.samples.size()), share);
    add_target(second.target, 1 - share, item.target);
  }
  add_target(first.target, share, item.target);
  const auto gain =
      static_cast<float>(std::pow(10.0, random.uniform(-options_.gain_db, options_.gain_db) / 20));
  for (float& sample : item.samples) sample *= gain;
  return item;
}

std::vector<TaggerBatchItem> TaggerBatches::draw(std::int64_t step) const {
  std::vector<TaggerBatchItem> items;
  for (std::int64_t i = 0; i < options_.example_count; ++i) {
    CounterRandom random(options_.seed, kTaggerItem, static_cast<std::uint64_t>(step),
                         static_cast<std::uint64_t>(i));
    items.push_back(item(random));
  }
  return items;
}

}  // namespace pupil::pretrain
