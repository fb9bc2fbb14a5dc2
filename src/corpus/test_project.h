// SPDX-License-Identifier: Apache-2.0
// A project in a folder of its own, removed with the test, and synthetic recordings to put into it.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "audio/wav_writer.h"
#include "base/test_folder.h"
#include "corpus/catalogue.h"

namespace pupil::corpus {

constexpr int kRateHz = 16000;  // of the sounds that tests make

class TestFolder : public pupil::TestFolder {
 public:
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path() / name).parent_path());
    std::ofstream(path() / name, std::ios::binary) << text;
    return path() / name;
  }

  std::filesystem::path write_wav(const std::string& name, const std::vector<float>& samples,
                                  int rate_hz) const {
    std::filesystem::create_directories((path() / name).parent_path());
    audio::WavWriter writer(path(), rate_hz, audio::WavFormat::kInt16);
    writer.write(samples);
    writer.commit(path() / name);
    return path() / name;
  }
};

/// Chirps and bursts of noise that no other seed repeats: [duration_s * rate_hz] samples, peak about 0.5.
inline std::vector<float> make_sound(unsigned seed, double duration_s, int rate_hz) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  std::vector<float> samples(static_cast<std::size_t>(duration_s * rate_hz));
  double phase = 0;
  double pitch_hz = 300;
  double level = 0.1;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % static_cast<std::size_t>(rate_hz / 20) == 0) {
      pitch_hz = 200 + 3000 * unit(random);
      level = 0.05 + 0.3 * unit(random);
    }
    phase += 2 * M_PI * pitch_hz / rate_hz;
    samples[i] = static_cast<float>(level * std::sin(phase) + 0.1 * level * (unit(random) - 0.5));
  }
  return samples;
}

}  // namespace pupil::corpus
