// SPDX-License-Identifier: Apache-2.0
// The network that learns against the one that separates.

#include "pretrain/trainable_resunet.h"

#include "base/error.h"
#include "base/test_folder.h"
#include "separator/golden_test.h"
#include "separator/separator.h"

namespace pupil::pretrain {
namespace {

using namespace separator;  // the golden data and what is compared with

constexpr std::int64_t kHopSamples = 320;
// Two blocks on 256 bins: a step takes milliseconds.
const TrainableSizes kSmall{{4, 8}, {2, 1}, {4, 2}, 257, 8};

Stft stft_of(const TrainableResUNet& network) {
  return Stft(2 * (network.bin_count() - 1), kHopSamples);
}

at::Tensor separated(const TrainableResUNet& network, const at::Tensor& samples, const at::Tensor& conditions,
                     bool training) {
  const MixtureBatch mixtures(stft_of(network), samples);
  return mixtures.separated(network.logits(mixtures.magnitudes(), conditions, training));
}

void write(const TrainableResUNet& network, const std::filesystem::path& path) {
  const std::vector<nn::NamedTensor> tensors =
      network.published(network.parameters().values(), network.statistics(), at::kFloat);
  nn::write_safetensors(path, tensors);
}

class TrainableGolden : public testing::TestWithParam<const char*> {};

TEST_P(TrainableGolden, WaveformMatches) {
  SKIP_WITHOUT_GOLDEN();
  const at::NoGradGuard no_gradient;
  const auto network = TrainableResUNet::load(nn::TensorFile::open(tiny_dir() / GetParam()));
  const at::Tensor mixture = at::tensor(golden_audio("mixture_2s_32k.wav")).unsqueeze(0);
  for (const std::int64_t row : {0, 1}) {
    const at::Tensor condition = at::tensor(golden_condition(row)).unsqueeze(0);
    const at::Tensor wanted = golden("expected.safetensors", row == 0 ? "waveform" : "waveform_condition1");
    EXPECT_LT(distance(separated(network, mixture, condition, false), wanted), 5e-6F) << row;
  }
}

TEST_P(TrainableGolden, LogitsMatchTheSeparators) {
  SKIP_WITHOUT_GOLDEN();
  const at::NoGradGuard no_gradient;
  const auto network = TrainableResUNet::load(nn::TensorFile::open(tiny_dir() / GetParam()));
  const at::Tensor mixture = at::tensor(golden_audio("mixture_2s_32k.wav")).unsqueeze(0);
  const MixtureBatch mixtures(stft_of(network), mixture);
  const at::Tensor logits =
      network.logits(mixtures.magnitudes(), at::tensor(golden_condition(0)).unsqueeze(0), false);
  const at::Tensor wanted = golden("intermediates.safetensors", "after_conv[:, :32]");
  EXPECT_LT(distance(logits[0].narrow(0, 0, wanted.size(1)).permute({2, 0, 1}).contiguous(), wanted), 5e-5F);
}

INSTANTIATE_TEST_SUITE_P(Files, TrainableGolden,
                         testing::Values("weights.safetensors", "tiny_lightning.ckpt"));

TEST(TrainableResUNet, SeparatesAsItsCheckpoint) {
  const TestFolder folder;
  const TrainableResUNet network(kSmall, 3);
  // Statistics of its own, so that reading them is tested too.
  separated(network, at::randn({4, 6400}), at::randn({4, 8}), true);
  write(network, folder / "m.safetensors");
  const at::NoGradGuard no_gradient;
  const at::Tensor mixtures = at::rand({2, 6500}) - 0.5;
  const at::Tensor conditions = at::randn({2, 8});
  const at::Tensor ours = separated(network, mixtures, conditions, false);
  const Separator separator(folder / "m.safetensors");
  for (const std::int64_t row : {0, 1}) {
    const std::vector<float> theirs =
        separator.separate(values_of(mixtures[row]), separator.query(values_of(conditions[row])));
    EXPECT_LT(distance(at::tensor(theirs), ours[row]), 5e-6F);
  }
}

TEST(TrainableResUNet, BeginsWithHalfOfTheMixture) {
  const at::NoGradGuard no_gradient;
  const at::Tensor mixture = at::rand({1, 6400}) - 0.5;
  const at::Tensor out = separated(TrainableResUNet(kSmall, 1), mixture, at::randn({1, 8}), true);
  const double ratio = (out * mixture).sum().item<double>() / mixture.square().sum().item<double>();
  EXPECT_NEAR(ratio, 0.5, 0.2);
}

TEST(TrainableResUNet, HearsOneLevelInAllBinsOnceCalibrated) {
  TrainableResUNet network(kSmall, 1);
  network.calibrate(at::rand({2, 20, 257}) * at::linspace(1, 5, 257));
  const at::Tensor power = network.statistics().at("base.bn0.running_var");
  EXPECT_NEAR(power[256].item<double>() / power[0].item<double>(), 25, 12);
  separated(network, at::randn({2, 6400}), at::randn({2, 8}), true);
  EXPECT_TRUE(at::equal(power, network.statistics().at("base.bn0.running_var"))) << "training changed it";
}

TEST(TrainableResUNet, EveryTensorThatIsUsedHasAGradient) {
  const TrainableResUNet network(kSmall, 1);
  separated(network, at::randn({2, 6400}), at::randn({2, 8}), true).abs().mean().backward();
  for (const ParameterSet::Entry& entry : network.parameters().entries()) {
    const std::string& name = entry.name;
    const bool unused = name.find("decoder") != std::string::npos &&
                        (name.find(".bn2.") != std::string::npos ||
                         (name.starts_with("film.") && name.find("conv_block2") == std::string::npos &&
                          name.find("->beta2") != std::string::npos)) &&
                        name.find("conv_block2.bn2") == std::string::npos;
    EXPECT_EQ(network.parameters()[name].grad().abs().sum().item<float>() > 0, !unused) << name;
  }
}

TEST(TrainableResUNet, LearnsToPassATone) {
  at::manual_seed(1);
  TrainableResUNet network(kSmall, 1);
  const at::Tensor time = at::arange(6400) / 32000.0;
  const at::Tensor tone = (at::sin(time * (6.2831853 * 1000)) * 0.3).to(at::kFloat);
  const at::Tensor condition = at::ones({1, 8}) / std::sqrt(8.0);
  double first = 0, last = 0;  // sums of ten steps: single ones jump
  for (int step = 0; step < 50; ++step) {
    const at::Tensor mixture = (tone + at::randn({6400}) * 0.2).unsqueeze(0);
    const at::Tensor loss = (separated(network, mixture, condition, true) - tone).abs().mean();
    loss.backward();
    const at::NoGradGuard no_gradient;
    network.parameters().values().sub_(network.parameters().gradients().sign() * 0.003);
    network.parameters().gradients().zero_();
    if (step < 10) first += loss.item<double>();
    if (step >= 40) last += loss.item<double>();
  }
  EXPECT_LT(last, 0.6 * first);
}

TEST(TrainableResUNet, RefusesSizesThatDoNotFit) {
  TrainableSizes odd = kSmall;
  odd.bin_count = 258;
  EXPECT_THROW(TrainableResUNet(odd, 1), Error);
  TrainableSizes uneven = kSmall;
  uneven.pool_rows.pop_back();
  EXPECT_THROW(TrainableResUNet(uneven, 1), Error);
}

}  // namespace
}  // namespace pupil::pretrain
