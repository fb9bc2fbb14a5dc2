// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/delivery_queue.h"

#include <chrono>

#include "base/log.h"
#include "base/quietly.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

constexpr auto kLastDeliveries = std::chrono::seconds(2);

}  // namespace

DeliveryQueue::DeliveryQueue(std::string name, std::size_t capacity, std::size_t worker_count,
                             Deliver deliver)
    : name_(std::move(name)), capacity_(capacity), deliver_(std::move(deliver)) {
  for (std::size_t i = 0; i < worker_count; ++i)
    workers_.emplace_back([this](std::stop_token stop) { work(stop); });
}

DeliveryQueue::~DeliveryQueue() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLastDeliveries, [this] { return waiting_.empty() && busy_ == 0; });
    if (!waiting_.empty())
      quietly([this] { log_info(concat(name_, ": stopped with ", waiting_.size(), " events undelivered")); });
  }
  for (std::jthread& worker : workers_) worker.request_stop();
  workers_.clear();
}

void DeliveryQueue::push(Delivery delivery) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() == capacity_) {
    waiting_.pop_front();
    ++dropped_;
    if (!overflowing_)
      log_info(concat(name_, ": ", capacity_, " events wait already: the oldest are dropped"));
    overflowing_ = true;
  }
  waiting_.push_back(std::move(delivery));
  changed_.notify_all();
}

std::int64_t DeliveryQueue::dropped_count() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void DeliveryQueue::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    const Delivery next = std::move(waiting_.front());
    waiting_.pop_front();
    overflowing_ = overflowing_ && !waiting_.empty();
    ++busy_;
    lock.unlock();
    deliver_(next, stop);
    lock.lock();
    --busy_;
    changed_.notify_all();
    if (stop.stop_requested()) return;
  }
}

}  // namespace pupil::listen
