// SPDX-License-Identifier: Apache-2.0
#include "student/stored_front_end.h"

#include <ATen/ATen.h>

#include "nn/finite.h"

namespace pupil::student {
namespace {

std::vector<float> as_vector(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

void set_front_end(const edge::LogMelOptions& front_end, Json* about) {
  about->set("mel_count", front_end.mel_count);
  about->set("hop_samples", front_end.hop_samples);
  about->set("window_samples", front_end.window_samples);
  about->set("fft_samples", front_end.fft_samples);
}

edge::LogMelOptions read_front_end(const Json& about) {
  const auto read = [&](const char* key) { return static_cast<std::int32_t>(about.at(key).as_int()); };
  edge::LogMelOptions front_end;
  front_end.mel_count = read("mel_count");
  front_end.hop_samples = read("hop_samples");
  front_end.window_samples = read("window_samples");
  front_end.fft_samples = read("fft_samples");
  return front_end;
}

std::vector<nn::NamedTensor> scale_tensors(const FeatureScale& scale) {
  return {{"scale.mean", at::tensor(scale.mean)}, {"scale.deviation", at::tensor(scale.deviation)}};
}

FeatureScale read_scale(const nn::TensorFile& file) {
  return {as_vector(nn::finite_tensor(file, "scale.mean")),
          as_vector(nn::finite_tensor(file, "scale.deviation"))};
}

}  // namespace pupil::student
