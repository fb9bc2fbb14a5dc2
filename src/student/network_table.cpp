// SPDX-License-Identifier: Apache-2.0
// The networks that pupil names: bodies times sizes. Measured against each other in docs/results.md.

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "student/network_spec.h"

namespace pupil::student {
namespace {

struct NamedNetwork {
  std::string_view size;
  std::string_view body;
  std::vector<std::string> blocks;
};

// Channels are multiples of 16: whole vectors on the devices and in training.
// Limits: tiny 64 kB and 4 MMAC/s, small 256 kB and 12 MMAC/s, base 700 kB and 30 MMAC/s, at 64 mel bins x 10
// ms.
const std::vector<NamedNetwork>& named_networks() {
  static const std::vector<NamedNetwork> networks = {
      {"tiny",
       "inverted",
       {"conv 16 k3x3 s2x2", "inverted 16 x1 s2x2", "inverted 16 x2 s1x2", "inverted 16 x3",
        "inverted 32 x3 s2x2", "inverted 32 x3 k1x3", "inverted 48 x4", "pointwise 144"}},
      {"small",
       "inverted",
       {"conv 16 k3x3 s2x2", "inverted 32 x2 s2x2", "inverted 32 x2 s1x2", "inverted 32 x3",
        "inverted 64 x4 s2x2", "inverted 64 x3 k1x3", "inverted 64 x3", "inverted 96 x4 k1x3",
        "pointwise 320"}},
      {"base",
       "inverted",
       {"conv 32 k3x3 s2x2", "inverted 32 x1 s2x2", "inverted 32 x2", "inverted 64 x3 s1x2", "inverted 64 x2",
        "inverted 112 x3 s2x2", "inverted 112 x3 k1x3", "inverted 112 x3", "inverted 144 x3 k1x3",
        "pointwise 480"}},
      {"tiny",
       "cp",
       {"conv 16 k3x3 s2x2", "cp 16 x1 s2x2", "cp 16 x2 s1x2", "cp 16 x3", "cp 32 x3 s2x2", "cp 32 x3 k1x3",
        "cp 48 x4", "pointwise 144"}},
      {"small",
       "cp",
       {"conv 16 k3x3 s2x2", "cp 32 x2 s2x2", "cp 32 x2 s1x2", "cp 32 x3", "cp 64 x4 s2x2", "cp 64 x3 k1x3",
        "cp 64 x3", "cp 96 x4 k1x3", "pointwise 320"}},
      {"base",
       "cp",
       {"conv 32 k3x3 s2x2", "cp 32 x1 s2x2", "cp 32 x2", "cp 64 x3 s1x2", "cp 64 x2", "cp 112 x3 s2x2",
        "cp 112 x3 k1x3", "cp 112 x3", "cp 144 x3 k1x3", "pointwise 480"}},
      {"tiny",
       "separable",
       {"conv 16 k3x3 s2x2", "separable 32 s2x2", "separable 32 s1x2", "separable 48", "separable 64 s2x2",
        "separable 64 k1x3", "separable 96", "pointwise 160"}},
      {"small",
       "separable",
       {"conv 16 k3x3 s2x2", "separable 48 s2x2", "separable 64", "separable 96 s1x2", "separable 96",
        "separable 160 s2x2", "separable 160 k1x3", "separable 192", "pointwise 288"}},
      {"base",
       "separable",
       {"conv 32 k3x3 s2x2", "separable 64 s2x2", "separable 96", "separable 144 s1x2", "separable 144",
        "separable 256 s2x2", "separable 256 k1x3", "separable 320", "pointwise 512"}},
      {"tiny", "plain", {"conv 16 k3x3 s2x2", "conv 16 k3x3 s2x2", "conv 32 k3x3 s2x2", "conv 64 k3x3 s1x2"}},
      {"small",
       "plain",
       {"conv 16 k3x3 s2x2", "conv 48 k3x3 s2x2", "conv 64 k3x3 s2x2", "conv 128 k3x3 s1x2"}},
      {"base",
       "plain",
       {"conv 32 k3x3 s2x2", "conv 64 k3x3 s2x2", "conv 128 k3x3 s2x2", "conv 208 k3x3 s1x2"}},
  };
  return networks;
}

}  // namespace

std::vector<std::string> named_blocks(std::string_view size, std::string_view body) {
  constexpr std::array<std::string_view, 3> kSizes = {"tiny", "small", "base"};
  constexpr std::array<std::string_view, 4> kBodies = {"inverted", "separable", "cp", "plain"};
  bool size_known = false;
  for (const NamedNetwork& network : named_networks()) {
    if (network.size == size && network.body == body) return network.blocks;
    size_known = size_known || network.size == size;
  }
  if (!size_known) throw Error(concat("network: unknown size '", size, "'", did_you_mean(size, kSizes)));
  throw Error(concat("network: unknown body '", body, "'", did_you_mean(body, kBodies)));
}

std::vector<std::string> network_blocks(const TrainSection& train) {
  return train.blocks.empty() ? named_blocks(train.size, train.body) : train.blocks;
}

}  // namespace pupil::student
