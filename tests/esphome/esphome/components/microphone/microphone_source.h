// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace esphome::microphone {

class MicrophoneSource {
 public:
  template <typename Function>
  void add_data_callback(Function&& callback) {
    callback_ = callback;
  }
  void start() { running = true; }
  void stop() { running = false; }
  void bring(const std::vector<std::uint8_t>& data) {
    if (running) callback_(data);
  }
  bool running = false;

 private:
  std::function<void(const std::vector<std::uint8_t>&)> callback_;
};

}  // namespace esphome::microphone
