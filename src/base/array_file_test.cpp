// SPDX-License-Identifier: Apache-2.0
#include "base/array_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

TEST(ArrayFile, HeaderDescribesTheDataWhichLiesAligned) {
  const TestFolder folder;
  const std::filesystem::path path = folder / "arrays.safetensors";
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int8_t> bytes = {7, 8, 9};
  const NamedArray arrays[] = {{"b", ArrayType::i8, {3}, std::as_bytes(std::span(bytes))},
                               {"a", ArrayType::f32, {2, 3}, std::as_bytes(std::span(values))}};
  write_array_file(path, arrays, {{"config", "student"}});
  const std::vector<std::byte> content = file_bytes(path);
  const std::string file(reinterpret_cast<const char*>(content.data()), content.size());
  std::uint64_t length = 0;
  std::copy_n(file.data(), 8, reinterpret_cast<char*>(&length));
  EXPECT_EQ(length % 8, 0u);
  const Json header = parse_json(file.substr(8, length));
  EXPECT_EQ(header.at("a").dump(), R"({"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})");
  EXPECT_EQ(header.at("b").at("data_offsets").dump(), "[24,27]");
  EXPECT_EQ(header.at("__metadata__").at("config").as_string(), "student");
  EXPECT_EQ(file.size(), 8 + length + 27);
  EXPECT_EQ(file.back(), 9);
}

TEST(ArrayFile, AnArrayFromAFileIsTheSameBytes) {
  const TestFolder folder;
  std::vector<std::int16_t> samples(1'500'000);  // more than a piece
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int16_t>(i * 7);
  const auto data = std::as_bytes(std::span(std::as_const(samples)));
  write_whole(folder / "samples", data);
  const NamedArray held{"a", ArrayType::i16, {1'500'000}, data};
  const NamedArray filed{"a", ArrayType::i16, {1'500'000}, {}, folder / "samples"};
  write_array_file(folder / "held", std::span(&held, 1));
  write_array_file(folder / "filed", std::span(&filed, 1));
  EXPECT_EQ(file_bytes(folder / "held"), file_bytes(folder / "filed"));
}

TEST(ArrayFile, RefusesWhatDoesNotFitItsShape) {
  const std::vector<float> values = {1, 2};
  const NamedArray wrong{"a", ArrayType::f32, {3}, std::as_bytes(std::span(values))};
  EXPECT_THROW(write_array_file("unwritten", std::span(&wrong, 1)), Error);
  const NamedArray twice[] = {{"a", ArrayType::f32, {2}, std::as_bytes(std::span(values))},
                              {"a", ArrayType::f32, {2}, std::as_bytes(std::span(values))}};
  EXPECT_THROW(write_array_file("unwritten", twice), Error);
}

}  // namespace
}  // namespace pupil
