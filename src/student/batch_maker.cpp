// SPDX-License-Identifier: Apache-2.0
// Augmentation in the order in which sound meets it: each source is shifted and gets its room, sources mix,
// noise of the place is added, the microphone colours and amplifies. Then frames, and what is done to frames.
//
// 1. Draws of items, styles and masks are separate streams of (step, item); masks take the numbers after
//    the styles' (count + item). An additional draw in one of them does not move the others.
// 2. audio_ and other_ are scratch of one window; other_ is the second source first and the noise afterwards.
// 3. Recorded noise comes from background windows of the training split: a test recording's background must not be
//    learned.
// 4. All items' styles are measured before any is mixed: a partner's statistics are those before mixing.
// 5. An item depends on step and item alone, and on its partner's style: of several processes each makes some of them.

#include "student/batch_maker.h"

#include <algorithm>
#include <cmath>

#include "student/audio_effects.h"

namespace pupil::student {
namespace {

// What a draw is for: keys of CounterRandom. A new purpose gets a new number, so that the others' draws stay.
enum Purpose : std::uint64_t { kItem = 1, kStyle = 2, kMicrophone = 3 };

constexpr double kBetaShape = 0.4;  // of mixup's share: mostly one sound leads

}  // namespace

BatchMaker::BatchMaker(const TrainingSet& set, const WindowSampler& sampler,
                       const BatchLoader::Options& options)
    : set_(set),
      sampler_(sampler),
      options_(options),
      division_(options.group),
      front_end_(options.front_end),
      frames_(front_end_.frame_count(set.window_samples())),
      audio_(static_cast<std::size_t>(set.window_samples())),
      other_(audio_.size()) {
  for (std::size_t i = 0; i < set.windows().size(); ++i) {
    const TrainingWindow& window = set.windows()[i];
    if (window.verdict == SetVerdict::background && set.split(window) == SetSplit::train) {
      background_.push_back(static_cast<std::int64_t>(i));
    }
  }
}

Batch BatchMaker::make(std::int64_t step) {
  Batch batch;
  batch.step = step;
  batch.count = options_.train.batch;
  const auto rows = static_cast<std::size_t>(batch.count);
  const auto classes = static_cast<std::size_t>(set_.class_count());
  batch.features.resize(rows * static_cast<std::size_t>(frames_ * options_.front_end.mel_count));
  batch.hard.assign(rows * classes, 0.0F);
  batch.soft.assign(rows * classes, 0.0F);
  if (options_.train.embedding > 0)
    batch.embedding.assign(rows * static_cast<std::size_t>(set_.embedding_size()), 0.0F);
  if (options_.keep_audio) batch.audio.resize(rows * audio_.size());
  const auto mels = static_cast<std::size_t>(options_.front_end.mel_count);
  if (options_.augment) {
    batch.style_mean.resize(rows * mels);
    batch.style_deviation.resize(rows * mels);
  }
  const std::int64_t first = division_.first_window(batch.count);
  for (std::int64_t item = first; item < first + division_.window_count(batch.count); ++item) {
    make_item(step, item, &batch);
    if (options_.augment) measure_style(static_cast<std::size_t>(item), &batch);
  }
  if (division_.is_whole()) finish(&batch);
  return batch;
}

void BatchMaker::finish(Batch* batch) const {
  if (!options_.augment) return;
  const std::int64_t first = division_.first_window(batch->count);
  for (std::int64_t item = first; item < first + division_.window_count(batch->count); ++item) {
    mix_style(static_cast<std::size_t>(item), batch);
    CounterRandom random(options_.train.seed, kStyle, batch->step, batch->count + item);
    mask(batch, item, random);
  }
}

// One sound as it reaches the microphone.
void BatchMaker::augment_window(std::int64_t window, CounterRandom& random, std::span<float> audio) {
  const TrainSection& t = options_.train;
  const TrainingWindow& w = set_.windows()[static_cast<std::size_t>(window)];
  const double shift_s = random.uniform(-t.shift_s, t.shift_s);
  set_.read_window(w, options_.augment ? std::llround(shift_s * kTrainingRateHz) : 0, audio);
  if (options_.augment && random.chance(t.room)) add_room(audio, kTrainingRateHz, random);
}

void BatchMaker::make_item(std::int64_t step, std::int64_t item, Batch* batch) {
  const TrainSection& t = options_.train;
  CounterRandom random(t.seed, kItem, step, item);
  const std::int64_t window = sampler_.draw(random);
  augment_window(window, random, audio_);
  float share = 1.0F;
  if (options_.augment) {
    if (random.chance(t.mixup)) {
      const std::int64_t second = sampler_.draw(random);
      augment_window(second, random, other_);
      share = static_cast<float>(random.symmetric_beta(kBetaShape));
      mix(audio_, other_, share);
      add_targets(second, 1.0F - share, item, batch);
    }
    if (random.chance(t.noise)) add_place_noise(random);
    add_microphone(step, item, random);
    const auto gain = static_cast<float>(std::pow(10.0, random.uniform(-t.gain_db, t.gain_db) / 20.0));
    for (float& x : audio_) x *= gain;
  }
  add_targets(window, share, item, batch);
  const auto row = static_cast<std::size_t>(frames_ * options_.front_end.mel_count);
  const std::span<float> frames(batch->features.data() + static_cast<std::size_t>(item) * row, row);
  front_end_.run(audio_, frames);
  const auto mels = static_cast<std::size_t>(options_.front_end.mel_count);
  for (std::size_t i = 0; i < row; ++i) {
    frames[i] = (frames[i] - options_.scale.mean[i % mels]) / options_.scale.deviation[i % mels];
  }
  if (options_.keep_audio) {
    std::copy(audio_.begin(), audio_.end(), batch->audio.begin() + item * std::ssize(audio_));
  }
}

// Half of it recorded, where quiet windows were; the rest by formula, without which a project of loud clips alone would
// meet no noise before it is in use.
void BatchMaker::add_place_noise(CounterRandom& random) {
  const TrainSection& t = options_.train;
  if (!background_.empty() && random.chance(0.5)) {
    const std::int64_t pick = background_[static_cast<std::size_t>(random.below(std::ssize(background_)))];
    set_.read_window(set_.windows()[static_cast<std::size_t>(pick)], 0, other_);
  } else {
    make_place_noise(other_, kTrainingRateHz, random);
  }
  add_noise(audio_, other_, random.uniform(t.snr_low_db, t.snr_high_db));
}

// A measured device where there are any and the draw is for one, else perhaps a synthetic one.
void BatchMaker::add_microphone(std::int64_t step, std::int64_t item, CounterRandom& random) {
  const TrainSection& t = options_.train;
  if (!options_.responses.empty()) {
    CounterRandom choice(t.seed, kMicrophone, step, item);
    if (choice.chance(t.microphone)) {
      const std::int64_t chosen = choice.below(static_cast<std::int64_t>(options_.responses.size()));
      options_.responses.apply(static_cast<std::size_t>(chosen), audio_);
      return;
    }
  }
  if (random.chance(t.colour)) colour(audio_, kTrainingRateHz, t.colour_db, random);
}

void BatchMaker::add_targets(std::int64_t window, float share, std::int64_t item, Batch* batch) const {
  const auto classes = static_cast<std::size_t>(set_.class_count());
  const std::int32_t label = sampler_.label(window);
  float* const hard = batch->hard.data() + static_cast<std::size_t>(item) * classes;
  if (label >= 0) hard[label] += share;
  float* const soft = batch->soft.data() + static_cast<std::size_t>(item) * classes;
  const std::span<const float> target = set_.soft(window);
  // softmax(log(p) / T) is p^(1/T), normalised; with a sigmoid per class p is left as it is.
  const double exponent = options_.train.multi_label ? 1.0 : 1.0 / options_.train.temperature;
  double sum = 0;
  std::vector<double> softened(classes);
  for (std::size_t k = 0; k < classes; ++k)
    sum += softened[k] = std::pow(std::max(target[k], 0.0F), exponent);
  if (options_.train.multi_label) sum = 1.0;
  for (std::size_t k = 0; sum > 0 && k < classes; ++k)
    soft[k] += share * static_cast<float>(softened[k] / sum);
  if (batch->embedding.empty()) return;
  const auto size = static_cast<std::size_t>(set_.embedding_size());
  const std::span<const float> embedding = set_.embedding(window);
  for (std::size_t e = 0; e < size; ++e) {
    batch->embedding[static_cast<std::size_t>(item) * size + e] += share * embedding[e];
  }
}

void BatchMaker::measure_style(std::size_t item, Batch* batch) const {
  const auto mels = static_cast<std::size_t>(options_.front_end.mel_count);
  const auto frames = static_cast<std::size_t>(frames_);
  for (std::size_t f = 0; f < mels; ++f) {
    double sum = 0, squares = 0;
    for (std::size_t t = 0; t < frames; ++t) {
      const double x = batch->features[(item * frames + t) * mels + f];
      sum += x;
      squares += x * x;
    }
    const double m = sum / static_cast<double>(frames);
    batch->style_mean[item * mels + f] = static_cast<float>(m);
    batch->style_deviation[item * mels + f] =
        static_cast<float>(std::sqrt(std::max(0.0, squares / static_cast<double>(frames) - m * m) + 1e-4));
  }
}

// Freq-MixStyle: every mel bin keeps its shape over time but takes mean and deviation from between two windows.
void BatchMaker::mix_style(std::size_t item, Batch* batch) const {
  const auto mels = static_cast<std::size_t>(options_.front_end.mel_count);
  const auto frames = static_cast<std::size_t>(frames_);
  const std::vector<float>&mean = batch->style_mean, &deviation = batch->style_deviation;
  CounterRandom random(options_.train.seed, kStyle, batch->step, item);
  const auto partner = static_cast<std::size_t>(random.below(batch->count));
  const auto share = static_cast<float>(random.symmetric_beta(kBetaShape));
  if (!random.chance(options_.train.mixstyle)) return;
  for (std::size_t f = 0; f < mels; ++f) {
    const float m = mean[item * mels + f], d = deviation[item * mels + f];
    const float new_mean = share * m + (1 - share) * mean[partner * mels + f];
    const float factor = (share * d + (1 - share) * deviation[partner * mels + f]) / d;
    for (std::size_t t = 0; t < frames; ++t) {
      float& x = batch->features[(item * frames + t) * mels + f];
      x = (x - m) * factor + new_mean;
    }
  }
}

// SpecAugment: what is blanked is 0, the mean of a scaled feature.
void BatchMaker::mask(Batch* batch, std::int64_t item, CounterRandom& random) const {
  const std::int64_t mels = options_.front_end.mel_count;
  float* const features = batch->features.data() + item * frames_ * mels;
  for (int i = 0; i < 2; ++i) {
    const auto frames = static_cast<std::int64_t>(random.uniform(0, options_.train.mask_time) * frames_);
    const std::int64_t first = random.below(frames_ - frames + 1);
    std::fill_n(features + first * mels, frames * mels, 0.0F);
    const auto bins =
        static_cast<std::int64_t>(random.uniform(0, options_.train.mask_mel) * static_cast<double>(mels));
    const std::int64_t lowest = random.below(mels - bins + 1);
    for (std::int64_t t = 0; t < frames_; ++t) std::fill_n(features + t * mels + lowest, bins, 0.0F);
  }
}

}  // namespace pupil::student
