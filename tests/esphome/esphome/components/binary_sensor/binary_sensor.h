// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "esphome/core/log.h"

#define LOG_BINARY_SENSOR(prefix, type, sensor) ESP_LOGCONFIG(TAG, prefix type " is %d", (sensor)->state)

namespace esphome::binary_sensor {

class BinarySensor {
 public:
  void publish_initial_state(bool initial) { state = initial; }
  void publish_state(bool now) {
    state = now;
    ++published;
  }
  bool state = true;
  int published = 0;
};

}  // namespace esphome::binary_sensor
