// SPDX-License-Identifier: Apache-2.0
// A separator of random weights with the names and shapes of AudioSep's published checkpoint, for tests and measurements:
// everything that the reader expects, the tensors it leaves aside included (bn2 of the decoders, num_batches_tracked).
// Weights are scaled by fan-in, so that activations stay near 1 through any depth.

#include "separator/random_checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "base/temp_file.h"
#include "base/text.h"
#include "nn/tensor_file.h"

namespace pupil::separator {
namespace {

// Lists the tensors of a network in the order of the published checkpoint.
class CheckpointWriter {
 public:
  CheckpointWriter(const NetworkSizes& sizes, std::uint64_t seed)
      : sizes_(sizes), random_(at::detail::createCPUGenerator(seed)) {}

  std::vector<nn::NamedTensor> tensors() {
    const std::vector<std::int64_t>& channels = sizes_.encoder_channels;
    batch_norm("bn0", sizes_.bin_count);
    weight("base.pre_conv", {channels.front(), 1, 1, 1}, 1);
    bias("base.pre_conv", channels.front());
    std::int64_t in = channels.front();
    for (std::size_t i = 0; i < channels.size(); ++i) {
      block(concat("encoder_block", i + 1), "conv_block1", in, channels[i]);
      in = channels[i];
    }
    block("conv_block7a", "conv_block1", in, in);
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const std::int64_t out = channels[channels.size() - 1 - i];
      decoder(concat("decoder_block", i + 1), in, out, /*rows=*/i == 0 ? 1 : 2);
      in = out;
    }
    weight("base.after_conv", {3, in, 1, 1}, in);
    bias("base.after_conv", 3);
    if (sizes_.text_vocabulary > 0) text_tower();
    return std::move(tensors_);
  }

 private:
  void decoder(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t rows) {
    const std::string base = concat("base.", name);
    weight(base + ".conv1", {in, out, rows, 2}, in);
    batch_norm(name + ".bn1", in);
    block(name, "conv_block2", 2 * out, out);
    batch_norm(name + ".bn2", in);  // in the checkpoint, never used
    film(name + "->beta1", in);
    film(name + "->beta2", in);
  }

  void block(const std::string& name, const std::string& part, std::int64_t in, std::int64_t out) {
    const std::string inner = concat(name, ".", part);
    batch_norm(inner + ".bn1", in);
    batch_norm(inner + ".bn2", out);
    weight(concat("base.", inner, ".conv1"), {out, in, 3, 3}, 9 * in);
    weight(concat("base.", inner, ".conv2"), {out, out, 3, 3}, 9 * out);
    if (in != out) {
      weight(concat("base.", inner, ".shortcut"), {out, in, 1, 1}, 2 * in);
      bias(concat("base.", inner, ".shortcut"), out);
    }
    film(concat(name, "->", part, "->beta1"), in);
    film(concat(name, "->", part, "->beta2"), out);
  }

  // RoBERTa with one layer and the projection, in LAION's names.
  void text_tower() {
    prefix_ = "query_encoder.model.";
    constexpr std::int64_t kHidden = 64;
    const std::string embeddings = "text_branch.embeddings.";
    add(embeddings + "word_embeddings.weight", normal({sizes_.text_vocabulary, kHidden}, 1));
    add(embeddings + "position_embeddings.weight", normal({514, kHidden}, 1));
    add(embeddings + "token_type_embeddings.weight", normal({1, kHidden}, 1));
    layer_norm(embeddings + "LayerNorm", kHidden);
    const std::string layer = "text_branch.encoder.layer.0.";
    for (const char* part : {"query", "key", "value"})
      linear(concat(layer, "attention.self.", part), kHidden, kHidden);
    linear(layer + "attention.output.dense", kHidden, kHidden);
    layer_norm(layer + "attention.output.LayerNorm", kHidden);
    linear(layer + "intermediate.dense", 2 * kHidden, kHidden);
    linear(layer + "output.dense", kHidden, 2 * kHidden);
    layer_norm(layer + "output.LayerNorm", kHidden);
    linear("text_branch.pooler.dense", kHidden, kHidden);
    linear("text_projection.0", sizes_.condition_size, kHidden);
    linear("text_projection.2", sizes_.condition_size, sizes_.condition_size);
  }

  void linear(const std::string& name, std::int64_t out, std::int64_t in) {
    weight(name, {out, in}, in);
    bias(name, out);
  }
  void layer_norm(const std::string& name, std::int64_t channels) {
    add(name + ".weight", at::ones({channels}));
    bias(name, channels);
  }

  void film(const std::string& name, std::int64_t channels) {
    weight("film." + name, {channels, sizes_.condition_size}, 1);
    bias("film." + name, channels);
  }

  void batch_norm(const std::string& name, std::int64_t channels) {
    const std::string base = concat("base.", name);
    add(base + ".weight", at::ones({channels}));
    add(base + ".bias", normal({channels}, 0.1));
    add(base + ".running_mean", normal({channels}, 0.1));
    add(base + ".running_var", at::ones({channels}));
    add(base + ".num_batches_tracked", at::ones({}, at::kLong));
  }

  void weight(const std::string& name, at::IntArrayRef shape, std::int64_t fan_in) {
    add(name + ".weight", normal(shape, 1 / std::sqrt(static_cast<double>(fan_in))));
  }
  void bias(const std::string& name, std::int64_t channels) { add(name + ".bias", normal({channels}, 0.1)); }

  at::Tensor normal(at::IntArrayRef shape, double deviation) { return at::randn(shape, random_) * deviation; }
  void add(const std::string& name, at::Tensor tensor) {
    tensors_.push_back({prefix_ + name, std::move(tensor)});
  }

  const NetworkSizes& sizes_;
  std::string prefix_ = "ss_model.";
  at::Generator random_;
  std::vector<nn::NamedTensor> tensors_;
};

}  // namespace

void write_random_checkpoint(const std::filesystem::path& path, const NetworkSizes& sizes,
                             std::uint64_t seed) {
  nn::write_safetensors(path, CheckpointWriter(sizes, seed).tensors());
}

void write_byte_tokenizer(const std::filesystem::path& folder) {
  std::string vocabulary = R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"<mask>":4)";
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    char text[16];
    std::snprintf(text, sizeof text, "\\u%04x", printable ? byte : next++);
    vocabulary += concat(",\"", text, "\":", byte + 5);
  }
  write_whole(folder / "vocab.json", vocabulary + "}\n");
  write_whole(folder / "merges.txt", "#version: 0.2\n");
}

}  // namespace pupil::separator
