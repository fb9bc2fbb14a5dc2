// SPDX-License-Identifier: Apache-2.0
// LayerTable turns blocks into layers one by one. `now_` is the tensor so far, written as the layer that made
// it: next() copies it, so time stride and receptive field carry on by themselves.
//
// 1. tensors_[i] is the input of layer i, and of layer i - 1 the output: what LayerSpec::skip_tensor counts.
//    tensors_[0] is the network's input.
// 2. Valid convolutions lose frames, so a skip is cropped by as many on both ends. add() refuses where that
//    is odd, or where strides changed the grid; the block then goes without its skip, which is no error.
// 3. The head's input is always a mean over time and frequency: mean_and_head() adds both, no block can.

#include "student/network_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace pupil::student {
namespace {

constexpr std::array<std::string_view, 6> kBlockKinds = {"conv",     "pointwise", "separable",
                                                         "inverted", "cp",        "mean_f"};

/// A line of the table, read.
struct Block {
  std::string_view kind;
  std::int32_t channels = 0;
  double expansion = 2.0;
  edge::KernelShape kernel;
};

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "3x5" into time and frequency.
void parse_pair(std::string_view word, std::int32_t most, std::int32_t* t, std::int32_t* f) {
  const std::string_view text = word.substr(1);
  const std::size_t cross = text.find('x');
  const auto first = parse_number<std::int32_t>(text.substr(0, cross));
  const auto second = cross == text.npos ? std::nullopt : parse_number<std::int32_t>(text.substr(cross + 1));
  if (!first || !second || *first < 1 || *second < 1 || *first > most || *second > most) {
    throw Error(concat("'", word, "': expected ", word.substr(0, 1), "TxF, each 1 to ", most));
  }
  *t = *first;
  *f = *second;
}

void parse_word(std::string_view word, Block* block) {
  if (word[0] == 'k') return parse_pair(word, 7, &block->kernel.t, &block->kernel.f);
  if (word[0] == 's') return parse_pair(word, 2, &block->kernel.stride_t, &block->kernel.stride_f);
  if (word[0] == 'x') {
    const auto factor = parse_number<double>(word.substr(1));
    if (!factor || *factor < 1 || *factor > 16)
      throw Error(concat("'", word, "': expected xFACTOR, 1 to 16"));
    block->expansion = *factor;
    return;
  }
  const auto channels = parse_number<std::int32_t>(word);
  if (!channels || *channels < 1 || *channels > 2048) {
    throw Error(concat("'", word, "': expected channels (1 to 2048), kTxF, sTxF or xFACTOR"));
  }
  block->channels = *channels;
}

Block parse_block(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  Block block;
  block.kind = words.empty() ? "" : words[0];
  if (std::find(kBlockKinds.begin(), kBlockKinds.end(), block.kind) == kBlockKinds.end()) {
    throw Error(concat("unknown block '", block.kind, "'", did_you_mean(block.kind, kBlockKinds)));
  }
  if (block.kind == "separable" || block.kind == "inverted" || block.kind == "cp")
    block.kernel.t = block.kernel.f = 3;
  for (std::size_t i = 1; i < words.size(); ++i) parse_word(words[i], &block);
  if (block.kind != "mean_f" && block.channels == 0) throw Error("the number of channels is missing");
  if (block.kernel.f % 2 == 0) throw Error("the kernel over frequency must be odd");
  return block;
}

class LayerTable {
 public:
  LayerTable(std::int32_t frames, std::int32_t bins) {
    now_.frames = frames;
    now_.bins = bins;
    now_.channels = 1;
    tensors_.push_back(now_);
  }

  std::int32_t channels() const { return now_.channels; }
  std::int32_t last_tensor() const { return static_cast<std::int32_t>(layers_.size()); }
  std::vector<LayerSpec> take() { return std::move(layers_); }

