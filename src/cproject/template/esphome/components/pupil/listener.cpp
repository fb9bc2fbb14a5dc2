// SPDX-License-Identifier: Apache-2.0
#include "listener.h"

#include <cinttypes>

#include "esphome/core/log.h"
#include "pupil_project.h"

namespace esphome::pupil {

static const char* const TAG = "pupil";

// Half a second: a task of the same priority may hold ours up so long before samples are lost.
static constexpr size_t BUFFER_BYTES = PUPIL_SAMPLE_RATE_HZ / 2 * sizeof(int16_t);
static constexpr size_t BLOCK_SAMPLES = 160;
// The plan of a network, while it starts; 2 kB afterwards.
static constexpr uint32_t STACK_BYTES = 24576;
static constexpr UBaseType_t PRIORITY = 1;

static uint8_t model_memory[PUPIL_MODEL_RAM_BYTES];
static uint8_t stream_memory[PUPIL_STREAM_RAM_BYTES];
static uint8_t events_memory[PUPIL_EVENTS_RAM_BYTES];

void Listener::add_class(int32_t class_index, binary_sensor::BinarySensor* sensor) {
  this->classes_.emplace_back(class_index, sensor);
}

void Listener::set_threshold(int32_t class_index, float threshold) {
  this->thresholds_.emplace_back(class_index, threshold);
}

void Listener::setup() {
  this->samples_ = xStreamBufferCreate(BUFFER_BYTES, BLOCK_SAMPLES * sizeof(int16_t));
  if (this->samples_ == nullptr ||
      xTaskCreate(Listener::run, TAG, STACK_BYTES, this, PRIORITY, nullptr) != pdPASS) {
    ESP_LOGE(TAG, "no memory for the buffer of the microphone and the task");
    this->mark_failed();
    return;
  }
  for (SoundClass& one : this->classes_) one.sensor->publish_initial_state(false);
  this->source_->add_data_callback([this](const std::vector<uint8_t>& data) {
    // Whole or not at all: half a sample would shift all that follow.
    if (xStreamBufferSpacesAvailable(this->samples_) < data.size()) {
      this->lost_bytes_ += data.size();
    } else {
      xStreamBufferSend(this->samples_, data.data(), data.size(), 0);
    }
  });
  this->source_->start();
}

void Listener::loop() {
  if (const char* failure = this->failure_.load()) {
    ESP_LOGE(TAG, "%s", failure);
    this->source_->stop();
    this->mark_failed();
    return;
  }
  if (const uint32_t lost = this->lost_bytes_.exchange(0); lost > 0)
    ESP_LOGW(TAG, "too slow: %" PRIu32 " ms of sound lost", lost / (PUPIL_SAMPLE_RATE_HZ / 1000 * 2));
  for (SoundClass& one : this->classes_) {
    const bool active = one.active.load();
    if (active == one.published) continue;
    one.published = active;
    one.sensor->publish_state(active);
  }
}

void Listener::dump_config() {
  ESP_LOGCONFIG(TAG, "pupil: %d classes at %d Hz, %s kernels", PUPIL_CLASS_COUNT, PUPIL_SAMPLE_RATE_HZ,
                pupil_kernels());
  for (const SoundClass& one : this->classes_) LOG_BINARY_SENSOR("  ", "Class", one.sensor);
}

void Listener::run(void* listener) {
  auto* self = static_cast<Listener*>(listener);
  const char* failure = self->start_model_();
  int16_t block[BLOCK_SAMPLES];
  while (failure == nullptr) {
    const size_t bytes = xStreamBufferReceive(self->samples_, block, sizeof block, portMAX_DELAY);
    failure = self->score_(block, bytes / sizeof *block);
  }
  self->failure_ = failure;
  vTaskDelete(nullptr);
}

// Null, or what failed.
const char* Listener::start_model_() {
  pupil_model* model = nullptr;
  pupil_status status =
      pupil_model_load(model_pupil, model_pupil_bytes, model_memory, sizeof model_memory, &model);
  if (status == PUPIL_OK)
    status = pupil_stream_init(model, PUPIL_HOP_MS, stream_memory, sizeof stream_memory, &this->stream_);
  if (status != PUPIL_OK) return pupil_status_text(status);
  pupil_event_options options;
  pupil_event_options_for(pupil_stream_hop_samples(this->stream_) * 1000 / PUPIL_SAMPLE_RATE_HZ, &options);
  status = pupil_events_init(model, &options, events_memory, sizeof events_memory, &this->events_);
  for (const auto& [k, threshold] : this->thresholds_) {
    if (status == PUPIL_OK) status = pupil_events_set_threshold(this->events_, k, threshold);
  }
  return status == PUPIL_OK ? nullptr : pupil_status_text(status);
}

// Null, or what failed.
const char* Listener::score_(const int16_t* samples, size_t count) {
  static pupil_event ended[PUPIL_CLASS_COUNT];
  for (size_t done = 0; done < count;) {
    size_t used = 0;
    int32_t scored = 0, ended_count = 0;
    pupil_status status = pupil_stream_push_s16(this->stream_, samples + done, count - done, &used, &scored);
    if (status == PUPIL_OK && scored != 0)
      status = pupil_events_push(this->events_, pupil_stream_scores(this->stream_), PUPIL_CLASS_COUNT,
                                 pupil_stream_window_end_samples(this->stream_), ended, PUPIL_CLASS_COUNT,
                                 &ended_count);
    if (status != PUPIL_OK) return pupil_status_text(status);
    done += used;
    if (scored == 0) continue;
    for (SoundClass& one : this->classes_) one.active = pupil_events_active(this->events_, one.index) != 0;
  }
  return nullptr;
}

}  // namespace esphome::pupil
