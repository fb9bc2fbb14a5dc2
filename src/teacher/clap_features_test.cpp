// SPDX-License-Identifier: Apache-2.0
#include "teacher/clap_features.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/golden_folder.h"
#include "nn/tensor_file.h"

namespace pupil::teacher {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = golden_folder();

// Each against the reference's extractor; tolerance of golden/README.md.
TEST(ClapFeatures, Variants) {
  PUPIL_NEEDS(kGolden / "clap_tiny/unfused/features_variants.safetensors");
  const nn::TensorFile expected =
      nn::TensorFile::open(kGolden / "clap_tiny/unfused/features_variants.safetensors");
  const auto expect = [&](const char* name, const char* clip, const ClapFeatureOptions& options) {
    const auto samples = audio::decode_file(kGolden / "audio" / clip);
    const at::Tensor difference = clap_features(samples, options).frames - expected.tensor(name);
    EXPECT_LE(difference.abs().max().item<double>(), 1e-3) << name;
  };
  const ClapFeatureOptions base = ClapFeatureOptions::laion(ClapTruncation::crop);
  ClapFeatureOptions pad = base, repeat = base, low = base;
  pad.padding = ClapPadding::pad;
  repeat.padding = ClapPadding::repeat;
  low.log_mel.low_hz = 0;
  expect("short_pad", "short_1p3s_48k.wav", pad);
  expect("short_repeat", "short_1p3s_48k.wav", repeat);
  expect("short_fmin0", "short_1p3s_48k.wav", low);
  expect("long_offset0", "long_17s_48k.wav", base);
}

TEST(ClapFeatures, AClipLongerByLessThanAFrameIsNotFused) {
  const ClapFeatureOptions options = ClapFeatureOptions::laion(ClapTruncation::fusion);
  EXPECT_FALSE(clap_features(std::vector<float>(480479, 0.1F), options).longer);
  const ClapFeatures longer = clap_features(std::vector<float>(480480, 0.1F), options);
  EXPECT_TRUE(longer.longer);
  EXPECT_EQ(longer.frames.sizes(), (at::IntArrayRef{4, 1001, 64}));
}

TEST(ClapFeatures, ChoicesOutsideTheClipAreRefused) {
  ClapFeatureOptions options = ClapFeatureOptions::laion(ClapTruncation::crop);
  options.choices.crop_offset_samples = 2;
  EXPECT_THROW(clap_features(std::vector<float>(480001, 0.1F), options), Error);
}

}  // namespace
}  // namespace pupil::teacher
