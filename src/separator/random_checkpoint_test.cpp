// SPDX-License-Identifier: Apache-2.0
#include "separator/random_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/json.h"
#include "base/test_folder.h"
#include "separator/golden_test.h"
#include "separator/separator.h"

namespace pupil::separator {
namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

TEST(RandomCheckpoint, HasNamesAndShapesOfThePublishedOneAndRuns) {
  SKIP_WITHOUT_GOLDEN();
  Shapes published;
  const Json list = read_json(tiny_dir() / "full_checkpoint.tensors.json");
  for (const Json& entry : list.at("ss_model").as_array()) {
    const std::string& name = entry.at("name").as_string();
    if (name.find(".stft.") != std::string::npos || name.find(".istft.") != std::string::npos) continue;
    for (const Json& size : entry.at("shape").as_array()) published[name].push_back(size.as_int());
    if (entry.at("shape").as_array().empty()) published[name] = {};
  }
  const TestFolder folder;
  write_random_checkpoint(folder / "full.safetensors");
  Shapes ours;
  const nn::TensorFile file = nn::TensorFile::open(folder / "full.safetensors");
  for (const nn::TensorEntry& entry : file.entries()) ours[entry.name] = entry.shape;
  EXPECT_EQ(ours, published);

  const Separator separator(folder / "full.safetensors");
  const std::vector<float> condition(512, 1 / std::sqrt(512.0F));
  std::vector<float> noise = values_of(at::randn({6000}) * 0.1);
  const std::vector<float> wanted = separator.separate(noise, separator.query(condition));
  EXPECT_EQ(wanted.size(), noise.size());
  EXPECT_TRUE(std::all_of(wanted.begin(), wanted.end(), [](float sample) { return std::isfinite(sample); }));
  EXPECT_GT(at::tensor(wanted).std().item<float>(), 0.01F);
}

TEST(RandomCheckpoint, SmallerSizesLoadToo) {
  const TestFolder folder;
  write_random_checkpoint(folder / "small.safetensors", {{2, 4, 6}, 129, 16});
  const Separator separator(folder / "small.safetensors");
  EXPECT_EQ(separator.condition_size(), 16);
  const Query query = separator.query(std::vector<float>(16, 0.25F));
  EXPECT_EQ(separator.separate(std::vector<float>(5000, 0.1F), query).size(), 5000U);
}

TEST(RandomCheckpoint, SameSeedSameBytes) {
  const TestFolder folder;
  write_random_checkpoint(folder / "a", {{2, 2}, 65, 8}, 7);
  write_random_checkpoint(folder / "b", {{2, 2}, 65, 8}, 7);
  write_random_checkpoint(folder / "c", {{2, 2}, 65, 8}, 8);
  EXPECT_EQ(file_bytes(folder / "a"), file_bytes(folder / "b"));
  EXPECT_NE(file_bytes(folder / "a"), file_bytes(folder / "c"));
}

}  // namespace
}  // namespace pupil::separator
