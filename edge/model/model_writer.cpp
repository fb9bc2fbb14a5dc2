// SPDX-License-Identifier: Apache-2.0
// The order of the file: header, front end, input, layers, classes, metadata, all of known size and reserved
// first, so that the header can say where they are; then texts and arrays as the records that point to them
// are filled in. Readers do not rely on this order, but the same image gives the same bytes, and tests and
// hashes do.
//
// Nothing is checked here: tests write broken models with it, and Model::load() is the one place that judges.

#include "model/model_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "model/checksum.h"
#include "model/format.h"

namespace pupil::edge {

namespace {

/// Grows a file from front to back; places for records are reserved first and filled in later.
class FileBuilder {
 public:
  std::uint32_t reserve(std::size_t bytes) {
    file_.resize((file_.size() + format::kArrayAlignment - 1) / format::kArrayAlignment *
                 format::kArrayAlignment);
    const std::size_t offset = file_.size();
    file_.resize(offset + bytes);
    return static_cast<std::uint32_t>(offset);
  }

  // Offset 0, which is the header's, says that there is no array.
  template <typename Element>
  std::uint32_t array(const std::vector<Element>& elements) {
    if (elements.empty()) return 0;
    const std::uint32_t offset = reserve(elements.size() * sizeof(Element));
    std::memcpy(file_.data() + offset, elements.data(), elements.size() * sizeof(Element));
    return offset;
  }

  // With the 0 byte that lets C read it; `bytes` leaves it out.
  format::TextRef text(const std::string& text) {
    const auto offset = static_cast<std::uint32_t>(file_.size());
    const auto* bytes = reinterpret_cast<const std::byte*>(text.c_str());
    file_.insert(file_.end(), bytes, bytes + text.size() + 1);
    return {offset, static_cast<std::uint32_t>(text.size())};
  }

  template <typename Record>
  void put(std::size_t offset, const Record& record) {
    std::memcpy(file_.data() + offset, &record, sizeof(Record));
  }

  std::vector<std::byte>& file() { return file_; }

 private:
  std::vector<std::byte> file_;
};

format::FrontEnd front_end_record(const LogMelOptions& options) {
  format::FrontEnd record{};
  record.sample_rate_hz = options.sample_rate_hz;
  record.window_samples = options.window_samples;
  record.fft_samples = options.fft_samples;
  record.hop_samples = options.hop_samples;
  record.mel_count = options.mel_count;
  record.low_hz = options.low_hz;
  record.high_hz = options.high_hz;
  record.floor = options.floor;
  record.scale = static_cast<std::uint8_t>(options.scale);
  record.norm = static_cast<std::uint8_t>(options.norm);
  record.padding = static_cast<std::uint8_t>(options.padding);
  record.hann = static_cast<std::uint8_t>(options.hann);
  record.log = static_cast<std::uint8_t>(options.log);
  record.floor_kind = static_cast<std::uint8_t>(options.floor_kind);
  record.precision = static_cast<std::uint8_t>(options.precision);
  return record;
}

format::Layer layer_record(const LayerDraft& image, FileBuilder* builder) {
  format::Layer record{};
  record.kind = static_cast<std::uint8_t>(image.kind);
  record.kernel_t = static_cast<std::uint8_t>(image.kernel.t);
  record.kernel_f = static_cast<std::uint8_t>(image.kernel.f);
  record.stride_t = static_cast<std::uint8_t>(image.kernel.stride_t);
  record.stride_f = static_cast<std::uint8_t>(image.kernel.stride_f);
  record.zero_point = static_cast<std::int8_t>(image.zero_point);
  record.clamp_min = static_cast<std::int8_t>(image.clamp_min);
  record.clamp_max = static_cast<std::int8_t>(image.clamp_max);
  record.channels = static_cast<std::uint32_t>(image.channels);
  record.scale = image.scale;
  record.weights_offset = builder->array(image.weights);
  record.bias_offset = builder->array(image.bias);
  record.multipliers_offset = builder->array(image.multipliers);
  record.shifts_offset = builder->array(image.shifts);
  record.logit_scales_offset = builder->array(image.logit_scales);
  record.skip_tensor = static_cast<std::uint32_t>(image.skip_tensor);
  record.multiplier = image.multiplier;
  record.skip_multiplier = image.skip_multiplier;
  record.shift = image.shift;
  return record;
}

void write_tables(const ModelImage& image, const format::Header& header, FileBuilder* builder) {
  for (std::size_t k = 0; k < image.classes.size(); ++k) {
    const ClassDraft& c = image.classes[k];
    format::Class record{};
    record.label = builder->text(c.label);
    record.prompts = builder->text(c.prompts);
    record.threshold = c.threshold;
    record.calibration_gain = c.calibration_gain;
    record.calibration_offset = c.calibration_offset;
    builder->put(header.classes_offset + k * sizeof(record), record);
  }
  for (std::size_t i = 0; i < image.metadata.size(); ++i) {
    format::Metadata record{};
    record.key = builder->text(image.metadata[i].first);
    record.value = builder->text(image.metadata[i].second);
    builder->put(header.metadata_offset + i * sizeof(record), record);
  }
  format::Input input{};
  input.zero_point = image.input_zero_point;
  input.gain_offset = builder->array(image.input_gain);
  input.shift_offset = builder->array(image.input_shift);
  builder->put(header.input_offset, input);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    builder->put(header.layers_offset + i * sizeof(format::Layer), layer_record(image.layers[i], builder));
  }
}

constexpr double kAddUnit = 0x1p14;
// A multiplier uses all 15 bits when it is 2^14 or more. From a quarter below that on, twice the multiplier
// would round to 2^15, which 16 bits do not hold.
constexpr double kSmallestPrecise = 0x1p14 - 0.25;

std::int16_t rounded_multiplier(double multiplier) {
  return static_cast<std::int16_t>(std::clamp(std::floor(multiplier + 0.5), 0.0, 32767.0));
}

}  // namespace

