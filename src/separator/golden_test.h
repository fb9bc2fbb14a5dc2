// SPDX-License-Identifier: Apache-2.0
// For tests: the reference's stored results for a small network, and how far a tensor is from one.

#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "audio/decoder.h"
#include "nn/tensor_file.h"

namespace pupil::separator {

inline std::filesystem::path golden_dir() {
  return std::filesystem::path(PUPIL_SHARED_DIR) / "golden";
}
inline std::filesystem::path tiny_dir() {
  return golden_dir() / "audiosep_tiny";
}

#define SKIP_WITHOUT_GOLDEN() \
  if (!std::filesystem::exists(tiny_dir())) GTEST_SKIP() << "no reference data (" << tiny_dir() << ")"

inline at::Tensor golden(const std::string& file, const std::string& name) {
  return nn::TensorFile::open(tiny_dir() / file).tensor(name);
}

inline std::vector<float> golden_audio(const std::string& name) {
  return audio::decode_file(golden_dir() / "audio" / name);
}

inline std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.to(at::kFloat).contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

/// Row `row` of the stored conditions [2, 512].
inline std::vector<float> golden_condition(std::int64_t row) {
  return values_of(golden("expected.safetensors", "condition")[row]);
}

/// Largest absolute difference; infinite where the counts differ or a value is not finite.
inline float distance(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() != b.numel()) return INFINITY;
  const at::Tensor apart = (a.reshape(-1) - b.reshape(-1)).abs();
  return apart.isfinite().all().item<bool>() ? apart.max().item<float>() : INFINITY;
}

}  // namespace pupil::separator
