// SPDX-License-Identifier: Apache-2.0
// Work done by several threads whose results come back in the order of the items.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/start_threads.h"

namespace pupil {

/// Runs work(i) for i in [0, count) on `thread_count` threads, at most a few items ahead of the reader.
/// The destructor waits for work in progress and starts no more.
template <typename Result>
class OrderedWork {
 public:
  OrderedWork(std::int64_t count, std::int32_t thread_count, std::function<Result(std::int64_t)> work)
      : count_(count),
        ahead_(4 * std::int64_t{thread_count}),
        work_(std::move(work)),
        done_(static_cast<std::size_t>(ahead_)) {
    const std::exception_ptr stopped = start_threads(&threads_, thread_count, [this] { run(); });
    if (stopped && threads_.empty()) std::rethrow_exception(stopped);
  }
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;

  ~OrderedWork() {
    {
      const std::lock_guard lock(mutex_);
      count_ = next_;
    }
    changed_.notify_all();
    threads_.clear();
  }

  /// The next item's result. Throws what its work threw.
  Result take() {
    std::unique_lock lock(mutex_);
    Outcome& place = place_of(read_);
    changed_.wait(lock, [&] { return !std::holds_alternative<std::monostate>(place); });
    Outcome outcome = std::exchange(place, std::monostate());
    ++read_;
    lock.unlock();
    changed_.notify_all();
    if (auto* error = std::get_if<std::exception_ptr>(&outcome)) std::rethrow_exception(*error);
    return std::get<Result>(std::move(outcome));
  }

 private:
  using Outcome = std::variant<std::monostate, Result, std::exception_ptr>;

  Outcome& place_of(std::int64_t item) { return done_[static_cast<std::size_t>(item % ahead_)]; }

  // Outside of its `try` nothing allocates: a thread has nobody who would catch it.
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return next_ >= count_ || next_ < read_ + ahead_; });
      if (next_ >= count_) return;
      const std::int64_t item = next_++;
      lock.unlock();
      Outcome outcome;
      try {
        outcome.template emplace<Result>(work_(item));
      } catch (...) {
        outcome = std::current_exception();
      }
      lock.lock();
      place_of(item) = std::move(outcome);
      lock.unlock();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t count_;
  const std::int64_t ahead_;
  const std::function<Result(std::int64_t)> work_;
  std::int64_t next_ = 0;      // item that a thread takes next
  std::int64_t read_ = 0;      // item that take() gives next
  std::vector<Outcome> done_;  // of items from read_ to read_ + ahead_, each at its number modulo ahead_
  std::vector<std::jthread> threads_;
};

}  // namespace pupil