std::vector<std::byte> write_model(const ModelImage& image) {
  FileBuilder builder;
  format::Header header{};
  builder.reserve(sizeof(header));
  header.magic = format::kMagic;
  header.version = format::kVersion;
  header.layer_count = static_cast<std::uint32_t>(image.layers.size());
  header.class_count = static_cast<std::uint32_t>(image.classes.size());
  header.metadata_count = static_cast<std::uint32_t>(image.metadata.size());
  header.window_frames = static_cast<std::uint32_t>(image.window_frames);
  header.score_kind = static_cast<std::uint32_t>(image.score_kind);
  header.front_end_offset = builder.reserve(sizeof(format::FrontEnd));
  header.input_offset = builder.reserve(sizeof(format::Input));
  header.layers_offset = builder.reserve(image.layers.size() * sizeof(format::Layer));
  header.classes_offset = builder.reserve(image.classes.size() * sizeof(format::Class));
  header.metadata_offset = builder.reserve(image.metadata.size() * sizeof(format::Metadata));
  builder.put(header.front_end_offset, front_end_record(image.front_end));
  write_tables(image, header, &builder);
  builder.reserve(0);  // up to a whole multiple of kArrayAlignment: models can follow each other in memory
  header.file_bytes = static_cast<std::uint32_t>(builder.file().size());
  builder.put(0, header);
  seal_model(&builder.file());
  return std::move(builder.file());
}

void seal_model(std::vector<std::byte>* file) {
  if (file->size() < sizeof(format::Header)) return;
  const std::uint32_t sum = checksum(std::span<const std::byte>(*file).subspan(format::kChecksumStart));
  std::memcpy(file->data() + offsetof(format::Header, checksum), &sum, sizeof(sum));
}

Rescale rescale_for(double ratio) {
  int shift = 0;
  double scaled = ratio * kRescaleUnit;
  while (scaled < kSmallestPrecise && shift < static_cast<int>(format::kMaxShift)) {
    scaled *= 2.0;
    ++shift;
  }
  return {rounded_multiplier(scaled), static_cast<std::uint8_t>(shift)};
}

std::int16_t add_multiplier_for(double ratio) {
  return rounded_multiplier(ratio * kAddUnit);
}

}  // namespace pupil::edge
