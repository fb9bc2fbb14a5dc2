// SPDX-License-Identifier: Apache-2.0
// Stand-ins for what the component uses of ESPHome, by its sources of 2026.
#pragma once

namespace esphome {

namespace setup_priority {
constexpr float AFTER_CONNECTION = 100.0F;
}

class Component {
 public:
  virtual ~Component() = default;
  virtual void setup() {}
  virtual void loop() {}
  virtual void dump_config() {}
  virtual float get_setup_priority() const { return 0; }
  void mark_failed() { failed_ = true; }
  bool is_failed() const { return failed_; }

 private:
  bool failed_ = false;
};

}  // namespace esphome
