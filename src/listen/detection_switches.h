// SPDX-License-Identifier: Apache-2.0
// Sources whose sounds are not looked for, because somebody said so: at night, while guests are here. Written by sinks that
// take commands (MQTT), read by the listening loop.

#pragma once

#include <mutex>
#include <set>
#include <string>

namespace pupil::listen {

/// Every source is on until it is switched off; a new start of the program switches all on. Threads: any.
class DetectionSwitches {
 public:
  void set(const std::string& source, bool on) {
    const std::lock_guard lock(mutex_);
    if (on) {
      off_.erase(source);
    } else {
      off_.insert(source);
    }
  }
  bool is_on(const std::string& source) const {
    const std::lock_guard lock(mutex_);
    return !off_.contains(source);
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> off_;
};

}  // namespace pupil::listen
