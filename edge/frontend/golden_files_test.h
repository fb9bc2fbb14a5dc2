// SPDX-License-Identifier: Apache-2.0
// Reads the reference data of the tests: tensors of a safetensors file and 16-bit mono WAV. Trusts its files.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pupil::edge::golden {

/// Of "golden/...": in the environment's PUPIL_GOLDEN, else in the whole set where it is at hand, else in tests/golden.
inline std::string path(const std::string& below) {
  const char* folder = std::getenv("PUPIL_GOLDEN");
  const std::string whole = PUPIL_SHARED_DIR;
  if (!below.starts_with("golden/") || (folder == nullptr && std::filesystem::exists(whole + "/golden"))) {
    return whole + "/" + below;
  }
  return (folder != nullptr ? folder : PUPIL_SOURCE_DIR "/tests/golden") + below.substr(below.find('/'));
}

/// Whether path() leads to the whole set: then a test counts what it compared.
inline bool is_whole() {
  return std::filesystem::exists(path("golden/mel/features_mixture_2s_32k.safetensors"));
}

/// Skips the test visibly when the reference data is missing.
#define PUPIL_NEEDS_GOLDEN(below)                                 \
  if (!std::filesystem::exists(golden::path(below))) {            \
    GTEST_SKIP() << "no reference data: " << golden::path(below); \
  }

inline std::string read_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

class Safetensors {
 public:
  explicit Safetensors(const std::string& file) : bytes_(read_bytes(file)) {
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, bytes_.data(), 8);
    header_ = bytes_.substr(8, header_bytes);
    std::erase(header_, ' ');
  }

  bool has(const std::string& key) const { return header_.find("\"" + key + "\":{") != std::string::npos; }

  /// Throws std::out_of_range for an unknown key.
  Tensor tensor(const std::string& key) const {
    const std::size_t at = header_.find("\"" + key + "\":{");
    const std::string entry = header_.substr(at, header_.find('}', at) - at);
    const auto offsets = numbers(entry, "\"data_offsets\":[");
    Tensor result{numbers(entry, "\"shape\":["), {}};
    const char* from = bytes_.data() + 8 + header_.size() + spaces() + offsets.at(0);
    const bool is_double = entry.find("\"F64\"") != std::string::npos;
    const std::size_t width = is_double ? 8 : 4;
    for (std::size_t i = 0; i < static_cast<std::size_t>(offsets.at(1) - offsets.at(0)) / width; ++i) {
      result.values.push_back(is_double ? read<double>(from + 8 * i)
                                        : static_cast<double>(read<float>(from + 4 * i)));
    }
    return result;
  }

 private:
  template <typename T>
  static T read(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
  }

  std::size_t spaces() const { return read<std::uint64_t>(bytes_.data()) - header_.size(); }

  static std::vector<std::int64_t> numbers(const std::string& entry, const std::string& name) {
    std::vector<std::int64_t> result;
    const char* at = entry.c_str() + entry.find(name) + name.size();
    while (*at != ']') {
      char* end = nullptr;
      result.push_back(std::strtoll(at, &end, 10));
      at = *end == ',' ? end + 1 : end;
    }
    return result;
  }

  std::string bytes_;
  std::string header_;  // without its spaces
};

/// Samples of a 16-bit mono WAV, int16 / 32768.
inline std::vector<float> read_wav(const std::string& file) {
  const std::string bytes = read_bytes(file);
  const std::size_t data = bytes.find("data") + 8;
  std::vector<float> samples((bytes.size() - data) / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::int16_t value = 0;
    std::memcpy(&value, bytes.data() + data + 2 * i, 2);
    samples[i] = static_cast<float>(value) / 32768.0F;
  }
  return samples;
}

}  // namespace pupil::edge::golden
