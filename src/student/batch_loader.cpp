// SPDX-License-Identifier: Apache-2.0
// Workers make batches ahead; which thread makes a batch does not matter, since it depends on its step alone.
//
// 1. to_make_ <= to_take_ + kBatchesAhead: that bounds the memory. Steps from to_take_ to to_make_ - 1 are on
//    the shelf or being made.
// 2. mutex_ guards everything behind it but threads_ and waited_s_, which only next()'s caller touches.
//    Batches are made without it.
// 3. An error of any thread comes out of the next call of next(), even if that batch is there.
// 4. WindowSampler: members_ has a last entry for windows without a class, and cumulative_ has an entry for
//    each.

#include "student/batch_loader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "base/error.h"
#include "base/start_threads.h"
#include "base/text.h"
#include "student/batch_maker.h"
#include "student/learned_windows.h"

namespace pupil::student {
namespace {

constexpr std::int64_t kBatchesAhead = 4;
constexpr std::int64_t kScaleWindows = 3000;
constexpr float kLeastDeviation = 0.25F;

}  // namespace

edge::LogMelOptions front_end_options(const TrainSection& train) {
  edge::LogMelOptions options;
  options.mel_count = static_cast<std::int32_t>(train.mel_count);
  options.hop_samples = static_cast<std::int32_t>(std::lround(train.hop_ms * 1e-3 * kTrainingRateHz));
  options.window_samples = static_cast<std::int32_t>(std::lround(train.frame_ms * 1e-3 * kTrainingRateHz));
  options.fft_samples = options.window_samples <= 512 ? 512 : options.window_samples <= 1024 ? 1024 : 2048;
  if (edge::LogMel::state_bytes(options) == 0) {
    throw Error(concat("[train] mel_count ", train.mel_count, ", hop_ms ", train.hop_ms, ", frame_ms ",
                       train.frame_ms, ": the front end cannot do that"));
  }
  return options;
}

FrontEnd::FrontEnd(const edge::LogMelOptions& options) : memory_(edge::LogMel::state_bytes(options)) {
  if (log_mel_.init(options, memory_) != edge::Status::ok) throw Error("front end: options out of range");
}

std::int32_t FrontEnd::frame_count(std::int64_t sample_count) const {
  return static_cast<std::int32_t>(edge::frame_count(log_mel_.options(), sample_count));
}

void FrontEnd::run(std::span<const float> audio, std::span<float> frames) {
  log_mel_.reset();
  std::int32_t written = 0;
  if (log_mel_.push(audio, frames, &written) != edge::Status::ok)
    throw Error("front end: no room for the frames");
}

FeatureScale measure_scale(const TrainingSet& set, const edge::LogMelOptions& options) {
  FrontEnd front_end(options);
  const auto mels = static_cast<std::size_t>(options.mel_count);
  std::vector<float> audio(static_cast<std::size_t>(set.window_samples()));
  std::vector<float> frames(static_cast<std::size_t>(front_end.frame_count(set.window_samples())) * mels);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < set.windows().size(); ++i) {
    if (set.split(set.windows()[i]) == SetSplit::train) chosen.push_back(i);
  }
  const std::size_t stride = std::max<std::size_t>(1, chosen.size() / kScaleWindows);
  std::vector<double> sum(mels), squares(mels);
  double count = 0;
  for (std::size_t i = 0; i < chosen.size(); i += stride) {
    set.read_window(set.windows()[chosen[i]], 0, audio);
    front_end.run(audio, frames);
    for (std::size_t n = 0; n < frames.size(); ++n) {
      sum[n % mels] += frames[n];
      squares[n % mels] += static_cast<double>(frames[n]) * frames[n];
    }
    count += static_cast<double>(frames.size() / mels);
  }
  FeatureScale scale;
  for (std::size_t f = 0; f < mels; ++f) {
    const double mean = count > 0 ? sum[f] / count : 0.0;
    const double variance = count > 0 ? std::max(0.0, squares[f] / count - mean * mean) : 1.0;
    scale.mean.push_back(static_cast<float>(mean));
    scale.deviation.push_back(std::max(static_cast<float>(std::sqrt(variance)), kLeastDeviation));
  }
  return scale;
}

