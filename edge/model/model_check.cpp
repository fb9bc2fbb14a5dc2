// SPDX-License-Identifier: Apache-2.0
// Everything that load() demands of a model file before any of it is used. docs/format.md lists the same
// checks; the rest of the library trusts the file. A file may be hostile: whatever passes must not make any
// later code read or write outside its memory, overflow or loop for long.
//
// The order matters: each check reads only what those before it have secured.
//  1. The header, then the checksum over the rest: a damaged file is distinguished from an invalid one.
//  2. Tables: counts in range, every table inside the file. Then texts and the front end's options.
//  3. Layer by layer, from the input on: advance() derives shapes and bounds them, then parameters must have
//     the sizes that the shapes ask for and values in the ranges that the kernels rely on.
// Sizes are summed in 64 bits: counts and offsets are 32-bit numbers of the file's choice.

#include <cstdint>

#include "model/checksum.h"
#include "model/model_access.h"

namespace pupil::edge {

namespace {

// Infinity minus itself is NaN, as is NaN; std::isfinite would be right, too, unless -ffast-math is in force.
bool is_finite(float x) {
  return x - x == 0.0F;
}

/// Answers whether ranges of bytes are inside the file.
class Bounds {
 public:
  explicit Bounds(std::span<const std::byte> file) : file_(file) {}

  // Compared with a difference, because the sum of two numbers of the file could wrap.
  bool holds(std::uint64_t offset, std::uint64_t bytes, std::uint64_t alignment = 1) const {
    return offset % alignment == 0 && bytes <= file_.size() && offset <= file_.size() - bytes;
  }

  bool holds_array(std::uint32_t offset, std::uint64_t bytes) const {
    return offset >= sizeof(format::Header) && holds(offset, bytes, format::kArrayAlignment);
  }

  bool holds_text(format::TextRef ref) const {
    return ref.offset >= sizeof(format::Header) && holds(ref.offset, std::uint64_t{ref.bytes} + 1) &&
           file_[std::size_t{ref.offset} + ref.bytes] == std::byte{0};
  }

