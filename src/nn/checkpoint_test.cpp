// SPDX-License-Identifier: Apache-2.0
#include "nn/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
#include "nn/test_archive.h"

namespace pupil::nn {
namespace {

using namespace std::string_literals;

std::string text_opcode(const std::string& text) {
  return "X" + std::string{static_cast<char>(text.size()), 0, 0, 0} + text;
}

/// Pushes a tensor on storage '0' of `storage_count` floats; sizes and strides are opcodes of small integers.
std::string tensor_opcodes(const std::string& sizes, const std::string& strides,
                           const std::string& offset = "K\0"s, char storage_count = 6) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text_opcode("storage") + "ctorch\nFloatStorage\n" +
         text_opcode("0") + text_opcode("cpu") + "K" + storage_count + "tQ" + offset + "(" + sizes + "t(" +
         strides +
         "t\x89"
         "ccollections\nOrderedDict\n)RtR";
}

std::string floats(std::initializer_list<float> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(float)};
}

std::string archive_of(const std::string& pickle) {
  return TestArchive().add("a/data.pkl", pickle).add("a/data/0", floats({0, 1, 2, 3, 4, 5})).finish();
}

TensorFile open_bytes(const TestFolder& folder, const std::string& bytes) {
  std::ofstream(folder / "file", std::ios::binary) << bytes;
  return TensorFile::open(folder / "file");
}

std::string failure(const std::string& bytes) {
  const auto copy = as_bytes(bytes);
  try {
    read_checkpoint(copy);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Checkpoint, NamesTensorsAndValuesByTheirPath) {
  const TestFolder folder;
  const TensorFile file = open_bytes(
      folder, archive_of("\x80\x02}(" + text_opcode("epoch") + "K\x07" + text_opcode("state_dict") +
                         "ccollections\nOrderedDict\n)R(" + text_opcode("a.w") +
                         tensor_opcodes("K\x02K\x03", "K\x03K\x01") + text_opcode("a.t") +
                         tensor_opcodes("K\x03K\x02", "K\x01K\x03") + text_opcode("last") +
                         tensor_opcodes("", "", "K\x05") + "u" + text_opcode("list") + "](K\x01" +
                         tensor_opcodes("K\x02", "K\x02", "K\x01") + "eu."));
  ASSERT_EQ(file.entries().size(), 4u);
  EXPECT_EQ(file.entries()[0].name, "state_dict.a.w");
  EXPECT_EQ(file.entries()[3].name, "list.1");
  EXPECT_EQ(std::get<std::int64_t>(file.values().at("epoch")), 7);
  EXPECT_TRUE(at::equal(file.tensor("state_dict.a.w"), at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(at::equal(file.tensor("state_dict.a.t"), file.tensor("state_dict.a.w").t()));
  EXPECT_EQ(file.tensor("state_dict.last").item<float>(), 5.0f);
  EXPECT_TRUE(at::equal(file.tensor("list.1"), at::tensor({1.0f, 3.0f})));
  EXPECT_EQ(file.prefix_of("a.w"), "state_dict.");
}

TEST(Checkpoint, TensorsStayInsideTheirStorage) {
  const auto fails = [](const std::string& tensor) {
    return failure(archive_of("}" + text_opcode("w") + tensor + "s."));
  };
  EXPECT_EQ(fails(tensor_opcodes("K\x06", "K\x01")), "");
  EXPECT_NE(fails(tensor_opcodes("K\x07", "K\x01")).find("tensor 'w': shape [7]"), std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("K\x06", "K\x01", "K\x01")).find("reaches beyond its storage"),
            std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("K\x02K\x02", "K\x05K\x01")).find("reaches beyond"), std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("K\x02", "J\xff\xff\xff\xff")).find("negative"), std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("J\xff\xff\xff\xff", "K\x01")).find("negative"), std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("K\x02", "")), "");
  EXPECT_NE(fails(tensor_opcodes("J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f", "K\0K\0K\0"s))
                .find("too many"),
            std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("J\xff\xff\xff\x7f", "K\0"s)).find("made of only"), std::string::npos);
  EXPECT_NE(fails(tensor_opcodes("K\x06", "K\x01", "K\0"s, 7)).find("has 24 bytes, wanted 28"),
            std::string::npos);
}

