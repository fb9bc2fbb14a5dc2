// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "freertos/FreeRTOS.h"

struct StreamBuffer {
  std::size_t capacity, trigger;
  std::deque<std::uint8_t> bytes{};
  std::mutex mutex{};
  std::condition_variable changed{};
};
using StreamBufferHandle_t = StreamBuffer*;

inline StreamBufferHandle_t xStreamBufferCreate(std::size_t capacity, std::size_t trigger) {
  return new StreamBuffer{capacity, trigger};
}

inline std::size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t buffer) {
  const std::lock_guard lock(buffer->mutex);
  return buffer->capacity - buffer->bytes.size();
}

inline std::size_t xStreamBufferSend(StreamBufferHandle_t buffer, const void* data, std::size_t count,
                                     TickType_t) {
  const std::lock_guard lock(buffer->mutex);
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  buffer->bytes.insert(buffer->bytes.end(), bytes, bytes + count);
  buffer->changed.notify_one();
  return count;
}

inline std::size_t xStreamBufferReceive(StreamBufferHandle_t buffer, void* data, std::size_t count,
                                        TickType_t) {
  std::unique_lock lock(buffer->mutex);
  buffer->changed.wait(lock, [&] { return buffer->bytes.size() >= buffer->trigger; });
  auto* bytes = static_cast<std::uint8_t*>(data);
  std::size_t taken = 0;
  for (; taken < count && !buffer->bytes.empty(); ++taken) {
    bytes[taken] = buffer->bytes.front();
    buffer->bytes.pop_front();
  }
  return taken;
}
