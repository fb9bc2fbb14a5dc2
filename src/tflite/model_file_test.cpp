// SPDX-License-Identifier: Apache-2.0
#include "tflite/model_file.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/test_folder.h"
#include "tflite/network.h"
#include "tflite/test_model.h"

namespace pupil::tflite {
namespace {

using testing::small_model;
using testing::TestModel;

TEST(TfliteFile, TensorsAndOperatorsComeAsTheyWereWritten) {
  const ModelFile file = small_model().parse();
  ASSERT_EQ(file.operators().size(), 11U);
  const Operator& conv = file.operators()[4];
  EXPECT_EQ(conv.kind, OperatorKind::conv_2d);
  EXPECT_EQ(conv.padding, Padding::same);
  EXPECT_EQ(conv.stride_height, 2);
  EXPECT_EQ(conv.activation, Activation::relu6);
  const Tensor& weights = file.tensor(conv.inputs[1]);
  EXPECT_EQ(weights.shape, (std::vector<std::int32_t>{8, 3, 3, 1}));
  EXPECT_EQ(weights.data.size(), 72U);
  EXPECT_EQ(weights.quantisation.scales.size(), 8U);
  EXPECT_EQ(int32_values(file.tensor(conv.inputs[2]))[3], 0);
  EXPECT_EQ(file.tensor(file.inputs()[0]).type, ElementType::float32);
  EXPECT_EQ(file.operators()[5].inputs[2], -1) << "a bias that was left out";
}

TEST(TfliteFile, ATensorOfAnotherTypeIsNamed) {
  TestModel model = small_model();
  model.tensor(2).type = 3;
  try {
    model.parse();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "tensor 2: elements of type 3, not float32, int32 or int8");
  }
}

TEST(TfliteFile, AnUnknownOperatorIsNamed) {
  TestModel model = small_model();
  model.model.operator_codes[3]->builtin_code = 150;
  EXPECT_THROW(model.parse(), Error);
}

struct Spoiled {
  const char* what;
  void (*spoil)(TestModel& model);
};

class SpoiledFile : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledFile, IsRefused) {
  TestModel model = small_model();
  GetParam().spoil(model);
  const std::vector<std::byte> bytes = model.bytes();
  EXPECT_THROW(Network(ModelFile::parse(bytes)), Error) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    All, SpoiledFile,
    ::testing::Values(
        Spoiled{"version", [](TestModel& m) { m.model.version = 2; }},
        Spoiled{"two graphs",
                [](TestModel& m) { m.model.subgraphs.push_back(std::make_unique<file::SubGraphT>()); }},
        Spoiled{"an axis of 0", [](TestModel& m) { m.tensor(0).shape[1] = 0; }},
        Spoiled{"a negative axis", [](TestModel& m) { m.tensor(0).shape[1] = -6; }},
        Spoiled{"too many elements",
                [](TestModel& m) {
                  m.tensor(0).shape = {65536, 65536, 65536, 65536};
                }},
        Spoiled{"five axes",
                [](TestModel& m) {
                  m.tensor(0).shape = {1, 1, 1, 6, 4};
                }},
        Spoiled{"a scale of 0", [](TestModel& m) { m.tensor(1).quantization->scale[0] = 0; }},
        Spoiled{"a zero point of 1000", [](TestModel& m) { m.tensor(1).quantization->zero_point[0] = 1000; }},
        Spoiled{"scales along no axis",
                [](TestModel& m) { m.tensor(12).quantization->quantized_dimension = 9; }},
        Spoiled{"a buffer that is not there", [](TestModel& m) { m.tensor(12).buffer = 99; }},
        Spoiled{"data too short", [](TestModel& m) { m.model.buffers[1]->data.pop_back(); }},
        Spoiled{"data behind the file", [](TestModel& m) { m.model.buffers[1]->offset = 4096; }},
        Spoiled{"a tensor that is not there", [](TestModel& m) { m.graph().operators[0]->inputs[0] = 77; }},
        Spoiled{"an operator code that is not there",
                [](TestModel& m) { m.graph().operators[0]->opcode_index = 77; }},
        Spoiled{
            "a stride of 0",
            [](TestModel& m) { m.graph().operators[4]->builtin_options.AsConv2DOptions()->stride_h = 0; }},
        Spoiled{
            "a dilation of -1",
            [](TestModel& m) { m.graph().operators[4]->builtin_options.AsConv2DOptions()->dilation_w = -1; }},
        Spoiled{"operators in another order",
                [](TestModel& m) { std::swap(m.graph().operators[4], m.graph().operators[5]); }},
        Spoiled{"computed twice", [](TestModel& m) { m.graph().operators[1]->outputs[0] = 1; }},
        Spoiled{"an output that nothing computes", [](TestModel& m) { m.graph().operators.pop_back(); }},
        Spoiled{"an image of another size", [](TestModel& m) { m.tensor(5).shape[1] = 5; }},
        Spoiled{"weights for other channels",
                [](TestModel& m) {
                  m.tensor(12).shape = {8, 1, 3, 3};
                }},
        Spoiled{"a bias for others", [](TestModel& m) { m.graph().operators[4]->inputs[2] = 18; }},
        Spoiled{"axes that are no axes", [](TestModel& m) { m.model.buffers[7]->data[4] = 9; }},
        Spoiled{"a mean over one axis", [](TestModel& m) { m.graph().operators[6]->inputs[1] = 17; }},
        Spoiled{"no operators", [](TestModel& m) { m.graph().operators.clear(); }},
        Spoiled{"no tensors", [](TestModel& m) { m.graph().tensors.clear(); }}),
    [](const auto& spoiled) {
      std::string name = spoiled.param.what;
      for (char& letter : name) letter = letter == ' ' || letter == '-' ? '_' : letter;
      return name;
    });

TEST(TfliteFile, EveryByteMayBeSpoiled) {
  const std::vector<std::byte> whole = small_model().bytes();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::vector<std::byte> bytes = whole;
      bytes[i] = std::byte{value};
      try {
        Network network(ModelFile::parse(bytes));
        network.run(std::vector<float>(static_cast<std::size_t>(network.input_count())));
      } catch (const Error&) {
      }
    }
  }
}

TEST(TfliteFile, EveryLengthMayBeCut) {
  const std::vector<std::byte> whole = small_model().bytes();
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    try {
      ModelFile::parse(std::span(whole).first(length));
    } catch (const Error&) {
    }
  }
  EXPECT_THROW(ModelFile::parse(std::span(whole).first(whole.size() / 2)), Error);
}

TEST(TfliteFile, AnErrorNamesTheFile) {
  TestFolder folder;
  EXPECT_THROW(ModelFile::open(folder / "absent.tflite"), Error);
  try {
    ModelFile::open(PUPIL_SOURCE_DIR "/LICENSE");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("LICENSE: not a TensorFlow Lite model"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace pupil::tflite