TEST(Checkpoint, MissingPartsAreNamed) {
  const std::string pickle = "}" + text_opcode("w") + tensor_opcodes("K\x06", "K\x01") + "s.";
  EXPECT_NE(failure(TestArchive().add("a/data.pkl", pickle).finish()).find("storage '0' is not in the file"),
            std::string::npos);
  EXPECT_NE(failure(TestArchive().add("a/readme", "x").finish()).find("data.pkl"), std::string::npos);
  EXPECT_NE(failure(TestArchive({.compression = 8}).add("a/data.pkl", pickle).finish()).find("compressed"),
            std::string::npos);
  EXPECT_NE(
      failure(TestArchive().add("a/data.pkl", pickle).add("a/byteorder", "big").finish()).find("big-endian"),
      std::string::npos);
}

TEST(Checkpoint, ThingsThatContainThemselvesEnd) {
  EXPECT_EQ(failure(archive_of("]q\x01h\x01"
                               "a.")),
            "");
  EXPECT_EQ(failure(archive_of("}q\x01" + text_opcode("me") + "h\x01s.")), "");
}

TEST(Checkpoint, NestingThatDoublesIsBounded) {
  // x = [x, x], forty times: 2^40 paths in 300 bytes.
  std::string pickle = "K\x01";
  for (int i = 0; i < 40; ++i) pickle += "2\x86"s;
  EXPECT_NE(failure(archive_of(pickle + ".")).find("repeats itself"), std::string::npos);
  std::string deep = "K\x01";
  for (int i = 0; i < 1000; ++i) deep += "\x85"s;
  EXPECT_NE(failure(archive_of(deep + ".")).find("nested too deeply"), std::string::npos);
}

TEST(Checkpoint, ReadsTheOlderForm) {
  const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  const std::string head = magic + "\x80\x02M\xe9\x03." + "\x80\x02}.";
  const std::string objects =
      "\x80\x02}" + text_opcode("w") + tensor_opcodes("K\x02K\x03", "K\x03K\x01") + "s.";
  const std::string keys = "\x80\x02]" + text_opcode("0") + "a.";
  const std::string whole = head + objects + keys + "\x06\0\0\0\0\0\0\0"s + floats({0, 1, 2, 3, 4, 5});
  const TestFolder folder;
  EXPECT_TRUE(at::equal(open_bytes(folder, whole).tensor("w"), at::arange(6, at::kFloat).view({2, 3})));
  for (std::size_t size = magic.size(); size < whole.size(); ++size)
    EXPECT_NE(failure(whole.substr(0, size)), "") << size;
}

// ---- Real files.

std::string shared(const std::string& path) {
  return std::string(PUPIL_SHARED_DIR) + "/" + path;
}

#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << (path) << " is not there"

TEST(Checkpoint, ALightningCheckpointEqualsItsSafetensors) {
  const std::string path = shared("golden/audiosep_tiny/tiny_lightning.ckpt");
  SKIP_WITHOUT(path);
  const TensorFile checkpoint = TensorFile::open(path);
  const TensorFile weights = TensorFile::open(shared("golden/audiosep_tiny/weights.safetensors"));
  const std::string known(weights.entries()[0].name);
  const std::string prefix = checkpoint.prefix_of(known);
  EXPECT_EQ(prefix, "state_dict.ss_model.");
  ASSERT_GT(weights.entries().size(), 300u);
  for (const TensorEntry& entry : weights.entries()) {
    EXPECT_TRUE(at::equal(checkpoint.tensor(prefix + entry.name), weights.tensor(entry.name))) << entry.name;
  }
}

TEST(Checkpoint, ALaionCheckpointCarriesItsOptimizer) {
  const std::string path = shared("golden/clap_tiny/laion/unfused.pt");
  SKIP_WITHOUT(path);
  const TensorFile file = TensorFile::open(path);
  EXPECT_EQ(file.prefix_of("audio_branch.bn0.weight"), "state_dict.module.");
  EXPECT_TRUE(file.values().contains("epoch"));
  EXPECT_TRUE(file.values().contains("optimizer.param_groups.0.lr"));
  EXPECT_TRUE(std::isfinite(file.tensor("state_dict.module.logit_scale_a").item<float>()));
}

TEST(Checkpoint, TruncatedRealFilesAreErrors) {
  const std::string path = shared("weights/efficientat_mn04/mn04_as_mAP_432.pt");
  SKIP_WITHOUT(path);
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ASSERT_EQ(failure(whole), "");
  const auto bytes = as_bytes(whole);
  for (std::size_t size = 0; size < bytes.size(); size += 1999) {
    EXPECT_THROW(read_checkpoint(std::span(bytes).first(size)), Error) << size;
  }
}

}  // namespace
}  // namespace pupil::nn
