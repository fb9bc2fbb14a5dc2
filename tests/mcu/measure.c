/* SPDX-License-Identifier: Apache-2.0 */
/* Golden windows of an exported project on a board, and what they take. Under `qemu -icount shift=0` an instruction is
 * a nanosecond of the board's time, which SysTick counts in ticks of CLOCK_HZ. Prints one line, and ends with 0 if the
 * bits are right. */
#include <stdio.h>

#include "config.h"
#include "golden.h"
#include "model.h"
#include "pupil/edge/pupil.h"

static unsigned char model_memory[PUPIL_MODEL_RAM_BYTES];
static unsigned char stream_memory[PUPIL_STREAM_RAM_BYTES];

static volatile uint32_t* const systick = (volatile uint32_t*)0xE000E010U; /* control, reload, value */
static uint32_t passed_ticks;
static uint32_t last_value;

enum { kFullCount = 0xFFFFFF };

static void start_clock(void) {
  systick[1] = kFullCount;
  systick[2] = 0;
  systick[0] = 5; /* the processor's clock, no interrupt */
  passed_ticks = 0;
  last_value = systick[2];
}

/* Called more often than the counter goes round (670 million instructions). */
static uint32_t ticks(void) {
  const uint32_t value = systick[2];
  passed_ticks += (last_value - value) & kFullCount;
  last_value = value;
  return passed_ticks;
}

static unsigned long kilo_instructions(uint32_t counted) {
  return (unsigned long)((uint64_t)counted * 1000000U / CLOCK_HZ);
}

/* The stack grows down into what was painted. */
enum { kPaintedBytes = 32 * 1024 };
static unsigned char* painted_from;

__attribute__((noinline)) static void paint_stack(void) {
  volatile unsigned char here = 0;
  painted_from = (unsigned char*)&here - kPaintedBytes;
  for (volatile unsigned char* byte = painted_from; byte < &here - 64; ++byte) *byte = 0xA5;
}

static unsigned long stack_bytes(void) {
  size_t untouched = 0;
  while (untouched < kPaintedBytes && painted_from[untouched] == 0xA5) ++untouched;
  return (unsigned long)(kPaintedBytes - untouched);
}

int main(void) {
  pupil_model* model = NULL;
  pupil_stream* stream = NULL;
  paint_stack();
  start_clock();
  if (pupil_model_load(model_pupil, model_pupil_bytes, model_memory, sizeof model_memory, &model) !=
          PUPIL_OK ||
      pupil_stream_init(model, PUPIL_HOP_MS, stream_memory, sizeof stream_memory, &stream) != PUPIL_OK) {
    puts("cannot start");
    return 1;
  }
  const uint32_t start = ticks();
  int equal = 1;
  for (int window = 0; window < golden_count; ++window) {
    const int16_t* samples = golden_samples(window);
    size_t left = golden_samples_count;
    int32_t scored = 0;
    pupil_stream_reset(stream);
    while (left > 0 && !scored) {
      size_t used = 0;
      const size_t block = left < 1600 ? left : 1600;
      if (pupil_stream_push_s16(stream, samples, block, &used, &scored) != PUPIL_OK) return 1;
      samples += used;
      left -= used;
      (void)ticks();
    }
    equal = equal && scored && golden_equal(window, pupil_stream_logits(stream), pupil_stream_scores(stream));
  }
  const uint32_t windows = ticks() - start;
  /* Frames alone: the same stream of sound through the front end. */
  static unsigned char features_memory[40 * 1024];
  static float frames[64 * 256];
  pupil_features* features = NULL;
  uint32_t front_end = 0;
  if (pupil_features_bytes(model) <= sizeof features_memory &&
      pupil_features_init(model, features_memory, sizeof features_memory, &features) == PUPIL_OK) {
    const uint32_t before = ticks();
    static float some[1600];
    size_t done = 0;
    while (done < golden_samples_count) {
      const size_t block = golden_samples_count - done < 1600 ? golden_samples_count - done : 1600;
      int32_t written = 0;
      for (size_t i = 0; i < block; ++i) some[i] = (float)golden_samples(0)[done + i] * (1.0F / 32768.0F);
      if (pupil_features_push_f32(features, some, block, frames, sizeof frames / sizeof *frames, &written) !=
          PUPIL_OK)
        return 1;
      done += block;
    }
    front_end = ticks() - before;
  }
  printf(
      "%s: %s; thousand instructions: start %lu, window %lu, of which front end %lu; bytes: stream %lu of %lu, stack %lu\n",
      pupil_kernels(), equal ? "equal" : "OTHER BITS", kilo_instructions(start),
      kilo_instructions(windows / (uint32_t)golden_count), kilo_instructions(front_end),
      (unsigned long)pupil_stream_bytes(model, PUPIL_HOP_MS), (unsigned long)sizeof stream_memory,
      stack_bytes());
  return equal ? 0 : 1;
}
