// SPDX-License-Identifier: Apache-2.0
// Work done by several threads whose results come back in the order of the items.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

namespace pupil {

/// Runs work(i) for i in [0, count) on `thread_count` threads, at most a few items ahead of the reader.
/// The destructor waits for work in progress and starts no more.
template <typename Result>
class OrderedWork {
 public:
  OrderedWork(std::int64_t count, std::int32_t thread_count, std::function<Result(std::int64_t)> work)
      : count_(count), ahead_(4 * std::int64_t{thread_count}), work_(std::move(work)) {
    try {
      for (std::int32_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {  // the limit of processes: fewer threads give the same results
      if (threads_.empty()) throw;
    }
  }
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;

  ~OrderedWork() {
    {
      const std::lock_guard lock(mutex_);
      count_ = next_;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// The next item's result. Throws what its work threw.
  Result take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_.contains(read_); });
    auto node = done_.extract(read_++);
    lock.unlock();
    changed_.notify_all();
    if (auto* error = std::get_if<std::exception_ptr>(&node.mapped())) std::rethrow_exception(*error);
    return std::get<Result>(std::move(node.mapped()));
  }

 private:
  using Outcome = std::variant<Result, std::exception_ptr>;

  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return next_ >= count_ || next_ < read_ + ahead_; });
      if (next_ >= count_) return;
      const std::int64_t item = next_++;
      lock.unlock();
      std::optional<Outcome> outcome;
      try {
        outcome.emplace(std::in_place_index<0>, work_(item));
      } catch (...) {
        outcome.emplace(std::in_place_index<1>, std::current_exception());
      }
      lock.lock();
      done_.emplace(item, std::move(*outcome));
      lock.unlock();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t count_;
  const std::int64_t ahead_;
  const std::function<Result(std::int64_t)> work_;
  std::int64_t next_ = 0;  // item that a thread takes next
  std::int64_t read_ = 0;  // item that take() gives next
  std::map<std::int64_t, Outcome> done_;
  std::vector<std::thread> threads_;
};

}  // namespace pupil
