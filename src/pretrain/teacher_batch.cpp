// SPDX-License-Identifier: Apache-2.0
// How examples become a batch.
//
// 1. `random` is null in fixed(): examples as they are, each text its first phrase. Otherwise every item has a
//    stream of its own, by step and item, and the texts one per step.
// 2. Examples come in rounds, each once per round, in an order that is computed and not stored (shuffled()).
// 3. Frames are dB: mixing adds powers, gain and tilt are additions. Evidence and phrases are mixed along;
//    the tagger's embedding cannot be, so `unmixed` takes it out of the loss.
// 4. captioned, captions, `sounds` and both axes of in_common go together: one entry per example with a caption.

#include "pretrain/teacher_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/counter_random.h"

namespace pupil::pretrain {
namespace {

constexpr std::uint64_t kTeacherItem = 0xB2, kTexts = 0xB3;

constexpr float kFloorDb = -100;
// A class is heard when its logit exceeds what it is in most examples; this share of them lies below the base.
constexpr double kBaseShare = 0.3;
constexpr std::int64_t kTextClasses = 4;

// One of `count` things after the other, each once in a round: a bijection of [0, count) per round, by walking a
// Feistel network of four rounds until it lands inside.
std::int64_t shuffled(std::int64_t position, std::int64_t count, std::uint64_t key) {
  std::uint64_t bits = 1;
  while ((1ULL << (2 * bits)) < static_cast<std::uint64_t>(count)) ++bits;
  const std::uint64_t mask = (1ULL << bits) - 1;
  auto value = static_cast<std::uint64_t>(position);
  do {
    std::uint64_t left = value >> bits, right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ (mix_bits(right ^ mix_bits(key + round)) & mask);
      left = right;
      right = next;
    }
    value = left << bits | right;
  } while (value >= static_cast<std::uint64_t>(count));
  return static_cast<std::int64_t>(value);
}

}  // namespace

struct TeacherBatches::Item {
  at::Tensor frames, evidence, embedding;
  bool mixed = false;
  std::vector<std::vector<std::string>> phrases;
};

TeacherBatches::TeacherBatches(const ExamplePool& pool, const SoundLibrary& library,
                               const PhraseTable& phrases, std::vector<std::string> class_names,
                               std::int64_t train_count, const TeacherBatchOptions& options)
    : pool_(pool),
      library_(library),
      phrases_(phrases),
      class_names_(std::move(class_names)),
      train_count_(train_count),
      options_(options) {
  if (!pool.has_tagger()) return;
  std::vector<at::Tensor> logits;
  for (std::int64_t example = 0; example < train_count; ++example) logits.push_back(pool.logits(example));
  base_ = std::get<0>(at::kthvalue(
      at::stack(logits),
      std::max<std::int64_t>(1, static_cast<std::int64_t>(kBaseShare * static_cast<double>(train_count))),
      0));
}

std::int64_t TeacherBatches::example_at(std::int64_t position) const {
  const std::int64_t round = position / train_count_;
  return shuffled(position % train_count_, train_count_,
                  options_.seed * 7919 + static_cast<std::uint64_t>(round));
}

TeacherBatches::Item TeacherBatches::item(std::int64_t example, CounterRandom* random) const {
  Item item;
  item.frames = pool_.frames(example);
  if (pool_.has_tagger()) {
    item.evidence = pool_.logits(example) - base_;
    item.embedding = pool_.embedding(example);
  }
  item.phrases = example_phrases(library_, pool_.plan(example), phrases_);
  if (random != nullptr && item.frames.size(0) > 1) {
    item.frames = at::roll(item.frames, {random->below(item.frames.size(0))}, {0});
  }
  return item;
}

// Adds the other in power, its loudest moment 12 dB below this one's to 4 above; what the quieter one says counts for less.
void TeacherBatches::mix(Item& item, const Item& other, CounterRandom& random) const {
  const double level_db = random.uniform(-12, 4) + (item.frames.max() - other.frames.max()).item<double>();
  constexpr double kToNatural = 0.23025850929940457;  // ln(10) / 10
  item.frames = at::logaddexp(item.frames * kToNatural, (other.frames + level_db) * kToNatural) / kToNatural;
  if (item.evidence.defined()) item.evidence = at::maximum(item.evidence, other.evidence - 1.0);
  item.mixed = true;
  if (!item.phrases.empty() && !other.phrases.empty()) {
    item.phrases.push_back(other.phrases[0]);
  } else if (item.phrases.empty() != other.phrases.empty()) {
    item.phrases.clear();  // Half of what is heard has no name.
  }
}

