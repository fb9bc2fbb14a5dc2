// SPDX-License-Identifier: Apache-2.0
#include "teacher/random_htsat.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "base/file_system.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

class HtsatTensors {
 public:
  void linear(const std::string& name, at::IntArrayRef shape, bool with_bias = true) {
    const double fan_in = static_cast<double>(element_count(shape) / shape[0]);
    add(name + ".weight", at::randn(shape) / std::sqrt(fan_in));
    if (with_bias) add(name + ".bias", at::randn({shape[0]}) * 0.1);
  }
  void norm(const std::string& name, std::int64_t channels) {
    add(name + ".weight", at::randn({channels}) * 0.15 + 1);
    add(name + ".bias", at::randn({channels}) * 0.1);
  }
  void add(const std::string& name, const at::Tensor& tensor) { tensors.push_back({name, tensor}); }

  std::vector<nn::NamedTensor> tensors;

 private:
  static std::int64_t element_count(at::IntArrayRef shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    return count;
  }
};

void add_block(HtsatTensors& tensors, const HtsatNames& names, const HtsatSizes& sizes, std::int64_t stage,
               std::int64_t block) {
  const std::string name = block_name(names, stage, block);
  const std::int64_t channels = sizes.channels(stage), mlp = sizes.mlp_channels(stage);
  const std::int64_t positions = (2 * sizes.window - 1) * (2 * sizes.window - 1);
  tensors.norm(concat(name, names.norm_before), channels);
  tensors.linear(concat(name, names.query_key_value), {3 * channels, channels});
  tensors.add(concat(name, names.attention_root, "relative_position_bias_table"),
              at::randn({positions, sizes.head_counts[static_cast<std::size_t>(stage)]}) * 0.5);
  tensors.linear(concat(name, names.attention_output), {channels, channels});
  tensors.norm(concat(name, names.norm_after), channels);
  tensors.linear(concat(name, names.mlp_first), {mlp, channels});
  tensors.linear(concat(name, names.mlp_second), {channels, mlp});
}

}  // namespace

std::vector<nn::NamedTensor> random_htsat_tensors(const HtsatSizes& sizes, std::uint64_t seed) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  generator.set_current_seed(seed);
  const HtsatNames names = HtsatNames::laion();
  HtsatTensors tensors;
  const std::string mel_norm = concat(names.root, names.batch_norm);
  tensors.norm(mel_norm, sizes.mel_count);
  tensors.add(mel_norm + ".running_mean", at::randn({sizes.mel_count}) * 8 - 30);
  tensors.add(mel_norm + ".running_var", at::rand({sizes.mel_count}) * 350 + 150);
  tensors.linear(names.root + "patch_embed.proj", {sizes.patch_channels, 1, sizes.patch, sizes.patch});
  tensors.norm(names.root + "patch_embed.norm", sizes.patch_channels);
  for (std::int64_t stage = 0; stage < sizes.stage_count(); ++stage) {
    for (std::int64_t block = 0; block < sizes.depths[static_cast<std::size_t>(stage)]; ++block) {
      add_block(tensors, names, sizes, stage, block);
    }
    if (stage + 1 == sizes.stage_count()) break;
    const std::string name = concat(names.root, "layers.", stage, ".downsample.");
    tensors.norm(name + "norm", 4 * sizes.channels(stage));
    tensors.linear(name + "reduction", {2 * sizes.channels(stage), 4 * sizes.channels(stage)},
                   /*with_bias=*/false);
  }
  tensors.norm(names.root + "norm", sizes.out_channels());
  return std::move(tensors.tensors);
}

Htsat random_htsat(const HtsatSizes& sizes, std::uint64_t seed, nn::Precision precision) {
  const std::filesystem::path file =
      temporary_folder() / concat("pupil-random-htsat-", ::getpid(), ".safetensors");
  const auto remove = [](const std::filesystem::path* path) {
    std::error_code ignored;
    std::filesystem::remove(*path, ignored);
  };
  const std::unique_ptr<const std::filesystem::path, decltype(remove)> guard(&file, remove);
  nn::write_safetensors(file, random_htsat_tensors(sizes, seed));
  nn::WeightReader weights(nn::TensorFile::open(file), "");
  Htsat tower(weights, HtsatNames::laion(), sizes, precision);
  weights.finish({});
  return tower;
}

}  // namespace pupil::teacher
