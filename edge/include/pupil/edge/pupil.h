/* SPDX-License-Identifier: Apache-2.0 */
/* The device library for C, and for every language that can call C.
 *
 * Objects are placed in memory that the caller provides: ask how many bytes, allocate them or point into a static array,
 * initialise. Nothing needs to be freed or closed; no function allocates, throws, prints or starts a thread. The memory
 * of an object must not move, and must outlive what is made from it: file -> model -> stream.
 *
 *     pupil_model* model;
 *     void* m = malloc(pupil_model_bytes());
 *     if (pupil_model_load(file, file_bytes, m, pupil_model_bytes(), &model) != PUPIL_OK) ...
 *     size_t bytes = pupil_stream_bytes(model, 100);
 *     void* s = malloc(bytes);
 *     pupil_stream* stream;
 *     if (pupil_stream_init(model, 100, s, bytes, &stream) != PUPIL_OK) ...
 *     for each block of samples, until all of it is used:
 *       pupil_stream_push_s16(stream, samples, count, &used, &scored);
 *       if (scored) ... pupil_stream_scores(stream)[k] ... pupil_model_label(model, k) ...
 *
 * Pointers must not be null unless a function says so. Threads: one at a time per object, any number on a model.
 */

#ifndef PUPIL_EDGE_PUPIL_H_
#define PUPIL_EDGE_PUPIL_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As pupil/edge/status.h. Never renumbered. */
typedef enum pupil_status {
  PUPIL_OK = 0,
  PUPIL_BAD_ARGUMENT = 1,
  PUPIL_ARENA_TOO_SMALL = 2,
  PUPIL_BAD_MODEL = 3,
  PUPIL_BAD_CHECKSUM = 4,
  PUPIL_WRONG_VERSION = 5
} pupil_status;

/* A short lower-case text, static storage. */
const char* pupil_status_text(pupil_status status);

/* "neon", "avx2"...: the instruction set that networks and streams use on this machine. Static storage. */
const char* pupil_kernels(void);

/* ---- Model ------------------------------------------------------------------------------------------ */

typedef struct pupil_model pupil_model;

/* Where a model file must begin in memory; mmap and malloc give it. */
#define PUPIL_MODEL_ALIGNMENT 16

/* Bytes of `memory` for pupil_model_load(); it needs no alignment. */
size_t pupil_model_bytes(void);

/* Checks the whole file and uses it in place. On failure *model is not written. */
pupil_status pupil_model_load(const void* file, size_t file_bytes, void* memory, size_t memory_bytes,
                              pupil_model** model);

/* K; classes are numbered 0 to K - 1. */
int32_t pupil_model_class_count(const pupil_model* model);
/* UTF-8, as long as the file. Null for a number out of range. */
const char* pupil_model_label(const pupil_model* model, int32_t class_index);
/* A score at or above this means that the class is present. NaN for a number out of range. */
float pupil_model_threshold(const pupil_model* model, int32_t class_index);
int32_t pupil_model_sample_rate_hz(const pupil_model* model);
int64_t pupil_model_window_samples(const pupil_model* model);
/* T and F: a window is T log-mel frames of F bins. */
int32_t pupil_model_window_frames(const pupil_model* model);
int32_t pupil_model_mel_count(const pupil_model* model);
/* Samples from one frame to the next. */
int32_t pupil_model_frame_hop_samples(const pupil_model* model);
/* Classes that are reported as events: the first ones (pupil/edge/events.h). */
int32_t pupil_model_reported_class_count(const pupil_model* model);
/* The value of a metadata key such as "name" or "licences"; null when there is none. */
const char* pupil_model_metadata(const pupil_model* model, const char* key);

/* ---- Stream: samples in, scores out every hop ----------------------------------------------------------- */

typedef struct pupil_stream pupil_stream;

/* Bytes for pupil_stream_init(); 0 if the hop is not positive or the model is too large. Needs no alignment. */
size_t pupil_stream_bytes(const pupil_model* model, int32_t hop_ms);

/* hop_ms is rounded to the nearest hop that the network supports; pupil_stream_hop_samples() gives it. */
pupil_status pupil_stream_init(const pupil_model* model, int32_t hop_ms, void* memory, size_t memory_bytes,
                               pupil_stream** stream);

/* Consumes mono samples at the model's rate up to the next score; full scale is [-1, 1], or the whole range of int16.
 * *used: how many it took, fewer than `count` only when *scored is 1. *scored: 1 when there is a new score, else 0. */
pupil_status pupil_stream_push_f32(pupil_stream* stream, const float* samples, size_t count, size_t* used,
                                   int32_t* scored);
pupil_status pupil_stream_push_s16(pupil_stream* stream, const int16_t* samples, size_t count, size_t* used,
                                   int32_t* scored);

/* [K] of the latest window; null before the first. Valid until the next push. */
const float* pupil_stream_scores(const pupil_stream* stream);
/* The same before calibration. */
const float* pupil_stream_logits(const pupil_stream* stream);
/* Samples from the beginning of the stream to the end of that window. */
int64_t pupil_stream_window_end_samples(const pupil_stream* stream);
int32_t pupil_stream_hop_samples(const pupil_stream* stream);
/* Forgets all audio. */
void pupil_stream_reset(pupil_stream* stream);

