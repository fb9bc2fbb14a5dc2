// SPDX-License-Identifier: Apache-2.0
// Scores what a microphone of ESPHome brings, and switches a binary sensor for each class.
//
// Three threads: the microphone's fills a buffer, a task of ours scores what is in it, ESPHome's loop publishes. One Listener
// in a firmware: the memory of its model is static.

#pragma once

#include <freertos/FreeRTOS.h>
#include <freertos/stream_buffer.h>
#include <freertos/task.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "esphome/components/binary_sensor/binary_sensor.h"
#include "esphome/components/microphone/microphone_source.h"
#include "esphome/core/component.h"
#include "pupil/edge/pupil.h"

namespace esphome::pupil {

class Listener : public Component {
 public:
  void set_microphone_source(microphone::MicrophoneSource* source) { this->source_ = source; }
  /// Before setup().
  void add_class(int32_t class_index, binary_sensor::BinarySensor* sensor);
  void set_threshold(int32_t class_index, float threshold);

  void setup() override;
  void loop() override;
  void dump_config() override;
  float get_setup_priority() const override { return setup_priority::AFTER_CONNECTION; }

 protected:
  struct SoundClass {
    int32_t index;
    binary_sensor::BinarySensor* sensor;
    std::atomic<bool> active{false};  // written by the task
    bool published{false};
    SoundClass(int32_t k, binary_sensor::BinarySensor* its_sensor) : index(k), sensor(its_sensor) {}
  };

  static void run(void* listener);
  const char* start_model_();
  const char* score_(const int16_t* samples, size_t count);

  microphone::MicrophoneSource* source_{nullptr};
  std::list<SoundClass> classes_;
  std::vector<std::pair<int32_t, float>> thresholds_;
  StreamBufferHandle_t samples_{nullptr};
  pupil_stream* stream_{nullptr};
  pupil_events* events_{nullptr};
  std::atomic<const char*> failure_{nullptr};
  std::atomic<uint32_t> lost_bytes_{0};
};

}  // namespace esphome::pupil
