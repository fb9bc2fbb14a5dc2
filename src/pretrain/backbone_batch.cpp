// SPDX-License-Identifier: Apache-2.0
// Examples are mixed as frames, not as samples: powers of independent sounds add up, and it costs a hundredth.
// Two in three examples of the pool are mixtures that the teacher itself has scored; the mixing here only
// multiplies them, and its targets are those of the two examples in their shares.

#include "pretrain/backbone_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pupil::pretrain {
namespace {

constexpr std::uint64_t kBackboneItem = 0xBB1, kStyle = 0xBB2;

constexpr std::int64_t kMeasuredExamples = 4096;
constexpr float kLeastDeviation = 0.25F;               // of a mel bin, as in student::measure_scale()
constexpr double kLeastSpread = 1e-3;                  // of a value of the embedding
constexpr double kBetaShape = 0.4;                     // of a mixture's share: mostly one example leads
constexpr double kNaturalPerDb = 0.23025850929940457;  // ln(10) / 10

std::span<float> values(at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

// Of all frames together: their mean power, in natural log.
double log_power(const at::Tensor& frames) {
  return at::logsumexp(frames.flatten(), {0}).item<double>() - std::log(static_cast<double>(frames.size(0)));
}

}  // namespace

struct BackboneBatches::Item {
  at::Tensor frames, embedding, probabilities;
};

BackboneBatches::BackboneBatches(const ExamplePool& pool, const BackboneBatchOptions& options)
    : pool_(pool), options_(options) {
  const at::NoGradGuard no_gradient;
  std::vector<at::Tensor> frames, embeddings, probabilities;
  for (std::int64_t example = 0; example < std::min(kMeasuredExamples, pool.size()); ++example) {
    frames.push_back(pool.frames(example));
    embeddings.push_back(pool.embedding(example));
    probabilities.push_back(at::sigmoid(pool.logits(example)));
  }
  const at::Tensor all = at::cat(frames);
  at::Tensor mean = all.mean(0), deviation = all.std(0, false).clamp_min(kLeastDeviation);
  const auto copied = [](at::Tensor& tensor) {
    const std::span<float> from = values(tensor);
    return std::vector<float>(from.begin(), from.end());
  };
  scale_ = {copied(mean), copied(deviation)};
  const at::Tensor embedding = at::stack(embeddings);
  embedding_mean_ = embedding.mean(0);
  embedding_deviation_ = embedding.std(0, false) + kLeastSpread;
  class_means_ = at::stack(probabilities).mean(0);
}

BackboneBatches::Item BackboneBatches::item(const ExamplePool& pool, std::int64_t example) const {
  return {pool.frames(example), (pool.embedding(example) - embedding_mean_) / embedding_deviation_,
          at::sigmoid(pool.logits(example))};
}

// The levels are brought to the ratio of the shares, whatever they were; the first example's stays.
void BackboneBatches::mix(Item& item, const Item& other, CounterRandom& random) const {
  const double share = std::clamp(random.symmetric_beta(kBetaShape), 1e-3, 1 - 1e-3);
  const double gain = log_power(item.frames) - log_power(other.frames) + 2 * std::log((1 - share) / share);
  item.frames = at::logaddexp(item.frames, other.frames + gain);
  item.embedding = share * item.embedding + (1 - share) * other.embedding;
  item.probabilities = share * item.probabilities + (1 - share) * other.probabilities;
}

void BackboneBatches::change_level(Item& item, CounterRandom& random) const {
  const double gain = kNaturalPerDb * random.uniform(-options_.gain_db, options_.gain_db);
  const double tilt = kNaturalPerDb * random.uniform(-options_.tilt_db, options_.tilt_db);
  item.frames = item.frames + at::linspace(gain - tilt, gain + tilt, item.frames.size(1));
}

void BackboneBatches::scale(std::span<float> frames) const {
  const std::size_t mels = scale_.mean.size();
  for (std::size_t i = 0; i < frames.size(); ++i)
    frames[i] = (frames[i] - scale_.mean[i % mels]) / scale_.deviation[i % mels];
}

// Freq-MixStyle, as student/batch_maker.cpp has it.
void BackboneBatches::mix_styles(at::Tensor& features, std::int64_t step) const {
  const at::Tensor mean = features.mean(1), deviation = (features.var(1, false) + 1e-4).sqrt();  // [B, F]
  at::Tensor new_mean = mean.clone(), factor = at::ones_like(mean);
  for (std::int64_t i = 0; i < features.size(0); ++i) {
    CounterRandom random(options_.seed, kStyle, static_cast<std::uint64_t>(step),
                         static_cast<std::uint64_t>(i));
    const std::int64_t partner = random.below(features.size(0));
    const double share = random.symmetric_beta(kBetaShape);
    if (!random.chance(options_.mixstyle)) continue;
    new_mean[i] = share * mean[i] + (1 - share) * mean[partner];
    factor[i] = (share * deviation[i] + (1 - share) * deviation[partner]) / deviation[i];
  }
  features = (features - mean.unsqueeze(1)) * factor.unsqueeze(1) + new_mean.unsqueeze(1);
}

// SpecAugment: what is blanked is 0, the mean of a scaled feature.
void BackboneBatches::mask(std::span<float> frames, CounterRandom& random) const {
  const auto mels = static_cast<std::int64_t>(scale_.mean.size());
  const auto times = static_cast<std::int64_t>(frames.size()) / mels;
  const auto width = [&](double share, std::int64_t of) {
    return static_cast<std::int64_t>(random.uniform(0, share) * static_cast<double>(of));
  };
  for (int i = 0; i < 2; ++i) {
    const std::int64_t rows = width(options_.mask_time, times), first = random.below(times - rows + 1);
    std::fill_n(frames.begin() + first * mels, rows * mels, 0.0F);
    const std::int64_t bins = width(options_.mask_mel, mels), lowest = random.below(mels - bins + 1);
    for (std::int64_t t = 0; t < times; ++t) std::fill_n(frames.begin() + t * mels + lowest, bins, 0.0F);
  }
}

BackboneBatch BackboneBatches::collate(const std::vector<Item>& items) const {
  std::vector<at::Tensor> frames, embeddings, probabilities;
  for (const Item& item : items) {
    frames.push_back(item.frames);
    embeddings.push_back(item.embedding);
    probabilities.push_back(item.probabilities);
  }
  BackboneBatch batch{at::stack(frames), at::stack(embeddings), at::stack(probabilities)};
  scale(values(batch.features));
  return batch;
}

BackboneBatch BackboneBatches::draw(std::int64_t step) const {
  const at::NoGradGuard no_gradient;
  std::vector<Item> items;
  std::vector<CounterRandom> randoms;
  for (std::int64_t i = 0; i < options_.example_count; ++i) {
    CounterRandom random(options_.seed, kBackboneItem, static_cast<std::uint64_t>(step),
                         static_cast<std::uint64_t>(i));
    Item one = item(pool_, random.below(pool_.size()));
    if (random.chance(options_.mix)) mix(one, item(pool_, random.below(pool_.size())), random);
    change_level(one, random);
    items.push_back(std::move(one));
    randoms.push_back(random);
  }
  BackboneBatch batch = collate(items);
  mix_styles(batch.features, step);
  batch.features = batch.features.contiguous();
  const std::int64_t size = batch.features.numel() / options_.example_count;
  for (std::int64_t i = 0; i < options_.example_count; ++i) {
    mask(values(batch.features).subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size)),
         randoms[static_cast<std::size_t>(i)]);
  }
  return batch;
}

BackboneBatch BackboneBatches::plain(const ExamplePool& pool, std::int64_t first, std::int64_t count) const {
  const at::NoGradGuard no_gradient;
  std::vector<Item> items;
  for (std::int64_t example = first; example < first + count; ++example) items.push_back(item(pool, example));
  return collate(items);
}

}  // namespace pupil::pretrain
