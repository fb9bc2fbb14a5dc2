// SPDX-License-Identifier: Apache-2.0
#include "nn/model_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"

namespace pupil::nn {
namespace {

std::string error_of(std::string_view model, const std::filesystem::path& cache) {
  try {
    resolve_model(model, "", cache);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ModelStore, KnownModelsAreWhole) {
  std::set<std::string_view> names;
  for (const KnownModel& model : known_models()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_FALSE(model.licence.empty());
    EXPECT_GT(model.bytes, 1'000'000);
    for (const KnownFile& file : model.files) EXPECT_TRUE(file.url.starts_with("https://")) << file.url;
  }
}

TEST(ModelStore, APathIsItself) {
  const TestFolder folder;
  std::ofstream(folder / "own.pt") << "x";
  EXPECT_EQ(resolve_model((folder / "own.pt").string(), "", folder.path()), folder / "own.pt");
  EXPECT_EQ(resolve_model("own.pt", folder.path(), folder.path()), folder / "own.pt");
}

TEST(ModelStore, ErrorsSayWhatToType) {
  const TestFolder cache;
  EXPECT_EQ(error_of("efficientat-mn04", cache.path()),
            "model 'efficientat-mn04' (4.1 MB) is not fetched yet: pupil models fetch efficientat-mn04");
  EXPECT_EQ(
      error_of("efficientat-mn4", cache.path()),
      "'efficientat-mn4' is neither a file nor a known model, did you mean 'efficientat-mn04'? (see pupil models list)");
}

TEST(ModelStore, ModelsThatShipAreFoundByName) {
  const TestFolder folder;
  std::filesystem::create_directories(folder / "ear-nano");
  std::ofstream(folder / "ear-nano/model.safetensors") << "12345";
  std::filesystem::create_directories(folder / "notes");
  ::setenv("PUPIL_MODELS", folder.path().c_str(), 1);
  ASSERT_EQ(built_in_models().size(), 1U);
  EXPECT_EQ(built_in_models()[0].bytes, 5);
  EXPECT_EQ(resolve_model("ear-nano", "", folder / "cache"), folder / "ear-nano");
  EXPECT_NE(error_of("ear-nan", folder / "cache").find("did you mean 'ear-nano'"), std::string::npos);
  ::unsetenv("PUPIL_MODELS");
}

TEST(ModelStore, AnIndexOfShardsIsAllOfThem) {
  const TestFolder folder;
  const auto index = folder / "model.safetensors.index.json";
  std::ofstream(index) << R"({"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"1.safetensors"}})";
  std::ofstream(folder / "1.safetensors") << "one";
  std::ofstream(folder / "2.safetensors") << "two";
  std::ofstream(folder / "other.txt") << "x";
  const auto hashes = [&] {
    std::vector<std::string> all;
    for (const FileCheck& file : verify_model(index))
      all.push_back(file.path.filename().string() + " " + file.sha256);
    return all;
  };
  const auto before = hashes();
  EXPECT_EQ(before, (std::vector<std::string>{
                        "1.safetensors " + sha256_hex("one"), "2.safetensors " + sha256_hex("two"),
                        "model.safetensors.index.json " + verify_model(index)[2].sha256}));
  std::ofstream(folder / "2.safetensors") << "new";
  EXPECT_NE(hashes(), before);
}

TEST(ModelStore, VerifyComparesWithTheRecord) {
  const TestFolder folder;
  std::ofstream(folder / "a.bin") << "abc";
  EXPECT_TRUE(verify_model(folder.path())[0].expected.empty());
  std::ofstream(folder / "a.bin.sha256") << sha256_hex("abc") << "  a.bin\n";
  EXPECT_TRUE(verify_model(folder.path())[0].good());
  std::ofstream(folder / "a.bin") << "abd";
  EXPECT_FALSE(verify_model(folder / "a.bin")[0].good());
}

}  // namespace
}  // namespace pupil::nn
