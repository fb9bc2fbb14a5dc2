// SPDX-License-Identifier: Apache-2.0
// Texts that wait for a slow receiver, in the order they came, with workers that deliver them: the webhook's and the
// command's. Bounded: when it is full the oldest goes, is counted and said once per outage.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace pupil::listen {

struct Delivery {
  std::string id;    ///< of the event
  std::string body;  ///< payload.h
};

class DeliveryQueue {
 public:
  /// Delivers one; blocks for as long as it takes, ends soon once a stop is requested.
  using Deliver = std::function<void(const Delivery&, std::stop_token)>;

  /// `name` for the log: "webhook http://...".
  DeliveryQueue(std::string name, std::size_t capacity, std::size_t worker_count, Deliver deliver);
  /// Gives what waits two seconds; what is left then is lost and counted in the log.
  ~DeliveryQueue();

  /// Returns at once.
  void push(Delivery delivery);
  std::int64_t dropped_count() const;

 private:
  void work(std::stop_token stop);

  std::string name_;
  std::size_t capacity_;
  Deliver deliver_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Delivery> waiting_;
  std::size_t busy_ = 0;
  std::int64_t dropped_ = 0;
  bool overflowing_ = false;
  std::vector<std::jthread> workers_;
};

}  // namespace pupil::listen