 private:
  std::span<const std::byte> file_;
};

/// Whether a number of the file is that of an enumerator; `last` is the highest.
template <typename Enum>
bool known(std::uint32_t number, Enum last) {
  return number <= static_cast<std::uint32_t>(last);
}

template <typename Bytes>
bool all_zero(const Bytes& bytes) {
  for (const auto byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

template <typename Element, typename Test>
bool every(const Model& model, std::uint32_t offset, std::int64_t count, Test test) {
  const Element* elements = ModelAccess::array<Element>(model, offset);
  for (std::int64_t i = 0; i < count; ++i) {
    if (!test(elements[i])) return false;
  }
  return true;
}

bool texts_fit(const Model& model, const format::Header& header, const Bounds& bounds) {
  for (std::uint32_t k = 0; k < header.class_count; ++k) {
    const auto record = ModelAccess::class_record(model, static_cast<std::int32_t>(k));
    if (!bounds.holds_text(record.label) || !bounds.holds_text(record.prompts) || record.reserved != 0 ||
        !is_finite(record.threshold) || !is_finite(record.calibration_gain) ||
        !is_finite(record.calibration_offset)) {
      return false;
    }
  }
  for (std::uint32_t i = 0; i < header.metadata_count; ++i) {
    const auto record = ModelAccess::metadata(model, static_cast<std::int32_t>(i));
    if (!bounds.holds_text(record.key) || !bounds.holds_text(record.value)) return false;
  }
  return true;
}

bool tables_fit(const format::Header& header, const Bounds& bounds) {
  const auto in_range = [](std::uint32_t count, std::uint32_t low, std::uint32_t high) {
    return low <= count && count <= high;
  };
  constexpr std::uint32_t kFewestLayers = 2;  // the average over time and the head
  return in_range(header.layer_count, kFewestLayers, format::kMaxLayers) &&
         in_range(header.class_count, 1, format::kMaxClasses) &&
         in_range(header.metadata_count, 0, format::kMaxMetadata) &&
         in_range(header.window_frames, 1, format::kMaxFrames) && known(header.score_kind, ScoreKind::none) &&
         header.reserved == 0 &&
         bounds.holds_array(header.layers_offset, header.layer_count * sizeof(format::Layer)) &&
         bounds.holds_array(header.classes_offset, header.class_count * sizeof(format::Class)) &&
         bounds.holds_array(header.metadata_offset, header.metadata_count * sizeof(format::Metadata)) &&
         bounds.holds_array(header.front_end_offset, sizeof(format::FrontEnd)) &&
         bounds.holds_array(header.input_offset, sizeof(format::Input));
}

bool read_front_end(const Model& model, std::uint32_t offset, LogMelOptions* options) {
  const auto record = ModelAccess::record<format::FrontEnd>(model, offset);
  if (!known(record.scale, MelScale::kaldi) || !known(record.norm, MelNorm::area) ||
      !known(record.padding, Padding::zero) || !known(record.hann, HannKind::symmetric) ||
      !known(record.log, LogKind::none) || !known(record.floor_kind, FloorKind::add) ||
      !known(record.precision, Precision::high) || !all_zero(record.reserved)) {
    return false;
  }
  options->sample_rate_hz = record.sample_rate_hz;
  options->window_samples = record.window_samples;
  options->fft_samples = record.fft_samples;
  options->hop_samples = record.hop_samples;
  options->mel_count = record.mel_count;
  options->low_hz = record.low_hz;
  options->high_hz = record.high_hz;
  options->floor = record.floor;
  options->scale = static_cast<MelScale>(record.scale);
  options->norm = static_cast<MelNorm>(record.norm);
  options->padding = static_cast<Padding>(record.padding);
  options->hann = static_cast<HannKind>(record.hann);
  options->log = static_cast<LogKind>(record.log);
  options->floor_kind = static_cast<FloorKind>(record.floor_kind);
  options->precision = static_cast<Precision>(record.precision);
  // Padding needs the end of a clip, which a stream does not have: models are trained without.
  return options->padding == Padding::none && LogMel::state_bytes(*options) > 0;
}

bool input_fits(const Model& model, const Bounds& bounds) {
  const format::Input input = ModelAccess::input(model);
  const std::uint64_t bytes = static_cast<std::uint64_t>(model.mel_count()) * sizeof(float);
  return input.zero_point >= -128 && input.zero_point <= 127 && input.reserved == 0 &&
         bounds.holds_array(input.gain_offset, bytes) && bounds.holds_array(input.shift_offset, bytes) &&
         every<float>(model, input.gain_offset, model.mel_count(), is_finite) &&
         every<float>(model, input.shift_offset, model.mel_count(), is_finite);
}

// -128 is refused: two products of -128 and -128 overflow the 16-bit sums of neon.cpp.
bool weights_fit(const Model& model, const Bounds& bounds, const format::Layer& layer, std::int64_t count) {
  return bounds.holds_array(layer.weights_offset, static_cast<std::uint64_t>(count)) &&
         every<std::int8_t>(model, layer.weights_offset, count, [](std::int8_t w) { return w >= -127; });
}

bool biases_fit(const Model& model, const Bounds& bounds, const format::Layer& layer) {
  return bounds.holds_array(layer.bias_offset, std::uint64_t{layer.channels} * 4) &&
         every<std::int32_t>(model, layer.bias_offset, layer.channels, [](std::int32_t bias) {
           return bias > -format::kMaxBias && bias < format::kMaxBias;
         });
}

bool scales_fit(const Model& model, const Bounds& bounds, const format::Layer& layer) {
  return bounds.holds_array(layer.multipliers_offset, std::uint64_t{layer.channels} * 2) &&
         bounds.holds_array(layer.shifts_offset, layer.channels) &&
         every<std::int16_t>(model, layer.multipliers_offset, layer.channels,
                             [](std::int16_t m) { return m >= 0; }) &&
         every<std::uint8_t>(model, layer.shifts_offset, layer.channels,
                             [](std::uint8_t shift) { return shift <= format::kMaxShift; });
}

bool parameters_fit(const Model& model, const Bounds& bounds, const format::Layer& layer,
                    const LayerInfo& info) {
  switch (info.kind) {
    case LayerKind::conv:
    case LayerKind::depthwise:
      return weights_fit(model, bounds, layer,
                         info.parameter_bytes - info.channels * format::kConvChannelBytes) &&
             biases_fit(model, bounds, layer) && scales_fit(model, bounds, layer);
    case LayerKind::add: return layer.multiplier >= 0 && layer.skip_multiplier >= 0;
    case LayerKind::mean_f:
    case LayerKind::mean_tf: return layer.multiplier >= 0 && layer.shift <= format::kMaxShift;
    case LayerKind::head:
      return weights_fit(model, bounds, layer, info.macs) && biases_fit(model, bounds, layer) &&
             bounds.holds_array(layer.logit_scales_offset, std::uint64_t{layer.channels} * 4) &&
             every<float>(model, layer.logit_scales_offset, layer.channels, is_finite);
  }
  return false;
}

}  // namespace

Status ModelAccess::check_layers(Model* model, const format::Header& header) noexcept {
  const Bounds bounds(model->file_);
  Shapes shapes;
  shapes.tensors[0] = input_shape(*model);
  for (std::int32_t i = 0; i < model->layer_count_; ++i) {
    const format::Layer layer = ModelAccess::layer(*model, i);
    const bool last = i + 1 == model->layer_count_;
    LayerInfo info;
    if ((layer.kind == static_cast<std::uint8_t>(LayerKind::head)) != last ||
        layer.clamp_min > layer.clamp_max || !is_finite(layer.scale) || !all_zero(layer.reserved0) ||
        !all_zero(layer.reserved1) || !advance(layer, i, &shapes, &info) ||
        !parameters_fit(*model, bounds, layer, info)) {
      return Status::bad_model;
    }
    model->macs_ += info.macs;
    model->parameter_bytes_ += info.parameter_bytes;
    if (model->macs_ > format::kMaxMacs) return Status::bad_model;
    if (info.kind != LayerKind::mean_tf) continue;
    const TensorShape& pooled = shapes.tensors[static_cast<std::size_t>(i)];
    model->time_stride_ = pooled.time_stride;
    model->receptive_frames_ = pooled.receptive_frames;
  }
  const TensorShape& logits = shapes.tensors[header.layer_count];
  return logits.channels == model->class_count_ ? Status::ok : Status::bad_model;
}

Status ModelAccess::check(Model* model) noexcept {
  const std::span<const std::byte> file = model->file_;
  if (reinterpret_cast<std::uintptr_t>(file.data()) % kModelAlignment != 0) return Status::bad_argument;
  if (file.size() < sizeof(format::Header)) return Status::bad_model;
  const format::Header header = ModelAccess::header(*model);
  if (header.magic != format::kMagic) return Status::bad_model;
  if (header.version != format::kVersion) return Status::wrong_version;
  if (header.file_bytes != file.size()) return Status::bad_model;
  if (header.checksum != edge::checksum(file.subspan(format::kChecksumStart))) return Status::bad_checksum;

  const Bounds bounds(file);
  if (!tables_fit(header, bounds) || !texts_fit(*model, header, bounds) ||
      !read_front_end(*model, header.front_end_offset, &model->front_end_) || !input_fits(*model, bounds)) {
    return Status::bad_model;
  }
  model->layer_count_ = static_cast<std::int32_t>(header.layer_count);
  model->class_count_ = static_cast<std::int32_t>(header.class_count);
  model->metadata_count_ = static_cast<std::int32_t>(header.metadata_count);
  model->window_frames_ = static_cast<std::int32_t>(header.window_frames);
  model->score_kind_ = static_cast<ScoreKind>(header.score_kind);
  return check_layers(model, header);
}

// On a copy, so that a failure leaves the model as it was.
Status Model::load(std::span<const std::byte> file) noexcept {
  Model checked = ModelAccess::make(file);
  const Status status = ModelAccess::check(&checked);
  if (status == Status::ok) *this = checked;
  return status;
}

}  // namespace pupil::edge
