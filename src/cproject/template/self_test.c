/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this machine gives the bits that the model gives everywhere; prints what it takes. Ends with 0 if so. */
#include <stdio.h>

#include "config.h"
#include "golden.h"
#include "model.h"
#include "pupil/edge/pupil.h"

static unsigned char model_memory[PUPIL_MODEL_RAM_BYTES];
static unsigned char stream_memory[PUPIL_STREAM_RAM_BYTES];

/* 1 if the window's bits are right. */
static int window_passes(pupil_stream* stream, int window) {
  const int16_t* samples = golden_samples(window);
  size_t left = golden_samples_count;
  int32_t scored = 0;
  pupil_stream_reset(stream);
  while (left > 0 && !scored) {
    size_t used = 0;
    if (pupil_stream_push_s16(stream, samples, left, &used, &scored) != PUPIL_OK) return 0;
    samples += used;
    left -= used;
  }
  return scored && golden_equal(window, pupil_stream_logits(stream), pupil_stream_scores(stream));
}

int main(void) {
  pupil_model* model = NULL;
  pupil_stream* stream = NULL;
  pupil_status status =
      pupil_model_load(model_pupil, model_pupil_bytes, model_memory, sizeof model_memory, &model);
  if (status == PUPIL_OK)
    status = pupil_stream_init(model, PUPIL_HOP_MS, stream_memory, sizeof stream_memory, &stream);
  if (status != PUPIL_OK) {
    printf("self-test: %s\n", pupil_status_text(status));
    return 1;
  }
  printf("%s kernels; stream %lu of %lu bytes\n", pupil_kernels(),
         (unsigned long)pupil_stream_bytes(model, PUPIL_HOP_MS), (unsigned long)sizeof stream_memory);
  int failed = 0;
  for (int window = 0; window < golden_count; ++window) {
    const int passes = window_passes(stream, window);
    printf("window %d: %s\n", window, passes ? "the same bits" : "OTHER BITS");
    failed += !passes;
  }
  return failed == 0 ? 0 : 1;
}