void TeacherBatches::augment(at::Tensor& frames, CounterRandom& random) const {
  const std::int64_t times = frames.size(0), mels = frames.size(1);
  const auto tilt_db = static_cast<float>(random.uniform(-6, 6));
  frames = frames + random.uniform(-12, 8) + at::linspace(-tilt_db, tilt_db, mels);
  frames.clamp_min_(kFloorDb);
  const double filling = frames.mean().item<double>();
  if (random.chance(0.5)) {
    const std::int64_t width = 1 + random.below(mels / 8), first = random.below(mels - width + 1);
    frames.slice(1, first, first + width).fill_(filling);
  }
  if (random.chance(0.5)) {
    const std::int64_t width = 1 + random.below(std::max<std::int64_t>(1, times / 8));
    const std::int64_t first = random.below(times - width + 1);
    frames.slice(0, first, first + width).fill_(filling);
  }
}

std::vector<std::int64_t> TeacherBatches::draw_classes(const std::vector<Item>& items,
                                                       CounterRandom& random) const {
  const std::int64_t known = std::ssize(class_names_);
  std::set<std::int64_t> chosen;
  for (const Item& item : items) {
    const at::Tensor top = std::get<1>(at::topk(item.evidence, std::min(kTextClasses, known)));
    for (std::int64_t i = 0; i < top.size(0); ++i) chosen.insert(top.data_ptr<std::int64_t>()[i]);
  }
  while (std::ssize(chosen) < std::min(options_.class_count, known)) chosen.insert(random.below(known));
  return {chosen.begin(), chosen.end()};
}

TeacherBatch TeacherBatches::collate(std::vector<Item>& items, const std::vector<std::int64_t>& classes,
                                     CounterRandom* random) const {
  TeacherBatch batch;
  std::vector<at::Tensor> frames, evidence, embedding;
  std::vector<float> unmixed;
  std::vector<std::set<std::string>> sounds;
  for (std::size_t i = 0; i < items.size(); ++i) {
    frames.push_back(items[i].frames);
    evidence.push_back(items[i].evidence);
    embedding.push_back(items[i].embedding);
    unmixed.push_back(items[i].mixed ? 0.0F : 1.0F);
    if (items[i].phrases.empty()) continue;
    batch.captioned.push_back(static_cast<std::int64_t>(i));
    std::set<std::string> names;
    std::string caption;
    for (const std::vector<std::string>& phrases : items[i].phrases) {
      const std::string one = random != nullptr ? phrases_.sentence(phrases, *random) : phrases[0];
      caption = caption.empty()     ? one
                : random != nullptr ? joined_sentence(caption, one, *random)
                                    : caption + " and " + one;
      names.insert(phrases[0]);
    }
    batch.captions.push_back(caption);
    sounds.push_back(std::move(names));
  }
  batch.frames = at::stack(frames);
  batch.unmixed = at::tensor(unmixed);
  const std::int64_t captioned = std::ssize(sounds);
  batch.in_common = at::zeros({captioned, captioned}, at::kFloat);
  for (std::int64_t a = 0; a < captioned; ++a) {
    for (std::int64_t b = 0; b < captioned; ++b) {
      const auto &one = sounds[static_cast<std::size_t>(a)], &other = sounds[static_cast<std::size_t>(b)];
      const auto shared =
          std::ranges::count_if(one, [&](const std::string& name) { return other.contains(name); });
      const auto all = std::ssize(one) + std::ssize(other) - shared;
      batch.in_common.data_ptr<float>()[a * captioned + b] =
          static_cast<float>(shared) / static_cast<float>(all);
    }
  }
  if (!pool_.has_tagger()) return batch;
  batch.evidence = at::stack(evidence).index_select(1, at::tensor(classes));
  batch.embedding = at::stack(embedding);
  for (const std::int64_t k : classes) {
    const std::vector<std::string> phrases = phrases_.phrases(class_names_[static_cast<std::size_t>(k)]);
    batch.class_captions.push_back(random != nullptr ? phrases_.sentence(phrases, *random) : phrases[0]);
  }
  return batch;
}

TeacherBatch TeacherBatches::draw(std::int64_t step) const {
  std::vector<Item> items;
  for (std::int64_t i = 0; i < options_.example_count; ++i) {
    const std::int64_t position = step * options_.example_count + i;
    CounterRandom random(options_.seed, kTeacherItem, static_cast<std::uint64_t>(step),
                         static_cast<std::uint64_t>(i));
    Item one = item(example_at(position), &random);
    if (options_.augment && random.chance(options_.mix_share)) {
      mix(one, item(random.below(train_count_), &random), random);
    }
    if (options_.augment) augment(one.frames, random);
    items.push_back(std::move(one));
  }
  CounterRandom random(options_.seed, kTexts, static_cast<std::uint64_t>(step), 0);
  const std::vector<std::int64_t> classes =
      pool_.has_tagger() ? draw_classes(items, random) : std::vector<std::int64_t>();
  return collate(items, classes, &random);
}

TeacherBatch TeacherBatches::fixed(std::span<const std::int64_t> examples) const {
  std::vector<Item> items;
  for (const std::int64_t example : examples) items.push_back(item(example, nullptr));
  std::vector<std::int64_t> classes(class_names_.size());
  std::iota(classes.begin(), classes.end(), 0);
  return collate(items, classes, nullptr);
}

}  // namespace pupil::pretrain
