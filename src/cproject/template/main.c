/* SPDX-License-Identifier: Apache-2.0 */
/* Reads sound, prints events: mono, 16 bits, at the model's rate, from standard input. On a board, read_pcm() reads the
 * microphone (I2S, PDM, ADC), and printf() goes where you look. All memory is static. */
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "model.h"
#include "pupil/edge/pupil.h"

enum { BLOCK_SAMPLES = 320 };

static unsigned char model_memory[PUPIL_MODEL_RAM_BYTES];
static unsigned char stream_memory[PUPIL_STREAM_RAM_BYTES];
static unsigned char events_memory[PUPIL_EVENTS_RAM_BYTES];

/* Waits for sound and returns how many samples it wrote, at most `count`; 0 at the end. */
static size_t read_pcm(int16_t* samples, size_t count) {
  return fread(samples, sizeof *samples, count, stdin);
}

static int failed(pupil_status status, const char* what) {
  if (status == PUPIL_OK) return 0;
  printf("%s: %s\n", what, pupil_status_text(status));
  return 1;
}

static long milliseconds(int64_t samples) {
  return (long)(samples * 1000 / PUPIL_SAMPLE_RATE_HZ);
}

static void print_events(const pupil_model* model, const pupil_event* events, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    printf("%s from %ld to %ld ms, score %d %%\n", pupil_model_label(model, events[i].class_index),
           milliseconds(events[i].start_samples), milliseconds(events[i].end_samples),
           (int)(100.0F * events[i].peak_score));
  }
}

int main(void) {
  pupil_model* model = NULL;
  pupil_stream* stream = NULL;
  pupil_events* events = NULL;
  if (failed(pupil_model_load(model_pupil, model_pupil_bytes, model_memory, sizeof model_memory, &model),
             "model") ||
      failed(pupil_stream_init(model, PUPIL_HOP_MS, stream_memory, sizeof stream_memory, &stream), "stream"))
    return 1;
  const int32_t hop_ms = (int32_t)milliseconds(pupil_stream_hop_samples(stream));
  pupil_event_options options;
  pupil_event_options_for(hop_ms, &options);
  if (failed(pupil_events_init(model, &options, events_memory, sizeof events_memory, &events), "events"))
    return 1;
  printf("%s kernels, a score every %d ms\n", pupil_kernels(), (int)hop_ms);

  static pupil_event ended[PUPIL_CLASS_COUNT];
  static int16_t block[BLOCK_SAMPLES];
  int32_t ended_count = 0;
  size_t count = 0;
  while ((count = read_pcm(block, BLOCK_SAMPLES)) > 0) {
    for (size_t done = 0; done < count;) {
      size_t used = 0;
      int32_t scored = 0;
      if (failed(pupil_stream_push_s16(stream, block + done, count - done, &used, &scored), "push")) return 1;
      done += used;
      if (!scored) continue;
      if (failed(pupil_events_push(events, pupil_stream_scores(stream), PUPIL_CLASS_COUNT,
                                   pupil_stream_window_end_samples(stream), ended, PUPIL_CLASS_COUNT,
                                   &ended_count),
                 "events"))
        return 1;
      print_events(model, ended, ended_count);
    }
  }
  if (failed(pupil_events_finish(events, ended, PUPIL_CLASS_COUNT, &ended_count), "events")) return 1;
  print_events(model, ended, ended_count);
  return 0;
}
