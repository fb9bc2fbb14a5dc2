// SPDX-License-Identifier: Apache-2.0
#include "deploy/onnx_model.h"

#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>

#include "model/random_model.h"

namespace pupil::deploy {
namespace {

onnx::ModelProto exported(const edge::ModelImage& image) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(onnx_bytes(QuantisedNetwork(image))));
  return model;
}

edge::ModelImage random_image(const char* name) {
  return edge::random_model(edge::named_sketch(name), 1);
}

std::int64_t count(const onnx::ModelProto& model, std::string_view operation) {
  const auto& nodes = model.graph().node();
  return std::count_if(nodes.begin(), nodes.end(),
                       [&](const auto& node) { return node.op_type() == operation; });
}

TEST(OnnxModel, PassesTheChecker) {
  for (const char* name : {"micro", "tiny", "small", "dscnn"}) {
    EXPECT_NO_THROW(onnx::checker::check_model(exported(random_image(name)))) << name;
  }
}

TEST(OnnxModel, ShapesAreThoseOfTheDevice) {
  const edge::ModelImage image = random_image("small");
  const QuantisedNetwork network(image);
  onnx::ModelProto model = exported(image);
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {true, 1, false});
  int seen = 0;
  for (const auto& value : model.graph().value_info()) {
    for (std::int32_t i = 0; i + 1 < network.model().layer_count(); ++i) {
      if (value.name() != "layer" + std::to_string(i)) continue;
      const edge::LayerInfo info = network.model().layer(i);
      const auto& shape = value.type().tensor_type().shape();
      ASSERT_EQ(shape.dim_size(), 4);
      EXPECT_EQ(shape.dim(1).dim_value(), info.channels) << value.name();
      EXPECT_EQ(shape.dim(2).dim_value(), info.frames) << value.name();
      EXPECT_EQ(shape.dim(3).dim_value(), info.bins) << value.name();
      ++seen;
    }
  }
  EXPECT_EQ(seen, network.model().layer_count() - 1);
}

TEST(OnnxModel, BoundsOnlyWhatInt8DoesNot) {
  edge::ModelImage image = random_image("micro");
  EXPECT_EQ(count(exported(image), "Relu") + count(exported(image), "Clip"), 0);
  image.layers[0].zero_point = image.layers[0].clamp_min = -100;
  image.layers[1].clamp_max = 100;
  EXPECT_EQ(count(exported(image), "Relu"), 1);
  EXPECT_EQ(count(exported(image), "Clip"), 1);
}

TEST(OnnxModel, CarriesLabelsAndMetadata) {
  edge::ModelImage image = random_image("micro");
  image.metadata.emplace_back("licences", "CC0");
  image.classes[0].threshold = 0.25F;
  const onnx::ModelProto model = exported(image);
  const auto value = [&](std::string_view key) -> std::string {
    for (const auto& entry : model.metadata_props()) {
      if (entry.key() == key) return entry.value();
    }
    return "absent";
  };
  EXPECT_EQ(value("pupil.licences"), "CC0");
  EXPECT_EQ(value("pupil.labels"), "class 0\nclass 1\nclass 2");
  EXPECT_EQ(value("pupil.thresholds"), "0.25\n0.5\n0.5");
  EXPECT_EQ(value("pupil.scores"), "softmax");
}

TEST(OnnxModel, SameNetworkSameBytes) {
  const QuantisedNetwork network(random_image("micro"));
  EXPECT_EQ(onnx_bytes(network), onnx_bytes(network));
}

}  // namespace
}  // namespace pupil::deploy
