// SPDX-License-Identifier: Apache-2.0
#include "nn/tensor_file.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::nn {
namespace {

TEST(TensorFile, GivesBackWhatWasWritten) {
  const TestFolder folder;
  const std::vector<NamedTensor> tensors = {{"flag", at::tensor({1, 0, 1}).to(at::kBool)},
                                            {"half", at::randn({3, 5}).to(at::kHalf)},
                                            {"brain", at::randn({2}).to(at::kBFloat16)},
                                            {"wide", at::randn({2, 2}, at::kDouble)},
                                            {"ids", at::arange(4)},
                                            {"turned", at::randn({3, 4}).t()},
                                            {"scalar", at::scalar_tensor(7.5f)},
                                            {"none", at::zeros({0, 3})}};
  write_safetensors(folder / "a.safetensors", tensors, {{"maker", "test"}});
  const TensorFile file = TensorFile::open(folder / "a.safetensors");
  ASSERT_EQ(file.entries().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.tensor(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(file.tensor(name), tensor)) << name;
  }
  EXPECT_EQ(std::get<std::string>(file.values().at("maker")), "test");
  EXPECT_FALSE(file.has("other"));
  EXPECT_THROW(file.tensor("other"), Error);
}

TEST(TensorFile, TensorsOutliveTheFileObjectAndShareItsPages) {
  const TestFolder folder;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"w", at::ones({1000})}});
  at::Tensor first, second;
  {
    const TensorFile file = TensorFile::open(folder / "a");
    first = file.tensor("w");
    second = file.tensor("w");
  }
  EXPECT_EQ(first.data_ptr(), second.data_ptr());
  first.mul_(2);
  EXPECT_EQ(second.sum().item<float>(), 2000.0f);
  EXPECT_EQ(TensorFile::open(folder / "a").tensor("w").sum().item<float>(), 1000.0f);
}

TEST(TensorFile, UnalignedDataIsCopied) {
  const TestFolder folder;
  const std::string header =
      R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"F32","shape":[1],)"
      R"("data_offsets":[1,5]}})";
  const std::uint64_t length = header.size();
  const float value = 0.25f;
  std::ofstream out(folder / "a", std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), 8) << header << '\x07';
  out.write(reinterpret_cast<const char*>(&value), 4);
  out.close();
  EXPECT_EQ(TensorFile::open(folder / "a").tensor("w").item<float>(), 0.25f);
}

TEST(TensorFile, AFailedWriteLeavesTheOldFile) {
  const TestFolder folder;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"w", at::ones({2})}});
  EXPECT_THROW(write_safetensors(folder / "a", std::vector<NamedTensor>{{"w", at::Tensor()}}), Error);
  EXPECT_THROW(
      write_safetensors(folder / "a", std::vector<NamedTensor>{{"w", at::ones(1)}, {"w", at::ones(1)}}),
      Error);
  EXPECT_EQ(TensorFile::open(folder / "a").tensor("w").numel(), 2);
  EXPECT_THROW(write_safetensors(folder / "absent/a", std::vector<NamedTensor>{}), Error);
}

TEST(TensorFile, SaysWhatIsWrongWithTheFile) {
  const TestFolder folder;
  EXPECT_THROW(TensorFile::open(folder / "absent"), Error);
  EXPECT_THROW(TensorFile::open(folder.path()), Error);
  std::ofstream(folder / "empty").close();
  std::ofstream(folder / "text") << "hello, world";
  try {
    TensorFile::open(folder / "empty");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), (folder / "empty").string() + ": is empty");
  }
  EXPECT_THROW(TensorFile::open(folder / "text"), Error);
}

