// SPDX-License-Identifier: Apache-2.0
// Numbers that any part of the program publishes under /metrics and does not own a sink for: the MQTT connection, clips on
// disk, overruns. Threads: any.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pupil::listen {

class Gauges {
 public:
  /// `name`: "pupil_clips_bytes"; one that ends with "_total" is a counter. `labels`: `source="yard"`, made by label().
  void set(std::string_view name, std::string_view help, double value, std::string_view labels = "");
  void add(std::string_view name, std::string_view help, double value, std::string_view labels = "");
  /// All of them in Prometheus' text form 0.0.4.
  std::string text() const;

 private:
  struct Family {
    std::string help;
    std::map<std::string, double, std::less<>> values;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

/// `name="value"` with the value's backslashes, quotes and line ends escaped.
std::string label(std::string_view name, std::string_view value);

}  // namespace pupil::listen
