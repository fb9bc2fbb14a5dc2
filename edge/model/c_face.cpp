// SPDX-License-Identifier: Apache-2.0
// The C interface: thin functions over Model and Streamer. Nothing is decided here.
//
// 1. A handle points into the caller's memory: the object at the first address that fits its alignment, for a
//    stream followed by its state. placed_bytes() asks for the bytes that aligning can cost.
// 2. Class numbers are checked here; the C++ functions trust them.
// 3. A handle is written only when everything has succeeded.
// 4. No C++ type, exception or static with a constructor passes through: a C program links this with the C
//    linker.

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/model.h"
#include "pupil/edge/pupil.h"
#include "pupil/edge/stream.h"

struct pupil_model {
  pupil::edge::Model model;
};

struct pupil_stream {
  pupil::edge::Streamer stream;
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

const char* pupil_model_metadata(const pupil_model* model, const char* key) {
  return model->model.find_metadata(key).data();
}

size_t pupil_stream_bytes(const pupil_model* model, int32_t hop_ms) {
  const std::size_t state = pupil::edge::Streamer::state_bytes(model->model, options_for(hop_ms));
  return state == 0 ? 0 : placed_bytes<pupil_stream>() + state;
}

pupil_status pupil_stream_init(const pupil_model* model, int32_t hop_ms, void* memory, size_t memory_bytes,
                               pupil_stream** stream) {
  constexpr std::size_t kObjectBytes = placed_bytes<pupil_stream>();
  if (pupil_stream_bytes(model, hop_ms) == 0) return PUPIL_BAD_ARGUMENT;
  if (memory_bytes < pupil_stream_bytes(model, hop_ms)) return PUPIL_ARENA_TOO_SMALL;
  pupil_stream* const placed = place<pupil_stream>(memory);
  const std::span<std::byte> state(static_cast<std::byte*>(memory) + kObjectBytes,
                                   memory_bytes - kObjectBytes);
  const Status status = placed->stream.init(model->model, options_for(hop_ms), state);
  if (status == Status::ok) *stream = placed;
  return to_c(status);
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

int64_t pupil_stream_window_end_samples(const pupil_stream* stream) {
  return stream->stream.window_end_samples();
}

int32_t pupil_stream_hop_samples(const pupil_stream* stream) {
  return stream->stream.hop_samples();
}

void pupil_stream_reset(pupil_stream* stream) {
  stream->stream.reset();
}

}  // extern "C"
