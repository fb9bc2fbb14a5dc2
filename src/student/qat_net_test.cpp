// SPDX-License-Identifier: Apache-2.0
#include "student/qat_net.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "pupil/edge/network.h"
#include "student/model_image.h"
#include "training/adam_w.h"

namespace pupil::student {
namespace {

const std::vector<std::string> kAllKinds = {"conv 10 k3x3 s2x2", "inverted 10 x2", "separable 18 k3x5 s2x1",
                                            "cp 18 x1.5 k1x3",   "conv 7 k2x3",    "mean_f",
                                            "pointwise 33"};

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed));
}

/// A student whose float weights are random and whose norms have seen some batches.
struct Made {
  Student student;
  std::unique_ptr<MelCnn> net;
  std::unique_ptr<QatNet> quantised;
};

at::Tensor calibration_batch(std::int64_t b) {
  return random({16, 40, 22}, 500 + static_cast<std::uint64_t>(b));
}

Made make_student(std::uint64_t seed) {
  Made made;
  Student& s = made.student;
  s.front_end.mel_count = 22;
  s.network = make_network(kAllKinds, 40, 22, 5);
  s.class_names = {"a", "b", "c", "d", "e"};
  for (int f = 0; f < 22; ++f) {
    s.scale.mean.push_back(-6.0F - 0.1F * static_cast<float>(f));
    s.scale.deviation.push_back(2.0F + 0.05F * static_cast<float>(f));
  }
  made.net = std::make_unique<MelCnn>(s.network, at::kCPU, seed);
  const at::NoGradGuard no_gradient;
  for (int i = 0; i < 60; ++i)
    made.net->forward(random({16, 40, 22}, 100 + static_cast<std::uint64_t>(i)), true);
  s.parameters = made.net->parameters();
  s.statistics = made.net->statistics();
  const at::Tensor folded = fold(*made.net);
  const auto ranges = measure_ranges(s.network, folded, 4, calibration_batch);
  s.quantised = folded;
  s.ranges = ranges_tensor(ranges);
  made.quantised = std::make_unique<QatNet>(s.network, folded, ranges);
  return made;
}

std::vector<float> device_logits(const Student& student, const std::vector<float>& frames) {
  const std::vector<std::byte> file = edge::write_model(make_model_image(student));
  std::vector<std::max_align_t> aligned(file.size() / sizeof(std::max_align_t) + 1);
  std::memcpy(aligned.data(), file.data(), file.size());
  edge::Model model;
  EXPECT_EQ(model.load({reinterpret_cast<const std::byte*>(aligned.data()), file.size()}), edge::Status::ok);
  std::vector<std::byte> arena(edge::Network::arena_bytes(model));
  edge::Network network;
  EXPECT_EQ(network.init(model, arena), edge::Status::ok);
  std::vector<float> scores(student.class_names.size());
  EXPECT_EQ(network.run(frames, scores), edge::Status::ok);
  return {network.logits().begin(), network.logits().end()};
}

TEST(QatNet, DeviceGivesTheSameBits) {
  const Made made = make_student(3);
  const InputScale scale = input_scale(made.student.scale, made.quantised->ranges()[0]);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const at::Tensor frames = (random({40, 22}, seed) * 3.0 - 6.0).contiguous();
    std::vector<float> plain(frames.data_ptr<float>(), frames.data_ptr<float>() + frames.numel());
    at::Tensor levels = at::empty({1, 40, 22});
    input_levels(scale, plain, {levels.data_ptr<float>(), plain.size()});
    const at::Tensor ours = made.quantised->forward_levels(levels, false).logits;
    const at::Tensor trained = made.quantised->forward_levels(levels, true).logits;
    const std::vector<float> device = device_logits(made.student, plain);
    for (std::int64_t c = 0; c < 5; ++c) {
      EXPECT_EQ(ours.data_ptr<float>()[c], device[static_cast<std::size_t>(c)]);
      EXPECT_EQ(trained.data_ptr<float>()[c], device[static_cast<std::size_t>(c)]);
    }
  }
}

