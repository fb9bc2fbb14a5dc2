// SPDX-License-Identifier: Apache-2.0
#include "general/general_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"
#include "general/random_vggish.h"

namespace pupil::general {
namespace {

const VggishWidths kWidths = {4, 4, 4, 4, 4, 4, 16, 16, 3};

std::filesystem::path weights(const char* name) {
  return std::filesystem::path(PUPIL_SHARED_DIR) / "weights" / name;
}

std::vector<float> tone(double hz, std::size_t samples) {
  std::vector<float> sound(samples);
  for (std::size_t i = 0; i < samples; ++i)
    sound[i] = static_cast<float>(0.3 * std::sin(6.283185 * hz * static_cast<double>(i) / 16000));
  return sound;
}

TEST(GeneralModel, VggishGivesAnEmbeddingAndNoClasses) {
  TestFolder folder;
  write_vggish(folder / "vggish.safetensors", random_vggish(kWidths));
  const auto model = load_general_model(folder / "vggish.safetensors");
  EXPECT_EQ(model->name(), "vggish");
  EXPECT_TRUE(model->class_names().empty());
  const GeneralOutput output = model->forward(tone(500, 16000));
  EXPECT_TRUE(output.logits.empty());
  EXPECT_EQ(output.embedding.size(), 3U);
  EXPECT_NE(model->forward(tone(2000, 16000)).embedding, output.embedding);
}

TEST(GeneralModel, OtherFilesAreRefused) {
  TestFolder folder;
  EXPECT_THROW(load_general_model(folder / "absent.tflite"), Error);
  std::ofstream(folder / "text.tflite") << "TFL3 is at another place here";
  EXPECT_THROW(load_general_model(folder / "text.tflite"), Error);
  std::ofstream(folder / "short.tflite") << "1234TFL3";
  EXPECT_THROW(load_general_model(folder / "short.tflite"), Error);
}

TEST(GeneralModel, YamnetNamesWhatAnyoneWouldName) {
  const auto path = weights("yamnet/yamnet_spectra_in.tflite");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const auto model = load_general_model(path);
  ASSERT_EQ(model->class_names().size(), 521U);
  const auto top = [&](const std::vector<float>& audio) {
    const GeneralOutput output = model->forward(audio);
    return model->class_names()[static_cast<std::size_t>(
        std::max_element(output.logits.begin(), output.logits.end()) - output.logits.begin())];
  };
  EXPECT_EQ(top(std::vector<float>(16000)), "Silence");
  const std::string of_a_tone = top(tone(1000, 16000));
  EXPECT_TRUE(of_a_tone == "Sine wave" || of_a_tone == "Beep, bleep" || of_a_tone == "Tuning fork")
      << of_a_tone;
}

TEST(GeneralModel, ALongStretchIsTheMeanOfItsPatches) {
  const auto path = weights("stm32_yamnet256/yamnet_256_esc10_int8.tflite");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const auto model = load_general_model(path);
  EXPECT_TRUE(model->class_names().empty()) << "no list of names is beside it";
  // Two patches, 72 frames apart.
  const std::vector<float> sound = tone(700, 72 * 160 + 95 * 160 + 512);
  const GeneralOutput whole = model->forward(sound);
  const GeneralOutput first = model->forward(std::span(sound).first(95 * 160 + 512));
  const GeneralOutput second = model->forward(std::span(sound).subspan(72 * 160));
  ASSERT_EQ(whole.embedding.size(), 256U);
  for (std::size_t i = 0; i < whole.embedding.size(); ++i)
    ASSERT_FLOAT_EQ(whole.embedding[i], (first.embedding[i] + second.embedding[i]) / 2);
}

}  // namespace
}  // namespace pupil::general
