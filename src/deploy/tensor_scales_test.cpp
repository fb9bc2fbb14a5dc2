// SPDX-License-Identifier: Apache-2.0
#include "deploy/tensor_scales.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "model/random_model.h"

namespace pupil::deploy {
namespace {

edge::ModelImage image_of(const char* name) {
  return edge::random_model(edge::named_sketch(name), 1);
}

TEST(TensorScales, StandInTheRatiosOfTheMultipliers) {
  const QuantisedNetwork network(image_of("small"));
  const std::vector<double> scales = tensor_scales(network);
  int adds = 0;
  for (std::size_t i = 0; i < network.image().layers.size(); ++i) {
    const edge::LayerDraft& layer = network.image().layers[i];
    if (layer.kind != edge::LayerKind::add) continue;
    ++adds;
    EXPECT_NEAR(scales[i] / scales[i + 1], layer.multiplier / 16384.0, 1e-9);
    EXPECT_NEAR(scales[static_cast<std::size_t>(layer.skip_tensor)] / scales[i + 1],
                layer.skip_multiplier / 16384.0, 1e-9);
  }
  EXPECT_GT(adds, 2);
}

TEST(TensorScales, KeepWhatIsFree) {
  edge::ModelImage image = image_of("micro");
  image.layers[0].scale = 0.125F;
  EXPECT_EQ(tensor_scales(QuantisedNetwork(image))[1], 0.125);
}

TEST(TensorScales, InputIsAPowerOfTwo) {
  const double scale = tensor_scales(QuantisedNetwork(image_of("micro")))[0];
  EXPECT_EQ(std::exp2(std::round(std::log2(scale))), scale);
  EXPECT_NEAR(std::log2(scale), -std::log2(12.5), 0.6);  // gains are 10 to 15
}

TEST(TensorScales, WeightsGiveTheMultiplierBack) {
  const edge::ModelImage image = image_of("micro");
  const edge::LayerDraft& layer = image.layers[0];
  const std::vector<double> scales = weight_scales(layer, 0.5, 0.25);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    EXPECT_DOUBLE_EQ(scales[c] * 0.5 / 0.25, std::ldexp(layer.multipliers[c], -21 - layer.shifts[c]));
  }
}

TEST(TensorScales, RefusesAddsThatContradict) {
  edge::ModelSketch sketch;
  sketch.mel_count = 16;
  sketch.window_frames = 30;
  sketch.conv(4, {.t = 3, .f = 3});
  sketch.conv(4, {.t = 3, .f = 3});
  sketch.add(1);
  sketch.add(2);  // of what the first has added already
  sketch.mean();
  edge::ModelImage image = edge::random_model(sketch, 1);
  image.layers[2].multiplier = 8192;
  image.layers[3].multiplier = 16384;
  image.layers[3].skip_multiplier = 16384;
  EXPECT_THROW(tensor_scales(QuantisedNetwork(image)), Error);
  image.layers[3].skip_multiplier = 8192;
  EXPECT_NO_THROW(tensor_scales(QuantisedNetwork(image)));
}

}  // namespace
}  // namespace pupil::deploy
