// SPDX-License-Identifier: Apache-2.0
// Writes a model that tells a tone of 1 kHz from noise, and recordings of both, for tests of `pupil listen`:
//   tone_model FOLDER [SEED]      tone.pupil, tone.raw (2 s), noise.raw (5 s), 16 kHz, 16 bit, mono

#include <cstdlib>

#include "listen/test_listen.h"

int main(int argc, char** argv) {
  using namespace pupil::listen;
  if (argc < 2) return 2;
  const std::filesystem::path folder = argv[1];
  write_tone_model(folder / "tone.pupil", argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  write_samples(folder / "tone.raw", test_tone(2));
  write_samples(folder / "noise.raw", test_noise(5));
  return 0;
}
