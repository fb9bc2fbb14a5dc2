// SPDX-License-Identifier: Apache-2.0
#include "training/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"

namespace pupil::training {
namespace {

Checkpoint example(const std::string& configuration) {
  Checkpoint checkpoint;
  checkpoint.configuration = configuration;
  checkpoint.phase = 1;
  checkpoint.step = 7;
  checkpoint.tensors["weights"] = at::arange(3, at::kFloat);
  return checkpoint;
}

std::string load_error(const std::filesystem::path& path, const std::string& configuration) {
  try {
    load_checkpoint(path, configuration);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Checkpoint, IsReadAsItWasSaved) {
  const TestFolder folder;
  EXPECT_FALSE(load_checkpoint(folder / "c", "{}"));
  save_checkpoint(folder / "c", example(R"({"a":1})"));
  const auto loaded = load_checkpoint(folder / "c", R"({"a":1})");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->phase, 1);
  EXPECT_EQ(loaded->step, 7);
  EXPECT_TRUE(at::equal(loaded->tensors.at("weights"), at::arange(3, at::kFloat)));
}

TEST(Checkpoint, ATrainingIsOpenedWhereItWasLeftOrAfresh) {
  const TestFolder parent;
  const auto folder = parent / "training";
  EXPECT_FALSE(open_training(folder, "{}", false));
  save_checkpoint(checkpoint_path(folder), example("{}"));
  const auto left = open_training(folder, "{}", false);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->step, 7);
  EXPECT_THROW(open_training(folder, R"({"a":1})", false), Error);
  EXPECT_FALSE(open_training(folder, R"({"a":1})", true));
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(folder)));
}

TEST(Checkpoint, OfAnotherConfigurationNamesTheFirstKeyThatDiffers) {
  const TestFolder folder;
  const auto path = folder / "c";
  save_checkpoint(path, example(R"({"a":1,"b":{"c":2,"d":3}})"));
  const std::string nested = load_error(path, R"({"a":1,"b":{"c":2,"d":4}})");
  EXPECT_NE(nested.find("c: the checkpoint is of another configuration ([b] d is 3 there and 4 here)"),
            std::string::npos)
      << nested;
  EXPECT_NE(nested.find("--fresh"), std::string::npos) << nested;
  EXPECT_NE(load_error(path, R"({"a":1,"b":{"c":2,"d":3},"e":5})").find("(e is new)"), std::string::npos);
  EXPECT_NE(load_error(path, R"({"a":1})").find("(b is {\"c\":2,\"d\":3} there and missing here)"),
            std::string::npos)
      << load_error(path, R"({"a":1})");
}

TEST(Checkpoint, ValuesThatAreNotFiniteAreNeverSaved) {
  const TestFolder folder;
  save_checkpoint(folder / "c", example("{}"));
  const auto before = file_bytes(folder / "c");
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    Checkpoint broken = example("{}");
    broken.tensors["weights"][1] = bad;
    EXPECT_THROW(save_checkpoint(folder / "c", broken), Error);
    EXPECT_EQ(file_bytes(folder / "c"), before);
  }
}

TEST(Checkpoint, ValuesThatAreNotFiniteAreNeverLoaded) {
  const TestFolder folder;
  at::Tensor weights = at::ones({3});
  weights[1] = NAN;
  const nn::NamedTensor tensors[] = {{"weights", weights}};
  nn::write_safetensors(folder / "c", tensors, {{"configuration", "{}"}, {"phase", "0"}, {"step", "7"}});
  EXPECT_EQ(load_error(folder / "c", "{}"),
            (folder / "c").string() + ": 'weights' holds 1 NaN or infinite of its 3 numbers");
}

TEST(Checkpoint, AnotherFileIsNamedAsSuch) {
  const TestFolder folder;
  const nn::NamedTensor tensors[] = {{"weights", at::zeros({2})}};
  nn::write_safetensors(folder / "c", tensors, {{"step", "7"}});
  EXPECT_NE(load_error(folder / "c", "{}").find("not a checkpoint of a training: no 'configuration'"),
            std::string::npos);
  nn::write_safetensors(folder / "c", tensors, {{"configuration", "{}"}, {"phase", "0"}, {"step", "seven"}});
  EXPECT_NE(load_error(folder / "c", "{}").find("step is 'seven', not a number"), std::string::npos);
}

}  // namespace
}  // namespace pupil::training
