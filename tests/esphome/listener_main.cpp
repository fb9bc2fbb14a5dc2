// SPDX-License-Identifier: Apache-2.0
// The component of ESPHome in an exported project (esphome/components/pupil), on stand-ins for ESPHome and FreeRTOS.
// src/cproject/c_project_test.cpp compiles it with a project:
//   listener_main THRESHOLD     ends with 0 if the first class's sensor is on with a threshold of 0 and off with one above 1

#include "listener.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "pupil_project.h"

namespace {

using esphome::binary_sensor::BinarySensor;

// A tenth of a second of noise.
std::vector<std::uint8_t> some_sound() {
  static std::uint32_t state = 1;
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < PUPIL_SAMPLE_RATE_HZ / 10 * 2; ++i) {
    state = state * 1664525U + 1013904223U;
    bytes.push_back(static_cast<std::uint8_t>(state >> 24U));
  }
  return bytes;
}

bool listens(float first_threshold, bool wanted) {
  auto* source = new esphome::microphone::MicrophoneSource;  // the task outlives this function
  auto* listener = new esphome::pupil::Listener;
  auto* first = new BinarySensor;
  auto* second = new BinarySensor;
  listener->set_microphone_source(source);
  listener->add_class(0, first);
  listener->set_threshold(0, first_threshold);
  listener->add_class(1, second);
  for (int k = 1; k < PUPIL_CLASS_COUNT; ++k)
    listener->set_threshold(k, 2);  // a window's vote goes to the highest class
  listener->setup();
  // Six seconds of sound, or as long as a busy machine takes.
  for (int i = 0; i < 60 || (wanted && !first->state && i < 3000); ++i) {
    source->bring(some_sound());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    listener->loop();
  }
  listener->dump_config();
  return !listener->is_failed() && source->running && first->state == wanted &&
         first->published == (wanted ? 1 : 0) && !second->state;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  const float threshold = std::strtof(words[1], nullptr);
  const bool right = listens(threshold, threshold <= 0);
  std::fflush(stdout);
  std::_Exit(right ? 0 : 1);  // the task runs on
}
