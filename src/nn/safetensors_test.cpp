// SPDX-License-Identifier: Apache-2.0
#include "nn/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"

namespace pupil::nn {
namespace {

std::vector<std::byte> file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::vector<std::byte> file(8 + header.size() + data_bytes);
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  return file;
}

std::string failure(const std::string& header, std::size_t data_bytes) {
  try {
    read_safetensors_header(file_of(header, data_bytes));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Safetensors, ReadsEntriesInTheOrderOfTheirData) {
  const auto file = file_of(
      R"({"a":{"dtype":"I64","shape":[],"data_offsets":[12,20]},"b":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},)"
      R"("__metadata__":{"format":"pt"}})",
      20);
  const SafetensorsHeader header = read_safetensors_header(file);
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].entry.name, "b");
  EXPECT_EQ(header.tensors[0].entry.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.tensors[0].strides, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(header.tensors[1].entry.bytes, 8u);
  EXPECT_EQ(header.tensors[1].offset_bytes, file.size() - 8);
  EXPECT_EQ(header.metadata.at("format"), "pt");
}

TEST(Safetensors, EmptyTensorsTakeNoData) {
  const auto header = read_safetensors_header(file_of(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"z":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})",
      4));
  EXPECT_EQ(header.tensors.size(), 2u);
}

TEST(Safetensors, EmptyTensorsOfEndlessAxesAreRefused) {
  for (const char* shape : {"[0,4611686018427387904,4611686018427387904]", "[4611686018427387904,4,0]",
                            "[9223372036854775807,0,9223372036854775807]", "[0,9223372036854775807]"}) {
    const std::string header =
        std::string(R"({"w":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,0]}})";
    EXPECT_NE(failure(header, 0).find("'w': shape ["), std::string::npos) << shape;
    EXPECT_NE(failure(header, 0).find("too many elements"), std::string::npos) << shape;
  }
}

TEST(TensorLayout, NoProductOverflows) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const std::vector<std::int64_t> shape = {0, kHuge, kHuge}, ones = {1, 1};
  EXPECT_THROW(dense_strides(shape), Error);
  EXPECT_THROW(element_reach(shape, std::vector<std::int64_t>{0, 0, 0}), Error);
  EXPECT_THROW(element_reach(ones, std::vector<std::int64_t>{kHuge, 1}), Error);
  EXPECT_EQ(dense_strides(std::vector<std::int64_t>{2, 0, 3}), (std::vector<std::int64_t>{3, 3, 1}));
}

TEST(Safetensors, NamesTheTensorThatBreaksARule) {
  const auto one = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string(R"({"w":{"dtype":")") + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  EXPECT_EQ(failure(one("F32", "[2]", "[0,8]"), 8), "");
  EXPECT_NE(failure(one("F32", "[2]", "[0,8]"), 7).find("'w' ends at 8 of 7"), std::string::npos);
  EXPECT_NE(failure(one("F32", "[2]", "[0,8]"), 9).find("1 bytes of data belong to no tensor"),
            std::string::npos);
  EXPECT_NE(failure(one("F32", "[2]", "[4,12]"), 12).find("after a hole"), std::string::npos);
  EXPECT_NE(failure(one("F32", "[3]", "[0,8]"), 8).find("'w': shape [3] of F32 does not fit"),
            std::string::npos);
  EXPECT_NE(failure(one("F32", "[2]", "[8,0]"), 8).find("does not fit"), std::string::npos);
  EXPECT_NE(failure(one("F9", "[2]", "[0,8]"), 8).find("dtype 'F9'"), std::string::npos);
  EXPECT_NE(failure(one("F32", "[-2]", "[0,8]"), 8).find("'-2' is not a size"), std::string::npos);
  EXPECT_NE(failure(one("F32", "[2.0]", "[0,8]"), 8).find("is not a size"), std::string::npos);
  EXPECT_NE(failure(one("F32", "[4294967296,4294967296]", "[0,8]"), 8).find("too many elements"),
            std::string::npos);
  EXPECT_NE(failure(one("F32", "[18446744073709551615]", "[0,8]"), 8).find("is not a size"),
            std::string::npos);
  EXPECT_NE(failure(R"({"w":7})", 0).find("'w': "), std::string::npos);
  EXPECT_NE(failure(R"({"w":)", 0).find("the header: "), std::string::npos);
  EXPECT_NE(failure("[]", 0), "");
}

TEST(Safetensors, OverlappingDataIsRefused) {
  EXPECT_NE(
      failure(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
          6)
          .find("'b' begins at 2 of the data, inside its predecessor"),
      std::string::npos);
}

TEST(Safetensors, HeaderBeyondTheFileIsRefused) {
  std::vector<std::byte> file = file_of("{}", 0);
  file[0] = std::byte{3};
  EXPECT_THROW(read_safetensors_header(file), Error);
  file[7] = std::byte{0xff};
  EXPECT_THROW(read_safetensors_header(file), Error);
  EXPECT_FALSE(is_safetensors(file));
}

}  // namespace
}  // namespace pupil::nn
