// SPDX-License-Identifier: Apache-2.0
/* A program in C, linked by the C linker against the device library alone: loads the model named on its
 * command line, pushes two seconds of samples in odd pieces, and checks what comes back. */

#include <pupil/edge/pupil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                              \
  do {                                                           \
    if (!(what)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
      exit(1);                                                   \
    }                                                            \
  } while (0)

static void* read_file(const char* path, size_t* bytes) {
  FILE* in = fopen(path, "rb");
  void* data;
  long size;
  CHECK(in != NULL);
  CHECK(fseek(in, 0, SEEK_END) == 0);
  size = ftell(in);
  CHECK(size > 0);
  rewind(in);
  data = malloc((size_t)size);
  CHECK(data != NULL);
  CHECK(fread(data, 1, (size_t)size, in) == (size_t)size);
  fclose(in);
  *bytes = (size_t)size;
  return data;
}

static int push_all(pupil_stream* stream, const int16_t* samples, size_t count, int32_t class_count) {
  int scores = 0;
  while (count > 0) {
    const size_t piece = count < 613 ? count : 613;
    size_t used = 0;
    int32_t scored = 0;
    CHECK(pupil_stream_push_s16(stream, samples, piece, &used, &scored) == PUPIL_OK);
    CHECK(used == piece || scored);
    samples += used;
    count -= used;
    if (scored) {
      double total = 0;
      int32_t k;
      for (k = 0; k < class_count; ++k) total += pupil_stream_scores(stream)[k];
      CHECK(total > 0.999 && total < 1.001);
      ++scores;
    }
  }
  return scores;
}

int main(int argc, char** argv) {
  size_t file_bytes = 0;
  void* file;
  pupil_model* model = NULL;
  pupil_stream* stream = NULL;
  static int16_t samples[32000];
  static char model_memory[1024];
  int expected;
  int i;

  CHECK(argc == 2);
  file = read_file(argv[1], &file_bytes);
  CHECK(pupil_model_bytes() <= sizeof(model_memory));
  CHECK(pupil_model_load(file, file_bytes, model_memory, 1, &model) == PUPIL_ARENA_TOO_SMALL);
  CHECK(pupil_model_load(file, file_bytes - 1, model_memory, sizeof(model_memory), &model) ==
        PUPIL_BAD_MODEL);
  CHECK(model == NULL);
  CHECK(pupil_model_load(file, file_bytes, model_memory, sizeof(model_memory), &model) == PUPIL_OK);

  CHECK(pupil_model_class_count(model) == 10);
  CHECK(strcmp(pupil_model_label(model, 3), "class 3") == 0);
  CHECK(pupil_model_label(model, 10) == NULL);
  CHECK(pupil_model_threshold(model, 0) == 0.5f);
  CHECK(pupil_model_sample_rate_hz(model) == 16000);
  CHECK(pupil_model_window_samples(model) == 97 * 160 + 400);
  CHECK(strcmp(pupil_model_metadata(model, "seed"), "1") == 0);
  CHECK(pupil_model_metadata(model, "nothing") == NULL);

  {
    const size_t bytes = pupil_stream_bytes(model, 100);
    void* memory = malloc(bytes);
    CHECK(bytes > 0 && memory != NULL);
    CHECK(pupil_stream_bytes(model, 0) == 0);
    CHECK(pupil_stream_init(model, 100, memory, bytes - 1, &stream) == PUPIL_ARENA_TOO_SMALL);
    CHECK(pupil_stream_init(model, 0, memory, bytes, &stream) == PUPIL_BAD_ARGUMENT);
    CHECK(pupil_stream_init(model, 100, memory, bytes, &stream) == PUPIL_OK);
    CHECK(pupil_stream_hop_samples(stream) == 8 * 160);
    CHECK(pupil_stream_scores(stream) == NULL);
    for (i = 0; i < 32000; ++i) samples[i] = (int16_t)((i * 7919) % 2001 - 1000);
    expected = (int)((32000 - pupil_model_window_samples(model)) / pupil_stream_hop_samples(stream)) + 1;
    CHECK(push_all(stream, samples, 32000, 10) == expected);
    pupil_stream_reset(stream);
    CHECK(pupil_stream_scores(stream) == NULL);
    CHECK(push_all(stream, samples, 32000, 10) == expected);
    free(memory);
  }
  CHECK(strlen(pupil_kernels()) > 0);
  CHECK(strcmp(pupil_status_text(PUPIL_BAD_CHECKSUM), "model file is damaged (checksum)") == 0);
  free(file);
  printf("c_face_test: %d scores with %s kernels\n", expected, pupil_kernels());
  return 0;
}
