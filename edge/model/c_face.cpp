// SPDX-License-Identifier: Apache-2.0
// The C interface: thin functions over the library's classes. Nothing is decided here.
//
// 1. A handle points into the caller's memory: the object at the first address that fits its alignment, for all
//    but a model followed by its state. placed_bytes() asks for the bytes that aligning can cost.
// 2. Class numbers are checked here; the C++ functions trust them.
// 3. A handle is written only when everything has succeeded.
// 4. No C++ type, exception or static with a constructor passes through: a C program links this with the C
//    linker.

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>

#include "pupil/edge/events.h"
#include "pupil/edge/kernel_set.h"
#include "pupil/edge/log_mel.h"
#include "pupil/edge/model.h"
#include "pupil/edge/network.h"
#include "pupil/edge/pupil.h"
#include "pupil/edge/resampler.h"
#include "pupil/edge/stream.h"

struct pupil_model {
  pupil::edge::Model model;
};

struct pupil_stream {
  pupil::edge::Streamer stream;
};

struct pupil_features {
  pupil::edge::LogMel log_mel;
};

struct pupil_network {
  pupil::edge::Network network;
};

struct pupil_events {
  pupil::edge::EventDetector detector;
};

struct pupil_resampler {
  pupil::edge::Resampler resampler;
};

namespace {

using pupil::edge::Status;
using pupil::edge::StreamOptions;

static_assert(PUPIL_MODEL_ALIGNMENT == pupil::edge::kModelAlignment);
static_assert(PUPIL_WRONG_VERSION == static_cast<int>(Status::wrong_version));

pupil_status to_c(Status status) {
  return static_cast<pupil_status>(status);
}

// Room to align an object within memory of any alignment.
template <typename Object>
constexpr std::size_t placed_bytes() {
  return sizeof(Object) + alignof(Object) - 1;
}

template <typename Object>
Object* place(void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::size_t skip = (alignof(Object) - address % alignof(Object)) % alignof(Object);
  return new (static_cast<std::byte*>(memory) + skip) Object();
}

// The same structure under its C++ name, so that events need not be copied.
pupil::edge::Event* events_of(pupil_event* events) {
  using pupil::edge::Event;
  static_assert(sizeof(Event) == sizeof(pupil_event));
  static_assert(offsetof(Event, class_index) == offsetof(pupil_event, class_index));
  static_assert(offsetof(Event, start_samples) == offsetof(pupil_event, start_samples));
  static_assert(offsetof(Event, end_samples) == offsetof(pupil_event, end_samples));
  static_assert(offsetof(Event, peak_score) == offsetof(pupil_event, peak_score));
  return reinterpret_cast<Event*>(events);
}

// What an object with `state_bytes` of state needs; without state it cannot be.
template <typename Object>
std::size_t bytes_with_state(std::size_t state_bytes) {
  return state_bytes == 0 ? 0 : placed_bytes<Object>() + state_bytes;
}

// Places an object, lets `init(object, state)` start it in the memory behind it, and gives it out if that succeeds.
// `bytes`: what the object's *_bytes() function says.
template <typename Object, typename Init>
pupil_status start(std::size_t bytes, void* memory, std::size_t memory_bytes, Object** object, Init init) {
  if (bytes == 0) return PUPIL_BAD_ARGUMENT;
  if (memory_bytes < bytes) return PUPIL_ARENA_TOO_SMALL;
  constexpr std::size_t kObjectBytes = placed_bytes<Object>();
  Object* const placed = place<Object>(memory);
  const std::span<std::byte> state(static_cast<std::byte*>(memory) + kObjectBytes,
                                   memory_bytes - kObjectBytes);
  const Status status = init(placed, state);
  if (status == Status::ok) *object = placed;
  return to_c(status);
}

StreamOptions options_for(std::int32_t hop_ms) {
  StreamOptions options;
  options.hop_ms = hop_ms;
  return options;
}

bool has_class(const pupil_model* model, std::int32_t k) {
  return k >= 0 && k < model->model.class_count();
}

}  // namespace