  void convolve(LayerKind kind, const Block& block, std::int32_t channels, bool relu) {
    LayerSpec layer = next(kind, channels, relu);
    layer.kernel = block.kernel;
    layer.receptive_frames = now_.receptive_frames + (layer.kernel.t - 1) * now_.time_stride;
    layer.time_stride = now_.time_stride * layer.kernel.stride_t;
    if (layer.kernel.t > now_.frames) {
      throw Error(concat("only ", now_.frames, " frames are left for a kernel of ", layer.kernel.t,
                         ": the window must have at least ", layer.receptive_frames, " frames"));
    }
    layer.frames = static_cast<std::int32_t>(layer.kernel.output_frames(now_.frames));
    layer.bins = layer.kernel.output_bins(now_.bins);
    push(layer);
  }

  void pointwise(std::int32_t channels, bool relu) { convolve(LayerKind::conv, Block{}, channels, relu); }

  /// Adds tensor `skip` where that fits; false where it does not.
  bool add(std::int32_t skip, bool relu) {
    const LayerSpec& from = tensors_[static_cast<std::size_t>(skip)];
    const std::int32_t lost = from.frames - now_.frames;
    if (from.channels != now_.channels || from.bins != now_.bins || from.time_stride != now_.time_stride ||
        lost % 2 != 0) {
      return false;
    }
    LayerSpec layer = next(LayerKind::add, now_.channels, relu);
    layer.skip_tensor = skip;
    layer.skip_crop = lost / 2;
    push(layer);
    return true;
  }

  void mean_f() {
    LayerSpec layer = next(LayerKind::mean_f, now_.channels, false);
    layer.bins = 1;
    push(layer);
  }

  void mean_and_head(std::int32_t class_count) {
    LayerSpec mean = next(LayerKind::mean_tf, now_.channels, false);
    mean.receptive_frames += (mean.frames - 1) * mean.time_stride;
    mean.frames = mean.bins = 1;
    push(mean);
    push(next(LayerKind::head, class_count, false));
  }

  void relu_behind_last() {
    layers_.back().relu = true;
    now_.relu = true;
  }

 private:
  LayerSpec next(LayerKind kind, std::int32_t channels, bool relu) const {
    LayerSpec layer = now_;
    layer.kind = kind;
    layer.kernel = {};
    layer.skip_tensor = -1;
    layer.skip_crop = 0;
    layer.input_frames = now_.frames;
    layer.input_bins = now_.bins;
    layer.input_channels = now_.channels;
    layer.channels = channels;
    layer.relu = relu;
    return layer;
  }
  void push(const LayerSpec& layer) {
    layers_.push_back(layer);
    tensors_.push_back(layer);
    now_ = layer;
  }

  LayerSpec now_;
  std::vector<LayerSpec> layers_;
  std::vector<LayerSpec> tensors_;
};

void add_expanding_block(const Block& block, LayerTable* table) {
  const std::int32_t input = table->last_tensor();
  const auto expanded = static_cast<std::int32_t>(block.expansion * table->channels() + 0.5);
  table->pointwise(expanded, true);
  table->convolve(LayerKind::depthwise, block, expanded, true);
  table->pointwise(block.channels, false);
  const bool relu = block.kind == "cp";
  if (!table->add(input, relu) && relu) table->relu_behind_last();
}

void add_block(const Block& block, LayerTable* table) {
  if (block.kind == "mean_f") {
    table->mean_f();
  } else if (block.kind == "inverted" || block.kind == "cp") {
    add_expanding_block(block, table);
  } else if (block.kind == "separable") {
    table->convolve(LayerKind::depthwise, block, table->channels(), true);
    table->pointwise(block.channels, true);
  } else {
    table->convolve(LayerKind::conv, block, block.channels, true);
  }
}

std::int64_t layer_macs_per_row(const LayerSpec& layer) {
  if (layer.kind == LayerKind::head) return layer.weight_count();
  return layer.convolves() ? std::int64_t{layer.bins} * layer.channels * layer.taps() : 0;
}

// The rows that the next layer needs at once, and those it takes in at a step.
std::int64_t rows_kept(const NetworkSpec& spec, std::size_t tensor) {
  std::int64_t rows = 1;
  if (tensor < spec.layers.size())
    rows = spec.layers[tensor].kernel.t + spec.layers[tensor].kernel.stride_t - 1;
  for (const LayerSpec& layer : spec.layers) {
    if (layer.kind == LayerKind::add && layer.skip_tensor == static_cast<std::int32_t>(tensor)) {
      rows = std::max<std::int64_t>(rows, 2 * layer.skip_crop + 1);
    }
  }
  return rows;
}

std::string_view kind_name(const LayerSpec& layer) {
  if (layer.kind == LayerKind::conv && layer.taps() == layer.input_channels) return "pointwise";
  return edge::to_string(layer.kind);
}

}  // namespace

