// SPDX-License-Identifier: Apache-2.0
#include "pupil/edge/model.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstring>
#include <string>

#include "model/format.h"
#include "model/model_file_test.h"

namespace pupil::edge {
namespace {

TEST(Model, SaysWhatWasWritten) {
  ModelImage image = random_model(named_sketch("micro"), 7);
  image.classes[1] = {"dog howl", "a dog howling\na wolf howling", 0.25F, 0.5F, -1.0F};
  image.metadata.emplace_back("teacher", "clap");
  const LoadedModel loaded(image);
  ASSERT_EQ(loaded.status, Status::ok);
  const Model& model = loaded.model;
  EXPECT_EQ(model.class_count(), 3);
  EXPECT_EQ(model.label(1), "dog howl");
  EXPECT_EQ(model.prompts(1), "a dog howling\na wolf howling");
  EXPECT_EQ(model.threshold(1), 0.25F);
  EXPECT_EQ(model.calibration_gain(1), 0.5F);
  EXPECT_EQ(model.calibration_offset(1), -1.0F);
  EXPECT_EQ(model.find_metadata("teacher"), "clap");
  EXPECT_EQ(model.find_metadata("nothing"), "");
  EXPECT_EQ(model.front_end(), image.front_end);
  EXPECT_EQ(model.window_frames(), 30);
  EXPECT_EQ(model.window_samples(), 29 * 160 + 400);
}

TEST(Model, DerivesShapes) {
  const LoadedModel loaded("micro");
  ASSERT_EQ(loaded.status, Status::ok);
  const LayerInfo stem = loaded.model.layer(0);
  EXPECT_EQ(stem.frames, 14);
  EXPECT_EQ(stem.bins, 8);
  EXPECT_EQ(stem.macs, 14 * 8 * 6 * 9);
  const LayerInfo add = loaded.model.layer(4);
  EXPECT_EQ(add.kind, LayerKind::add);
  EXPECT_EQ(add.frames, 12);
  EXPECT_EQ(add.skip_tensor, 1);
  EXPECT_EQ(add.skip_crop, 1);
  EXPECT_EQ(loaded.model.time_stride(), 4);
  EXPECT_EQ(loaded.model.receptive_frames(), 3 + 2 * 2 + 2 * 2);
}

// Their fields for a kernel have no meaning, and other writers leave them 0.
TEST(Model, LayersWithoutAKernelSayOneByOne) {
  ModelImage image = random_model(named_sketch("micro"), 1);
  image.layers[4].kernel = {.t = 0, .f = 0, .stride_t = 0, .stride_f = 0};
  const LoadedModel loaded(image);
  ASSERT_EQ(loaded.status, Status::ok);
  EXPECT_EQ(loaded.model.layer(4).kind, LayerKind::add);
  EXPECT_EQ(loaded.model.layer(4).kernel, KernelShape{});
}

TEST(Model, RefusesAnotherVersion) {
  std::vector<std::byte> file = write_model(random_model(named_sketch("micro"), 1));
  file[8] = std::byte{2};
  Model model;
  EXPECT_EQ(model.load(AlignedBytes(file).span()), Status::wrong_version);
  EXPECT_FALSE(model.loaded());
}

TEST(Model, RefusesEveryTruncation) {
  const std::vector<std::byte> file = write_model(random_model(named_sketch("micro"), 1));
  for (std::size_t size = 0; size < file.size(); size += 7) {
    std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    seal_model(&cut);
    Model model;
    EXPECT_NE(model.load(AlignedBytes(cut).span()), Status::ok) << size;
  }
}

TEST(Model, NoticesEveryChangedByte) {
  const std::vector<std::byte> file = write_model(random_model(named_sketch("micro"), 1));
  for (std::size_t i = format::kChecksumStart; i < file.size(); i += 5) {
    std::vector<std::byte> damaged = file;
    damaged[i] ^= std::byte{1};
    Model model;
    EXPECT_EQ(model.load(AlignedBytes(damaged).span()), Status::bad_checksum) << i;
  }
}

TEST(Model, RefusesAnUnalignedFile) {
  const std::vector<std::byte> file = write_model(random_model(named_sketch("micro"), 1));
  std::vector<std::byte> shifted(file.size() + 1);
  std::memcpy(shifted.data() + 1, file.data(), file.size());
  Model model;
  EXPECT_EQ(model.load(AlignedBytes(shifted).span().subspan(1)), Status::bad_argument);
}

/// Each case breaks one rule of a good image.
struct BadImage {
  const char* what;
  void (*break_it)(ModelImage*);
};

class BadModel : public testing::TestWithParam<BadImage> {};

TEST_P(BadModel, IsRefused) {
  ModelImage image = random_model(named_sketch("micro"), 1);
  ASSERT_EQ(LoadedModel(image).status, Status::ok);
  GetParam().break_it(&image);
  EXPECT_EQ(LoadedModel(image).status, Status::bad_model);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BadModel,
    testing::Values(
        BadImage{"weight -128", [](ModelImage* d) { d->layers[0].weights[3] = -128; }},
        BadImage{"few weights", [](ModelImage* d) { d->layers.back().weights.clear(); }},
        BadImage{"bias too large", [](ModelImage* d) { d->layers[1].bias[0] = 1 << 29; }},
        BadImage{"negative multiplier", [](ModelImage* d) { d->layers[1].multipliers[0] = -1; }},
        BadImage{"shift too large", [](ModelImage* d) { d->layers[1].shifts[0] = 25; }},
        BadImage{"no kernel", [](ModelImage* d) { d->layers[0].kernel.t = 0; }},
        BadImage{"kernel too long", [](ModelImage* d) { d->layers[2].kernel.t = 8; }},
        BadImage{"stride 3", [](ModelImage* d) { d->layers[0].kernel.stride_t = 3; }},
        BadImage{"no channels", [](ModelImage* d) { d->layers[0].channels = 0; }},
        BadImage{"depthwise changes channels", [](ModelImage* d) { d->layers[2].channels = 4; }},
        BadImage{"clamp inside out",
                 [](ModelImage* d) { d->layers[0].clamp_min = 127, d->layers[0].clamp_max = 0; }},
        BadImage{"skip from itself", [](ModelImage* d) { d->layers[4].skip_tensor = 4; }},
        BadImage{"skip of another shape", [](ModelImage* d) { d->layers[4].skip_tensor = 0; }},
        BadImage{"skip cropped unevenly", [](ModelImage* d) { d->layers[2].kernel.t = 2; }},
        BadImage{"no mean", [](ModelImage* d) { d->layers.erase(d->layers.end() - 2); }},
        BadImage{"no head", [](ModelImage* d) { d->layers.pop_back(); }},
        BadImage{"classes and logits differ", [](ModelImage* d) { d->classes.pop_back(); }},
        BadImage{"NaN logit scale", [](ModelImage* d) { d->layers.back().logit_scales[0] = NAN; }},
        BadImage{"NaN threshold", [](ModelImage* d) { d->classes[0].threshold = NAN; }},
        BadImage{"infinite gain", [](ModelImage* d) { d->input_gain[2] = INFINITY; }},
        BadImage{"zero point out of range", [](ModelImage* d) { d->input_zero_point = 128; }},
        BadImage{"no mel bins", [](ModelImage* d) { d->front_end.mel_count = 0; }},
        BadImage{"padded front end", [](ModelImage* d) { d->front_end.padding = Padding::reflect; }},
        BadImage{"window too short", [](ModelImage* d) { d->window_frames = 8; }},
        BadImage{"no window", [](ModelImage* d) { d->window_frames = 0; }}),
    [](const auto& test) {
      std::string name = test.param.what;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

}  // namespace
}  // namespace pupil::edge