extern "C" {

const char* pupil_status_text(pupil_status status) {
  return pupil::edge::to_string(static_cast<Status>(status));
}

const char* pupil_kernels(void) {
  return pupil::edge::to_string(pupil::edge::best_kernel_set()).data();
}

size_t pupil_model_bytes(void) {
  return placed_bytes<pupil_model>();
}

pupil_status pupil_model_load(const void* file, size_t file_bytes, void* memory, size_t memory_bytes,
                              pupil_model** model) {
  if (memory_bytes < pupil_model_bytes()) return PUPIL_ARENA_TOO_SMALL;
  pupil::edge::Model loaded;
  const Status status = loaded.load({static_cast<const std::byte*>(file), file_bytes});
  if (status != Status::ok) return to_c(status);
  *model = place<pupil_model>(memory);
  (*model)->model = loaded;
  return PUPIL_OK;
}

int32_t pupil_model_class_count(const pupil_model* model) {
  return model->model.class_count();
}

const char* pupil_model_label(const pupil_model* model, int32_t class_index) {
  return has_class(model, class_index) ? model->model.label(class_index).data() : nullptr;
}

float pupil_model_threshold(const pupil_model* model, int32_t class_index) {
  return has_class(model, class_index) ? model->model.threshold(class_index)
                                       : std::numeric_limits<float>::quiet_NaN();
}

int32_t pupil_model_sample_rate_hz(const pupil_model* model) {
  return model->model.front_end().sample_rate_hz;
}

int64_t pupil_model_window_samples(const pupil_model* model) {
  return model->model.window_samples();
}

int32_t pupil_model_window_frames(const pupil_model* model) {
  return model->model.window_frames();
}

int32_t pupil_model_mel_count(const pupil_model* model) {
  return model->model.mel_count();
}

int32_t pupil_model_frame_hop_samples(const pupil_model* model) {
  return model->model.front_end().hop_samples;
}

int32_t pupil_model_reported_class_count(const pupil_model* model) {
  return pupil::edge::reported_class_count(model->model);
}

const char* pupil_model_metadata(const pupil_model* model, const char* key) {
  return model->model.find_metadata(key).data();
}

size_t pupil_stream_bytes(const pupil_model* model, int32_t hop_ms) {
  return bytes_with_state<pupil_stream>(
      pupil::edge::Streamer::state_bytes(model->model, options_for(hop_ms)));
}

pupil_status pupil_stream_init(const pupil_model* model, int32_t hop_ms, void* memory, size_t memory_bytes,
                               pupil_stream** stream) {
  return start(pupil_stream_bytes(model, hop_ms), memory, memory_bytes, stream,
               [&](pupil_stream* placed, std::span<std::byte> state) {
                 return placed->stream.init(model->model, options_for(hop_ms), state);
               });
}

pupil_status pupil_stream_push_f32(pupil_stream* stream, const float* samples, size_t count, size_t* used,
                                   int32_t* scored) {
  bool has_score = false;
  const Status status = stream->stream.push({samples, count}, used, &has_score);
  if (status == Status::ok) *scored = has_score ? 1 : 0;
  return to_c(status);
}

pupil_status pupil_stream_push_s16(pupil_stream* stream, const int16_t* samples, size_t count, size_t* used,
                                   int32_t* scored) {
  // Converted in blocks on the stack: the stream keeps no memory for it, and samples may be of any number.
  std::array<float, 256> block;
  *used = 0;
  *scored = 0;
  while (*used < count && *scored == 0) {
    const std::size_t size = std::min(block.size(), count - *used);
    for (std::size_t i = 0; i < size; ++i)
      block[i] = static_cast<float>(samples[*used + i]) * (1.0F / 32768.0F);
    std::size_t block_used = 0;
    const pupil_status status = pupil_stream_push_f32(stream, block.data(), size, &block_used, scored);
    if (status != PUPIL_OK) return status;
    *used += block_used;
  }
  return PUPIL_OK;
}

const float* pupil_stream_scores(const pupil_stream* stream) {
  return stream->stream.scores().data();
}

const float* pupil_stream_logits(const pupil_stream* stream) {
  return stream->stream.logits().data();
}

int64_t pupil_stream_window_end_samples(const pupil_stream* stream) {
  return stream->stream.window_end_samples();
}

int32_t pupil_stream_hop_samples(const pupil_stream* stream) {
  return stream->stream.hop_samples();
}

void pupil_stream_reset(pupil_stream* stream) {
  stream->stream.reset();
}

size_t pupil_features_bytes(const pupil_model* model) {
  return bytes_with_state<pupil_features>(pupil::edge::LogMel::state_bytes(model->model.front_end()));
}

pupil_status pupil_features_init(const pupil_model* model, void* memory, size_t memory_bytes,
                                 pupil_features** features) {
  return start(pupil_features_bytes(model), memory, memory_bytes, features,
               [&](pupil_features* placed, std::span<std::byte> state) {
                 return placed->log_mel.init(model->model.front_end(), state);
               });
}

size_t pupil_features_frame_count(const pupil_features* features, size_t count) {
  return static_cast<size_t>(features->log_mel.push_frame_count(static_cast<std::int64_t>(count)));
}

pupil_status pupil_features_push_f32(pupil_features* features, const float* samples, size_t count,
                                     float* frames, size_t capacity, int32_t* written) {
  return to_c(features->log_mel.push({samples, count}, {frames, capacity}, written));
}

void pupil_features_reset(pupil_features* features) {
  features->log_mel.reset();
}

size_t pupil_network_bytes(const pupil_model* model) {
  return bytes_with_state<pupil_network>(pupil::edge::Network::arena_bytes(model->model));
}

pupil_status pupil_network_init(const pupil_model* model, void* memory, size_t memory_bytes,
                                pupil_network** network) {
  return start(pupil_network_bytes(model), memory, memory_bytes, network,
               [&](pupil_network* placed, std::span<std::byte> state) {
                 return placed->network.init(model->model, state);
               });
}

pupil_status pupil_network_run(pupil_network* network, const float* frames, size_t frame_floats,
                               float* scores, size_t score_count) {
  return to_c(network->network.run({frames, frame_floats}, {scores, score_count}));
}

const float* pupil_network_logits(const pupil_network* network) {
  return network->network.logits().data();
}

size_t pupil_events_bytes(const pupil_model* model) {
  return bytes_with_state<pupil_events>(pupil::edge::EventDetector::state_bytes(model->model));
}

void pupil_event_options_for(int32_t hop_ms, pupil_event_options* options) {
  const pupil::edge::EventOptions suited = pupil::edge::event_options_for(hop_ms);
  *options = {.votes = suited.votes,
              .of = suited.of,
              .release_share = suited.release_share,
              .bridge_ms = suited.bridge_ms};
}

pupil_status pupil_events_init(const pupil_model* model, const pupil_event_options* options, void* memory,
                               size_t memory_bytes, pupil_events** events) {
  pupil::edge::EventOptions wanted;
  if (options != nullptr) {
    wanted = {.votes = options->votes,
              .of = options->of,
              .release_share = options->release_share,
              .bridge_ms = options->bridge_ms};
  }
  return start(pupil_events_bytes(model), memory, memory_bytes, events,
               [&](pupil_events* placed, std::span<std::byte> state) {
                 return placed->detector.init(model->model, wanted, state);
               });
}

pupil_status pupil_events_set_threshold(pupil_events* events, int32_t class_index, float threshold) {
  return to_c(events->detector.set_threshold(class_index, threshold));
}

pupil_status pupil_events_push(pupil_events* events, const float* scores, size_t score_count,
                               int64_t window_end_samples, pupil_event* ended, size_t capacity,
                               int32_t* ended_count) {
  return to_c(events->detector.push({scores, score_count}, window_end_samples, {events_of(ended), capacity},
                                    ended_count));
}

pupil_status pupil_events_finish(pupil_events* events, pupil_event* ended, size_t capacity,
                                 int32_t* ended_count) {
  return to_c(events->detector.finish({events_of(ended), capacity}, ended_count));
}

int32_t pupil_events_active(const pupil_events* events, int32_t class_index) {
  return events->detector.active(class_index) ? 1 : 0;
}

size_t pupil_resampler_bytes(int32_t from_hz, int32_t to_hz) {
  return bytes_with_state<pupil_resampler>(pupil::edge::Resampler::state_bytes(from_hz, to_hz));
}

pupil_status pupil_resampler_init(int32_t from_hz, int32_t to_hz, void* memory, size_t memory_bytes,
                                  pupil_resampler** resampler) {
  return start(pupil_resampler_bytes(from_hz, to_hz), memory, memory_bytes, resampler,
               [&](pupil_resampler* placed, std::span<std::byte> state) {
                 return placed->resampler.init(from_hz, to_hz, state);
               });
}

size_t pupil_resampler_push_count(const pupil_resampler* resampler, size_t count) {
  return static_cast<size_t>(resampler->resampler.push_count(static_cast<std::int64_t>(count)));
}

size_t pupil_resampler_finish_count(const pupil_resampler* resampler) {
  return static_cast<size_t>(resampler->resampler.finish_count());
}

pupil_status pupil_resampler_push(pupil_resampler* resampler, const float* samples, size_t count,
                                  float* output, size_t capacity, size_t* written) {
  return to_c(resampler->resampler.push({samples, count}, {output, capacity}, written));
}

pupil_status pupil_resampler_finish(pupil_resampler* resampler, float* output, size_t capacity,
                                    size_t* written) {
  return to_c(resampler->resampler.finish({output, capacity}, written));
}

}  // extern "C"