std::int64_t LayerSpec::weight_count() const {
  if (kind == LayerKind::head) return std::int64_t{channels} * input_channels;
  return convolves() ? std::int64_t{channels} * taps() : 0;
}

std::int32_t NetworkSpec::receptive_frames() const {
  return layers[layers.size() - 3].receptive_frames;
}
std::int32_t NetworkSpec::time_stride() const {
  return layers.back().time_stride;
}

NetworkSpec make_network(std::span<const std::string> blocks, std::int32_t window_frames,
                         std::int32_t mel_count, std::int32_t class_count) {
  if (blocks.empty()) throw Error("network: the table has no blocks");
  LayerTable table(window_frames, mel_count);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    with_context(concat("network: block ", i + 1, " '", blocks[i], "'"),
                 [&] { add_block(parse_block(blocks[i]), &table); });
  }
  table.mean_and_head(class_count);
  return {window_frames, mel_count, class_count, {blocks.begin(), blocks.end()}, table.take()};
}

NetworkCost network_cost(const NetworkSpec& spec, double frames_per_second) {
  NetworkCost cost;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    const std::int64_t weights = layer.weight_count();
    if (weights > 0) {
      cost.parameters += weights + layer.channels;
      // Per channel: bias 4, multiplier 2, shift 1; of the head bias 4, scale 4 (docs/format.md).
      cost.int8_bytes += weights + std::int64_t{layer.channels} * (layer.kind == LayerKind::head ? 8 : 7);
    }
    cost.macs_per_window += layer.frames * layer_macs_per_row(layer);
    if (layer.convolves())
      cost.macs_per_second += frames_per_second / layer.time_stride * layer_macs_per_row(layer);
    const std::int64_t row_bytes = std::int64_t{layer.input_bins + 2 * layer.pad_f()} * layer.input_channels;
    cost.stream_arena_bytes += rows_kept(spec, i) * row_bytes;
  }
  cost.stream_arena_bytes += cost.parameters;  // packed weights
  return cost;
}

std::string describe_network(const NetworkSpec& spec, double frames_per_second) {
  std::string text = concat("  layer      kernel  stride  output [T, F, C]     weights   kMAC/window\n");
  char line[160];
  for (const LayerSpec& layer : spec.layers) {
    const std::string kernel = layer.convolves() ? concat(layer.kernel.t, "x", layer.kernel.f) : "";
    const std::string stride =
        layer.convolves() ? concat(layer.kernel.stride_t, "x", layer.kernel.stride_f) : "";
    const std::string shape = concat("[", layer.frames, ", ", layer.bins, ", ", layer.channels, "]");
    std::snprintf(line, sizeof line, "  %-9s  %-6s  %-6s  %-17s  %9lld  %12.1f\n",
                  std::string(kind_name(layer)).c_str(), kernel.c_str(), stride.c_str(), shape.c_str(),
                  static_cast<long long>(layer.weight_count()),
                  1e-3 * static_cast<double>(layer.frames * layer_macs_per_row(layer)));
    text += line;
  }
  const NetworkCost cost = network_cost(spec, frames_per_second);
  text +=
      concat("  ", with_thousands(cost.parameters), " parameters, ", readable_bytes(cost.int8_bytes),
             " as int8; ", fixed(cost.macs_per_second * 1e-6, 2), " MMAC per second of audio, ",
             fixed(1e-6 * static_cast<double>(cost.macs_per_window), 2), " per window\n  receptive field ",
             spec.receptive_frames(), " of ", spec.window_frames, " frames, a new row every ",
             spec.time_stride(), "; streaming arena about ", readable_bytes(cost.stream_arena_bytes), "\n");
  return text;
}

}  // namespace pupil::student