TEST(QatNet, StaysNearTheFloatNetwork) {
  const Made made = make_student(4);
  const at::NoGradGuard no_gradient;
  const at::Tensor input = random({32, 40, 22}, 9);
  const at::Tensor exact = made.net->forward(input, false).logits;
  const at::Tensor rounded = made.quantised->forward(input, false).logits;
  // Eight bits through a dozen layers of random weights.
  EXPECT_LT((exact - rounded).norm().item<double>(), 0.1 * exact.norm().item<double>());
}

// The norm of a channel that is nearly silent asks for weights that the multipliers cannot hold at a sensible scale: the
// others must not become coarse for it.
TEST(QatNet, AnAlmostSilentChannelLeavesTheOthersTheirLevels) {
  const Made made = make_student(4);
  const NetworkSpec& spec = made.student.network;
  const std::vector<FoldedPlace> places = folded_places(spec);
  const auto depthwise = static_cast<std::size_t>(
      std::find_if(spec.layers.begin(), spec.layers.end(),
                   [](const LayerSpec& layer) { return layer.kind == LayerKind::depthwise; }) -
      spec.layers.begin());
  ASSERT_TRUE(spec.layers[depthwise - 1].kind == LayerKind::conv);
  const at::NoGradGuard no_gradient;
  const auto output_scale = [&](float weight) {
    at::Tensor folded = made.student.quantised.clone();
    auto* values = folded.data_ptr<float>();
    const LayerSpec& before = spec.layers[depthwise - 1];
    const std::int64_t taps = before.weight_count() / before.channels;
    for (std::int64_t k = 0; k < taps; ++k) values[places[depthwise - 1].weight + k] *= 1e-3F;
    values[places[depthwise - 1].bias] = 0;
    values[places[depthwise].weight] = weight;
    const std::vector<TensorRange> ranges = measure_ranges(spec, folded, 4, calibration_batch);
    return ranges[depthwise + 1].scale;
  };
  EXPECT_LT(output_scale(100.0F), 2 * output_scale(1.0F));
}

// The straight-through gradient leads downhill.
TEST(QatNet, GradientLeadsDownhill) {
  const Made made = make_student(5);
  const at::Tensor input = random({32, 40, 22}, 9), target = random({32, 5}, 10);
  const at::Tensor before = made.quantised->forward(input, true).logits;
  (before - target).square().mean().backward();
  at::Tensor gradient = made.quantised->parameters().grad().clone();
  const double loss = (before.detach() - target).square().mean().item<double>();
  // A step that should take 2 % off the loss takes some of it.
  const at::NoGradGuard no_gradient;
  const double step = 0.02 * loss / gradient.square().sum().item<double>();
  made.quantised->parameters().sub_(gradient, step);
  const double after = (made.quantised->forward(input, false).logits - target).square().mean().item<double>();
  EXPECT_LT(after, 0.995 * loss);
}

TEST(QatNet, BackwardAfterAnotherForwardIsAnError) {
  const Made made = make_student(7);
  QatNet& net = *made.quantised;
  for (const bool training : {true, false}) {
    const at::Tensor loss = net.forward(random({4, 40, 22}, 1), true).logits.square().sum();
    const at::Tensor later = net.forward(random({4, 40, 22}, 2), training).logits;
    EXPECT_THROW(loss.backward(), Error) << training;
    if (!training) continue;
    EXPECT_NO_THROW(later.square().sum().backward());
  }
}

TEST(QatNet, LearnsThroughTheRounding) {
  const Made made = make_student(6);
  const at::Tensor input = random({32, 40, 22}, 9), target = random({32, 5}, 10);
  QatNet& net = *made.quantised;
  training::AdamW adam(net.parameters(), net.decay_mask(), {});
  double first = 0, last = 0;
  for (int i = 0; i < 60; ++i) {
    const at::Tensor loss = (net.forward(input, true).logits - target).square().mean();
    last = loss.item<double>();
    if (i == 0) first = last;
    loss.backward();
    adam.step(net.parameters(), net.parameters().grad().norm().item<double>(), 3e-3, i);
  }
  EXPECT_LT(last, 0.5 * first);
}

}  // namespace
}  // namespace pupil::student