WindowSampler::WindowSampler(const TrainingSet& set, const TrainSection& train)
    : set_(set), train_(train), members_(static_cast<std::size_t>(set.class_count()) + 1) {
  require_learnable(set, train);
  for (std::size_t i = 0; i < set.windows().size(); ++i) {
    const TrainingWindow& window = set.windows()[i];
    if (!is_learned(set, window, train)) continue;
    const std::int32_t label = taught_class(window, train);
    // A doubtful window counts for the class that the teacher thinks likeliest.
    const std::int32_t likeliest = label >= 0 ? label : window.label;
    members_[likeliest >= 0 ? static_cast<std::size_t>(likeliest) : members_.size() - 1].push_back(
        static_cast<std::int64_t>(i));
    ++window_count_;
  }
  double total = 0;
  for (const auto& members : members_) {
    if (!members.empty()) total += std::pow(static_cast<double>(members.size()), 1.0 - train.balance);
    cumulative_.push_back(total);
  }
}

std::int32_t WindowSampler::label(std::int64_t index) const {
  return taught_class(set_.windows()[static_cast<std::size_t>(index)], train_);
}

std::int64_t WindowSampler::draw(CounterRandom& random) const {
  const double at = random.uniform() * cumulative_.back();
  auto k = static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) -
                                    cumulative_.begin());
  k = std::min(k, members_.size() - 1);
  // Only rounding leads to an empty class: it adds nothing to the sum.
  while (members_[k].empty()) --k;
  return members_[k][static_cast<std::size_t>(random.below(std::ssize(members_[k])))];
}

/// Threads take the next step number, make its batch and put it on the shelf; next() takes them off in order.
class BatchLoader::Workers {
 public:
  Workers(const TrainingSet& set, std::shared_ptr<const WindowSampler> sampler, Options options)
      : set_(set), sampler_(std::move(sampler)), options_(std::move(options)) {
    division().require_divisible(options_.train.batch);
    if (options_.group != nullptr) finisher_.emplace(set_, *sampler_, options_);
    to_make_ = to_take_ = options_.first_step;
    const std::exception_ptr stopped =
        start_threads(&threads_, std::max(1, options_.thread_count), [this] { work(); });
    if (stopped && threads_.empty()) std::rethrow_exception(stopped);
  }

  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }

  Batch next() {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || shelf_.contains(to_take_); });
    waited_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (error_) std::rethrow_exception(error_);
    Batch batch = std::move(shelf_.extract(to_take_).mapped());
    ++to_take_;
    lock.unlock();
    changed_.notify_all();
    if (finisher_) complete(&batch);
    return batch;
  }

  double waited_s() const { return waited_s_; }
  BatchDivision division() const { return BatchDivision(options_.group); }

 private:
  // What the other processes' windows have to do with one's own: targets of the common loss, and styles.
  void complete(Batch* batch) {
    for (auto* part :
         {&batch->hard, &batch->soft, &batch->embedding, &batch->style_mean, &batch->style_deviation})
      division().gather(std::span(*part));
    finisher_->finish(batch);
  }

  void work() {
    try {
      BatchMaker maker(set_, *sampler_, options_);
      std::unique_lock lock(mutex_);
      for (;;) {
        changed_.wait(lock, [&] { return stop_ || to_make_ < to_take_ + kBatchesAhead; });
        if (stop_) return;
        const std::int64_t step = to_make_++;
        lock.unlock();
        Batch batch = maker.make(step);
        lock.lock();
        shelf_.emplace(step, std::move(batch));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      changed_.notify_all();
    }
  }

  const TrainingSet set_;
  const std::shared_ptr<const WindowSampler> sampler_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Batch> shelf_;
  std::int64_t to_make_ = 0;
  std::int64_t to_take_ = 0;
  bool stop_ = false;
  std::exception_ptr error_;
  double waited_s_ = 0;
  std::optional<BatchMaker> finisher_;  // of one's part of a batch
  std::vector<std::jthread> threads_;
};

BatchLoader::BatchLoader(const TrainingSet& set, std::shared_ptr<const WindowSampler> sampler,
                         Options options)
    : workers_(std::make_unique<Workers>(set, std::move(sampler), std::move(options))) {}

BatchLoader::~BatchLoader() = default;

Batch BatchLoader::next() {
  return workers_->next();
}
BatchDivision BatchLoader::division() const {
  return workers_->division();
}
double BatchLoader::waited_s() const {
  return workers_->waited_s();
}

}  // namespace pupil::student
