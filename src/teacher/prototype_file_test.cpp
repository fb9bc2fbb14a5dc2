// SPDX-License-Identifier: Apache-2.0
#include "teacher/prototype_file.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/array_file.h"
#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::teacher {
namespace {

TEST(PrototypeFile, ComesBackAsItWas) {
  const TestFolder folder;
  StoredPrototypes stored;
  stored.prototypes = {.scale = {{1, 2}, {3, 0}},
                       .directions = {1, 0, 0, 1, 0, 0},
                       .has_direction = {1, 1, 0},
                       .concentration = 12.5,
                       .temperature = 1.25};
  stored.notes["labels"] = "a hash";
  write_prototypes(folder.path() / "prototypes.safetensors", stored);
  const StoredPrototypes read = read_prototypes(folder.path() / "prototypes.safetensors");
  EXPECT_EQ(read.prototypes.scale.mean, stored.prototypes.scale.mean);
  EXPECT_EQ(read.prototypes.scale.deviation, stored.prototypes.scale.deviation);
  EXPECT_EQ(read.prototypes.directions, stored.prototypes.directions);
  EXPECT_EQ(read.prototypes.has_direction, stored.prototypes.has_direction);
  EXPECT_EQ(read.prototypes.concentration, 12.5);
  EXPECT_EQ(read.prototypes.temperature, 1.25);
  EXPECT_EQ(read.notes, stored.notes);
}

TEST(PrototypeFile, KeepsTheHead) {
  const TestFolder folder;
  StoredPrototypes stored;
  stored.prototypes = {.scale = {{0, 1}, {1, 2}}, .directions = {1, 0, 0, 1}, .has_direction = {1, 1}};
  stored.prototypes.head.weights = {1, 2, 3, 4, 5, 6};
  stored.prototypes.head_shares = {0.5F, 0.5F};
  write_prototypes(folder / "prototypes.safetensors", stored);
  const Prototypes back = read_prototypes(folder / "prototypes.safetensors").prototypes;
  EXPECT_EQ(back.head.weights, stored.prototypes.head.weights);
  EXPECT_EQ(back.head_shares, stored.prototypes.head_shares);
  const std::vector<float> audio = {0.3F, 0.9F}, named = {0.5F, 0.5F};
  EXPECT_EQ(back.posterior(audio, named), stored.prototypes.posterior(audio, named));
  stored.prototypes.head_shares.clear();
  EXPECT_NE(back.posterior(audio, named), stored.prototypes.posterior(audio, named));
}

TEST(PrototypeFile, RefusesOthers) {
  const TestFolder folder;
  const auto path = folder.path() / "other.safetensors";
  EXPECT_THROW(read_prototypes(path), Error);
  const std::vector<float> values = {1, 2};
  const NamedArray mean{"mean", ArrayType::f32, {2}, std::as_bytes(std::span(values))};
  write_array_file(path, std::vector{mean});
  EXPECT_THROW(read_prototypes(path), Error);
  const NamedArray deviation{"deviation", ArrayType::f32, {2}, std::as_bytes(std::span(values))};
  const NamedArray directions{"directions", ArrayType::f32, {1, 2}, std::as_bytes(std::span(values))};
  write_array_file(path, std::vector{mean, deviation, directions},
                   {{"concentration", "10"}, {"temperature", "nan"}});
  EXPECT_THROW(read_prototypes(path), Error);
}

}  // namespace
}  // namespace pupil::teacher
