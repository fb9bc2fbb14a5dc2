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
