// SPDX-License-Identifier: Apache-2.0
// VGGish against the published definition written out as loops, on random weights.
#include "general/vggish.h"

#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/test_folder.h"
#include "general/random_vggish.h"

namespace pupil::general {
namespace {

const VggishWidths kNarrow = {2, 3, 4, 3, 5, 4, 7, 6, 5};

/// [height, width, C], as TensorFlow has it.
struct Image {
  int height, width, channels;
  std::vector<double> values;

  double at(int y, int x, int c) const {
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    return values[static_cast<std::size_t>((y * width + x) * channels + c)];
  }
};

Image convolved(const Image& in, const std::vector<float>& weights, const std::vector<float>& bias) {
  Image out{in.height, in.width, static_cast<int>(bias.size()), {}};
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      for (int o = 0; o < out.channels; ++o) {
        double sum = bias[static_cast<std::size_t>(o)];
        for (int c = 0; c < in.channels; ++c) {
          for (int i = 0; i < 9; ++i)
            sum += weights[static_cast<std::size_t>((o * in.channels + c) * 9 + i)] *
                   in.at(y + i / 3 - 1, x + i % 3 - 1, c);
        }
        out.values.push_back(std::max(sum, 0.0));
      }
    }
  }
  return out;
}

Image pooled(const Image& in) {
  Image out{in.height / 2, in.width / 2, in.channels, {}};
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (int c = 0; c < in.channels; ++c)
        out.values.push_back(std::max({in.at(2 * y, 2 * x, c), in.at(2 * y, 2 * x + 1, c),
                                       in.at(2 * y + 1, 2 * x, c), in.at(2 * y + 1, 2 * x + 1, c)}));
    }
  }
  return out;
}

std::vector<double> connected(const std::vector<double>& in, const std::vector<float>& weights,
                              const std::vector<float>& bias, bool is_last) {
  std::vector<double> out;
  for (std::size_t o = 0; o < bias.size(); ++o) {
    double sum = bias[o];
    for (std::size_t i = 0; i < in.size(); ++i) sum += weights[o * in.size() + i] * in[i];
    out.push_back(is_last ? sum : std::max(sum, 0.0));
  }
  return out;
}

std::vector<double> reference(const std::map<std::string, std::vector<float>>& weights,
                              const std::vector<float>& patch) {
  Image x{96, 64, 1, {patch.begin(), patch.end()}};
  const auto convolve = [&](const std::string& name) {
    x = convolved(x, weights.at(name + ".weight"), weights.at(name + ".bias"));
  };
  convolve("features.0");
  x = pooled(x);
  convolve("features.3");
  x = pooled(x);
  convolve("features.6");
  convolve("features.8");
  x = pooled(x);
  convolve("features.11");
  convolve("features.13");
  x = pooled(x);
  std::vector<double> y = x.values;
  for (const char* name : {"embeddings.0", "embeddings.2", "embeddings.4"})
    y = connected(y, weights.at(std::string(name) + ".weight"), weights.at(std::string(name) + ".bias"),
                  std::string(name) == "embeddings.4");
  return y;
}

TEST(Vggish, IsTheDefinitionOnRandomWeights) {
  TestFolder folder;
  const auto weights = random_vggish(kNarrow);
  write_vggish(folder / "vggish.safetensors", weights);
  const Vggish net = Vggish::load(nn::TensorFile::open(folder / "vggish.safetensors"));
  EXPECT_EQ(net.embedding_size(), 5);
  std::vector<float> patch(96 * 64);
  for (std::size_t i = 0; i < patch.size(); ++i) patch[i] = std::sin(0.37F * static_cast<float>(i)) * 3 - 1;
  const at::Tensor embedding = net.forward(at::from_blob(patch.data(), {1, 96, 64}));
  const std::vector<double> wanted = reference(weights, patch);
  ASSERT_EQ(embedding.size(1), std::ssize(wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(embedding[0][static_cast<std::int64_t>(i)].item<float>(), wanted[i], 1e-4) << i;
}

TEST(Vggish, CountsItsMultiplications) {
  TestFolder folder;
  write_vggish(folder / "vggish.safetensors", random_vggish(kNarrow));
  const Vggish net = Vggish::load(nn::TensorFile::open(folder / "vggish.safetensors"));
  EXPECT_EQ(net.macs(), 6144 * 18 + 1536 * 54 + 384 * (108 + 108) + 96 * (135 + 180) + 96 * 7 + 42 + 30);
}

TEST(Vggish, AMissingTensorIsNamed) {
  TestFolder folder;
  auto weights = random_vggish(kNarrow);
  weights.erase("features.8.weight");
  weights.erase("features.8.bias");
  write_vggish(folder / "vggish.safetensors", weights);
  try {
    Vggish::load(nn::TensorFile::open(folder / "vggish.safetensors"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("features.8.weight"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pupil::general
