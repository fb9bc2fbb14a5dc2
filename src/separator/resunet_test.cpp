// SPDX-License-Identifier: Apache-2.0
// The network layer by layer against the reference's stored intermediates (mixture_2s_32k, condition 0).

#include "separator/resunet.h"

#include <map>

#include "separator/golden_test.h"
#include "separator/mask.h"

namespace pupil::separator {
namespace {

ResUNet tiny_network() {
  const nn::TensorFile file = nn::TensorFile::open(tiny_dir() / "weights.safetensors");
  nn::WeightReader weights(file, file.prefix_of("base.bn0.weight"));
  ResUNet network = ResUNet::read(weights, at::kFloat, at::kCPU);
  weights.finish(ResUNet::allowed_extras());
  return network;
}

Spectrum mixture_spectrum() {
  return Stft(2048, 320).forward(at::tensor(golden_audio("mixture_2s_32k.wav")));
}

at::Tensor stored(const std::string& name) {
  return golden("intermediates.safetensors", name);
}

// The first `frames` rows of a map [T, F, C], as the reference stores them: [C, T, F].
at::Tensor as_stored(const at::Tensor& map, const at::Tensor& like) {
  return map.permute({2, 0, 1}).narrow(1, 0, like.size(1)).contiguous();
}

TEST(ResUNetGolden, SpectrumMatches) {
  SKIP_WITHOUT_GOLDEN();
  const Spectrum spectrum = mixture_spectrum();
  const at::Tensor loudness = magnitude(spectrum);
  EXPECT_LT(distance(loudness, stored("mag")), 5e-4F);
  EXPECT_LT(distance((spectrum.real / loudness).narrow(0, 0, 32), stored("cos_in[:32]")), 1e-3F);
  EXPECT_LT(distance((spectrum.imag / loudness).narrow(0, 0, 32), stored("sin_in[:32]")), 1e-3F);
}

class LayerGolden : public testing::TestWithParam<std::int64_t> {};

TEST_P(LayerGolden, EveryLayerMatches) {
  SKIP_WITHOUT_GOLDEN();
  ResUNet network = tiny_network();
  network.strip_values = GetParam();
  std::map<std::string, std::vector<at::Tensor>> pieces;
  const LayerObserver observer = [&](std::string_view layer, std::int64_t, const at::Tensor& map) {
    pieces[std::string(layer)].push_back(map.clone());
  };
  const at::Tensor condition = at::tensor(golden_condition(0));
  const at::Tensor logits = network.logits(magnitude(mixture_spectrum()), network.steer(condition), observer);
  const auto layer = [&](const std::string& name) { return at::cat(pieces.at(name), 0); };

  EXPECT_LT(distance(layer("after_bn0").narrow(0, 0, 32), stored("after_bn0[:32]").narrow(1, 0, 1024)),
            2e-4F);
  const std::pair<const char*, const char*> maps[] = {
      {"encoder_block1_full", "encoder_block1_full[:, :16]"},
      {"encoder_block1_pool", "encoder_block1_pool[:, :32]"},
      {"encoder_block2_pool", "encoder_block2_pool"},
      {"encoder_block3_pool", "encoder_block3_pool"},
      {"encoder_block4_pool", "encoder_block4_pool"},
      {"encoder_block5_pool", "encoder_block5_pool"},
      {"encoder_block6_pool", "encoder_block6_pool"},
      {"conv_block7a", "conv_block7a"},
      {"decoder_block1", "decoder_block1"},
      {"decoder_block2", "decoder_block2"},
      {"decoder_block3", "decoder_block3"},
      {"decoder_block4", "decoder_block4"},
      {"decoder_block5", "decoder_block5[:, :24]"},
      {"decoder_block6", "decoder_block6[:, :16]"},
  };
  for (const auto& [ours, theirs] : maps) {
    const at::Tensor wanted = stored(theirs);
    EXPECT_LT(distance(as_stored(layer(ours), wanted), wanted), 2e-4F) << ours;
  }
  const at::Tensor wanted = stored("after_conv[:, :32]");
  EXPECT_LT(distance(as_stored(logits, wanted), wanted), 5e-5F);
}

// One strip for all; strips of 8 rows, the least; something between.
INSTANTIATE_TEST_SUITE_P(Strips, LayerGolden, testing::Values(std::int64_t{1} << 40, 0, 200000));

TEST(ResUNetGolden, MasksMatch) {
  SKIP_WITHOUT_GOLDEN();
  const ResUNet network = tiny_network();
  const Spectrum spectrum = mixture_spectrum();
  const at::Tensor loudness = magnitude(spectrum);
  const Mask mask = mask_of(network.logits(loudness, network.steer(at::tensor(golden_condition(0)))));
  const auto first = [](const at::Tensor& bins) { return bins.narrow(0, 0, 32).narrow(1, 0, 1024); };
  EXPECT_LT(distance(first(mask.magnitude), first(stored("mask_mag[:32]"))), 5e-5F);
  EXPECT_LT(distance(first(mask.cos), first(stored("mask_cos[:32]"))), 1e-3F);
  EXPECT_LT(distance(first(mask.sin), first(stored("mask_sin[:32]"))), 1e-3F);
  const Spectrum wanted = apply(mask, spectrum, loudness);
  EXPECT_LT(distance(wanted.real.narrow(0, 0, 32), stored("out_real[:32]")), 2e-3F);
  EXPECT_LT(distance(wanted.imag.narrow(0, 0, 32), stored("out_imag[:32]")), 2e-3F);
}

TEST(ResUNetGolden, ShiftsMatch) {
  SKIP_WITHOUT_GOLDEN();
  const nn::TensorFile file = nn::TensorFile::open(tiny_dir() / "weights.safetensors");
  const nn::TensorFile expected = nn::TensorFile::open(tiny_dir() / "expected.safetensors");
  nn::WeightReader weights(file, "");
  const at::Tensor condition = at::tensor(golden_condition(0));
  int count = 0;
  for (const nn::TensorEntry& entry : expected.entries()) {
    if (!entry.name.starts_with("film:")) continue;
    const Film film = read_film(weights, entry.name.substr(5), entry.shape[1], 512);
    EXPECT_LT(distance(film.shift(condition), expected.tensor(entry.name)), 1e-5F) << entry.name;
    ++count;
  }
  EXPECT_EQ(count, 38);
}

}  // namespace
}  // namespace pupil::separator
