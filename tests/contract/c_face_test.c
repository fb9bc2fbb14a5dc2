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

/* The frames and the network by themselves give the stream's first window, bit for bit. */
static void check_window(const pupil_model* model, const float* samples, const float* scores,
                         const float* logits) {
  const size_t window = (size_t)pupil_model_window_samples(model);
  const size_t floats = (size_t)pupil_model_window_frames(model) * (size_t)pupil_model_mel_count(model);
  const size_t score_bytes = (size_t)pupil_model_class_count(model) * sizeof(float);
  void* front_end_memory = malloc(pupil_features_bytes(model));
  void* arena = malloc(pupil_network_bytes(model));
  float* frames = malloc(floats * sizeof(float));
  float own_scores[10];
  pupil_features* features = NULL;
  pupil_network* network = NULL;
  int32_t written = 0;
  CHECK(front_end_memory != NULL && arena != NULL && frames != NULL);
  CHECK(pupil_features_init(model, front_end_memory, pupil_features_bytes(model) - 1, &features) ==
        PUPIL_ARENA_TOO_SMALL);
  CHECK(pupil_features_init(model, front_end_memory, pupil_features_bytes(model), &features) == PUPIL_OK);
  CHECK(pupil_network_init(model, arena, pupil_network_bytes(model), &network) == PUPIL_OK);
  CHECK(pupil_features_frame_count(features, window) == (size_t)pupil_model_window_frames(model));
  CHECK(pupil_features_push_f32(features, samples, window, frames, floats - 1, &written) ==
        PUPIL_BAD_ARGUMENT);
  CHECK(pupil_features_push_f32(features, samples, window, frames, floats, &written) == PUPIL_OK);
  CHECK(written == pupil_model_window_frames(model));
  CHECK(pupil_network_run(network, frames, floats, own_scores, 9) == PUPIL_BAD_ARGUMENT);
  CHECK(pupil_network_run(network, frames, floats, own_scores, 10) == PUPIL_OK);
  CHECK(memcmp(own_scores, scores, score_bytes) == 0);
  CHECK(memcmp(pupil_network_logits(network), logits, score_bytes) == 0);
  pupil_features_reset(features);
  CHECK(pupil_features_frame_count(features, window) == (size_t)pupil_model_window_frames(model));
  free(frames);
  free(arena);
  free(front_end_memory);
}

/* Three windows of one class make an event. */
static void check_events(const pupil_model* model) {
  const size_t bytes = pupil_events_bytes(model);
  const int32_t reported = pupil_model_reported_class_count(model);
  const pupil_event_options wrong = {4, 3, 0.7f, 1000};
  const pupil_event_options options = {2, 3, 0.7f, 0};
  void* memory = malloc(bytes);
  pupil_events* events = NULL;
  pupil_event ended[10];
  float scores[10] = {0};
  int32_t count = -1;
  int i;
  CHECK(memory != NULL && reported == 10);
  CHECK(pupil_events_init(model, &wrong, memory, bytes, &events) == PUPIL_BAD_ARGUMENT);
  CHECK(pupil_events_init(model, NULL, memory, bytes - 1, &events) == PUPIL_ARENA_TOO_SMALL);
  CHECK(pupil_events_init(model, &options, memory, bytes, &events) == PUPIL_OK);
  CHECK(pupil_events_set_threshold(events, 10, 0.5f) == PUPIL_BAD_ARGUMENT);
  CHECK(pupil_events_set_threshold(events, 7, 0.9f) == PUPIL_OK);
  for (i = 0; i < 4; ++i) {
    scores[7] = i < 3 ? 0.91f : 0.1f;
    CHECK(pupil_events_active(events, 7) == (i >= 2));
    CHECK(pupil_events_push(events, scores, 10, 16000 + 1280 * i, ended, 9, &count) == PUPIL_BAD_ARGUMENT);
    CHECK(pupil_events_push(events, scores, 10, 16000 + 1280 * i, ended, 10, &count) == PUPIL_OK);
  }
  CHECK(count == 1 && ended[0].class_index == 7 && ended[0].peak_score == 0.91f);
  CHECK(ended[0].start_samples > 0 && ended[0].end_samples > ended[0].start_samples);
  CHECK(pupil_events_finish(events, ended, 10, &count) == PUPIL_OK && count == 0);
  free(memory);
}

static void check_resampler(void) {
  const size_t bytes = pupil_resampler_bytes(48000, 16000);
  void* memory = malloc(bytes);
  pupil_resampler* resampler = NULL;
  static float silence[480];
  float output[160];
  size_t written = 0;
  CHECK(memory != NULL && pupil_resampler_bytes(1, 16000) == 0);
  CHECK(pupil_resampler_init(1, 16000, memory, bytes, &resampler) == PUPIL_BAD_ARGUMENT);
  CHECK(pupil_resampler_init(48000, 16000, memory, bytes, &resampler) == PUPIL_OK);
  CHECK(pupil_resampler_push_count(resampler, 480) == 96);
  CHECK(pupil_resampler_push(resampler, silence, 480, output, 95, &written) == PUPIL_BAD_ARGUMENT);
  CHECK(pupil_resampler_push(resampler, silence, 480, output, 160, &written) == PUPIL_OK && written == 96);
  CHECK(pupil_resampler_finish_count(resampler) == 64);
  CHECK(pupil_resampler_finish(resampler, output, 160, &written) == PUPIL_OK && written == 64);
  free(memory);
}

int main(int argc, char** argv) {
  size_t file_bytes = 0;
  void* file;
  pupil_model* model = NULL;
  pupil_stream* stream = NULL;
  static int16_t samples[32000];
  static float window[32000];
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
  CHECK(pupil_model_window_frames(model) == 98 && pupil_model_mel_count(model) == 64);
  CHECK(pupil_model_frame_hop_samples(model) == 160);
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
    pupil_stream_reset(stream);
    for (i = 0; i < 32000; ++i) window[i] = (float)samples[i] / 32768.0f;
    {
      size_t used = 0;
      int32_t scored = 0;
      CHECK(pupil_stream_logits(stream) == NULL);
      CHECK(pupil_stream_push_f32(stream, window, 32000, &used, &scored) == PUPIL_OK && scored);
      CHECK(used >= (size_t)pupil_model_window_samples(model));
      check_window(model, window, pupil_stream_scores(stream), pupil_stream_logits(stream));
    }
    free(memory);
  }
  check_events(model);
  check_resampler();
  CHECK(strlen(pupil_kernels()) > 0);
  CHECK(strcmp(pupil_status_text(PUPIL_BAD_CHECKSUM), "model file is damaged (checksum)") == 0);
  free(file);
  printf("c_face_test: %d scores with %s kernels\n", expected, pupil_kernels());
  return 0;
}
