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
/* Samples from the beginning of the stream to the end of that window. */
int64_t pupil_stream_window_end_samples(const pupil_stream* stream);
int32_t pupil_stream_hop_samples(const pupil_stream* stream);
/* Forgets all audio. */
void pupil_stream_reset(pupil_stream* stream);

#ifdef __cplusplus
}
#endif

#endif