/* ---- Features: samples in, log-mel frames out ----------------------------------------------------------- */

typedef struct pupil_features pupil_features;

/* Bytes for pupil_features_init(); needs no alignment. */
size_t pupil_features_bytes(const pupil_model* model);
pupil_status pupil_features_init(const pupil_model* model, void* memory, size_t memory_bytes,
                                 pupil_features** features);
/* Frames that a push of `count` samples would write now. */
size_t pupil_features_frame_count(const pupil_features* features, size_t count);
/* Consumes all samples, mono, at the model's rate, and writes the frames that became complete, [n, F], to `frames`, which
 * has room for `capacity` floats. *written: n. PUPIL_BAD_ARGUMENT when they do not fit; then nothing is consumed. */
pupil_status pupil_features_push_f32(pupil_features* features, const float* samples, size_t count,
                                     float* frames, size_t capacity, int32_t* written);
/* Forgets all audio: a window's frames begin with its first sample. */
void pupil_features_reset(pupil_features* features);

/* ---- Network: the frames of one window in, scores out --------------------------------------------------- */

typedef struct pupil_network pupil_network;

/* Bytes for pupil_network_init(); 0 if the model is too large. Needs no alignment. */
size_t pupil_network_bytes(const pupil_model* model);
pupil_status pupil_network_init(const pupil_model* model, void* memory, size_t memory_bytes,
                                pupil_network** network);
/* `frames`: T * F floats; `scores`: K. PUPIL_BAD_ARGUMENT for other counts. The same bits as a stream's for the same
 * window. */
pupil_status pupil_network_run(pupil_network* network, const float* frames, size_t frame_floats,
                               float* scores, size_t score_count);
/* [K] of the latest run, before calibration. */
const float* pupil_network_logits(const pupil_network* network);

/* ---- Events: scores in, spans of time with one class out ------------------------------------------------ */

typedef struct pupil_events pupil_events;

/* Fields and defaults as EventOptions in pupil/edge/events.h. */
typedef struct pupil_event_options {
  int32_t votes;       /* 6 */
  int32_t of;          /* 10 */
  float release_share; /* 0.7 */
  int32_t bridge_ms;   /* 1000 */
} pupil_event_options;

/* The defaults, with the votes that suit windows every `hop_ms` milliseconds. */
void pupil_event_options_for(int32_t hop_ms, pupil_event_options* options);

/* Times in samples at the model's rate since the stream began. 32 bytes on every machine. */
typedef struct pupil_event {
  int32_t class_index;
  int64_t start_samples;
  int64_t end_samples;
  float peak_score;
} pupil_event;

/* Bytes for pupil_events_init(); needs no alignment. */
size_t pupil_events_bytes(const pupil_model* model);
/* `options` null: the defaults. PUPIL_BAD_ARGUMENT for options out of range. */
pupil_status pupil_events_init(const pupil_model* model, const pupil_event_options* options, void* memory,
                               size_t memory_bytes, pupil_events** events);
/* Instead of the model's, from the next window on. PUPIL_BAD_ARGUMENT: no such class, or NaN. */
pupil_status pupil_events_set_threshold(pupil_events* events, int32_t class_index, float threshold);
/* Takes the scores [K] of the window that ends at `window_end_samples`, and writes the events that have ended to `ended`,
 * which has room for `capacity`: at least pupil_model_reported_class_count(), else PUPIL_BAD_ARGUMENT. */
pupil_status pupil_events_push(pupil_events* events, const float* scores, size_t score_count,
                               int64_t window_end_samples, pupil_event* ended, size_t capacity,
                               int32_t* ended_count);
/* Ends the stream and the events that are active. */
pupil_status pupil_events_finish(pupil_events* events, pupil_event* ended, size_t capacity,
                                 int32_t* ended_count);
/* 1 while an event of this class is active, else 0. */
int32_t pupil_events_active(const pupil_events* events, int32_t class_index);

/* ---- Resampler: audio at one rate in, at another out ---------------------------------------------------- */

typedef struct pupil_resampler pupil_resampler;

/* Bytes for pupil_resampler_init(); 0 for rates that it does not take (pupil/edge/resampler.h). Needs no alignment. */
size_t pupil_resampler_bytes(int32_t from_hz, int32_t to_hz);
pupil_status pupil_resampler_init(int32_t from_hz, int32_t to_hz, void* memory, size_t memory_bytes,
                                  pupil_resampler** resampler);
/* Samples that a push of `count`, or the end of the clip, would write now. */
size_t pupil_resampler_push_count(const pupil_resampler* resampler, size_t count);
size_t pupil_resampler_finish_count(const pupil_resampler* resampler);
/* Consumes all samples; PUPIL_BAD_ARGUMENT, and nothing consumed, when `capacity` is too small. */
pupil_status pupil_resampler_push(pupil_resampler* resampler, const float* samples, size_t count,
                                  float* output, size_t capacity, size_t* written);
/* Ends the clip, as if silence followed, and starts the next. */
pupil_status pupil_resampler_finish(pupil_resampler* resampler, float* output, size_t capacity,
                                    size_t* written);

#ifdef __cplusplus
}
#endif

#endif
