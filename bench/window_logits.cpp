// SPDX-License-Identifier: Apache-2.0
// Prints what a model's network gives before calibration, for comparing scores that tell the classes from everything
// else (bench/open_world/open_set.py):
//
//   window_logits MODEL FILE...       a line per file and window of half a second's hop: file index, logits
#include <cstdio>
#include <span>
#include <string>

#include "audio/decoder.h"
#include "base/error.h"
#include "device/model_file.h"
#include "evaluation/device_network.h"

int main(int count, char** words) {
  if (count < 3) {
    std::fputs("usage: window_logits MODEL FILE...\n", stderr);
    return 2;
  }
  try {
    const pupil::device::ModelFile file(words[1]);
    pupil::evaluation::DeviceNetwork network(file.model());
    const std::int32_t rate_hz = file.model().front_end().sample_rate_hz;
    for (int i = 2; i < count; ++i) {
      const std::vector<float> audio = pupil::audio::decode_file(words[i], {.sample_rate_hz = rate_hz});
      const auto window = static_cast<std::size_t>(network.window_samples());
      for (std::size_t begin = 0; begin + window <= audio.size();
           begin += static_cast<std::size_t>(rate_hz) / 2) {
        std::printf("%d", i - 2);
        for (const float logit : network.logits(std::span(audio).subspan(begin, window)))
          std::printf(" %.5f", static_cast<double>(logit));
        std::printf("\n");
      }
    }
  } catch (const pupil::Error& error) {
    std::fprintf(stderr, "window_logits: %s\n", error.what());
    return 1;
  }
  return 0;
}