std::string failure(const std::filesystem::path& path) {
  try {
    TensorFile::open(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(TensorFile, NamesWhatStandsInForAFile) {
  const TestFolder folder;
  std::ofstream(folder / "lfs")
      << "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 614523216\n";
  EXPECT_EQ(failure(folder / "lfs"),
            (folder / "lfs").string() + ": is a Git LFS pointer, not the file itself: git lfs pull");
  for (const char* page : {"<!DOCTYPE html><html>", "\n <!doctype HTML>\n", "<html lang=\"en\">"}) {
    std::ofstream(folder / "page") << page;
    EXPECT_NE(failure(folder / "page").find("is an HTML page, not weights"), std::string::npos) << page;
    std::ofstream(folder / "a.index.json") << page;
    EXPECT_NE(failure(folder / "a.index.json").find("is an HTML page, not JSON"), std::string::npos) << page;
  }
}

class Shards : public testing::Test {
 protected:
  Shards() {
    write_safetensors(folder_ / "model-00001-of-00002.safetensors",
                      std::vector<NamedTensor>{{"a", at::ones({2})}, {"b", at::arange(3)}},
                      {{"format", "pt"}});
    write_safetensors(folder_ / "model-00002-of-00002.safetensors",
                      std::vector<NamedTensor>{{"c", at::ones({4})}}, {{"format", "pt"}});
  }
  void write_index(const std::string& map) const {
    std::ofstream(folder_ / "model.safetensors.index.json")
        << R"({"metadata":{"total_size":1},"weight_map":{)" << map << "}}";
  }
  /// What is wrong with an index of `a` and `more`.
  std::string failure_of(const std::string& more) const {
    write_index(R"("a":"model-00001-of-00002.safetensors",)" + more);
    return failure(folder_.path());
  }
  TestFolder folder_;
};

TEST_F(Shards, AreReadAsOne) {
  EXPECT_NE(failure(folder_.path()).find("is a folder without model.safetensors.index.json"),
            std::string::npos);
  EXPECT_EQ(failure_of(R"("b":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors")"),
            "");
  for (const auto& path : {folder_.path(), folder_ / "model.safetensors.index.json"}) {
    const TensorFile file = TensorFile::open(path);
    EXPECT_EQ(file.path(), folder_ / "model.safetensors.index.json");
    EXPECT_EQ(file.entries().size(), 3u);
    EXPECT_EQ(file.tensor("b").sum().item<std::int64_t>(), 3);
    EXPECT_EQ(file.tensor("c").sum().item<float>(), 4.0f);
  }
}

TEST_F(Shards, NameWhatIsWrong) {
  const std::string b = R"("b":"model-00001-of-00002.safetensors",)";
  EXPECT_NE(
      failure_of(b + R"("c":"model-00003.safetensors")").find("shard 'model-00003.safetensors' is missing"),
      std::string::npos);
  EXPECT_NE(failure_of(R"("c":"model-00002-of-00002.safetensors")").find("'b' of shard 'model-00001"),
            std::string::npos);
  EXPECT_NE(failure_of(b + R"("d":"model-00002-of-00002.safetensors")").find("'c' of shard 'model-00002"),
            std::string::npos);
  EXPECT_NE(failure_of(b + R"("d":"model-00001-of-00002.safetensors")").find("'d' is not in its shard"),
            std::string::npos);
  for (const char* name :
       {"../x.safetensors", "/etc/passwd", "..", "", "x\\\\y", "model.safetensors.index.json"}) {
    EXPECT_NE(failure_of(std::string(R"("c":")") + name + "\"").find("'c' is in '"), std::string::npos)
        << name;
  }
  write_index("");
  EXPECT_NE(failure(folder_.path()).find("names no tensor"), std::string::npos);
}

TEST_F(Shards, NoTensorComesTwice) {
  write_safetensors(folder_ / "model-00002-of-00002.safetensors",
                    std::vector<NamedTensor>{{"a", at::ones({4})}});
  EXPECT_NE(failure_of(R"("b":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors")")
                .find("two tensors are named 'a'"),
            std::string::npos);
}

TEST(TensorFile, FindsThePrefixOfANetwork) {
  const TestFolder folder;
  write_safetensors(folder / "a",
                    std::vector<NamedTensor>{
                        {"x.ema.net.w", at::ones(1)}, {"x.net.w", at::ones(1)}, {"x.net.notw", at::ones(1)}});
  const TensorFile file = TensorFile::open(folder / "a");
  EXPECT_EQ(file.prefix_of("w"), "x.net.");
  EXPECT_EQ(file.prefix_of("x.net.w"), "");
  EXPECT_THROW(file.prefix_of("otw"), Error);
}

}  // namespace
}  // namespace pupil::nn
