#include "model/golden_file.h"

#include <cstring>

#include "model/checksum.h"
#include "model/golden_format.h"

namespace pupil::edge {

namespace {

using golden_format::Header;

std::int64_t sample_bytes(std::int64_t samples) {
  return (samples * 2 + 3) / 4 * 4;
}

Status check_header(const Header& header, std::span<const std::byte> file) {
  if (header.magic != golden_format::kMagic) return Status::bad_model;
  if (header.version != golden_format::kVersion) return Status::wrong_version;
  if (header.file_bytes != file.size()) return Status::bad_model;
  if (checksum(file.subspan(golden_format::kChecksumStart)) != header.checksum) return Status::bad_checksum;
  if (header.window_count == 0 || header.window_count > golden_format::kMaxWindows ||
      header.reserved != decltype(header.reserved){}) {
    return Status::bad_model;
  }
  return Status::ok;
}

template <typename Element>
void copy_out(std::span<const std::byte> file, std::int64_t at, std::span<Element> out) {
  std::memcpy(out.data(), file.data() + at, out.size_bytes());
}

std::uint32_t word(std::span<const std::byte> file, std::int64_t at) {
  std::uint32_t value = 0;
  copy_out(file, at, std::span(&value, 1));
  return value;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Rows come in the order of time and without gaps: a running checksum per layer is the checksum of the whole
// tensor, whatever the size of the steps.
void add_rows(void* context, const LayerRows& seen) {
  auto* const sums = static_cast<WindowChecksums*>(context);
  const std::int64_t row_bytes = std::int64_t{seen.bins} * seen.channels;
  std::byte values[64];
  for (std::int32_t r = 0; r < seen.rows; ++r) {
    const std::uint8_t* const row = seen.first + r * seen.row_stride;
    for (std::int64_t done = 0; done < row_bytes;) {
      std::size_t count = 0;
      for (; count < sizeof values && done < row_bytes; ++done, ++count) {
        values[count] = static_cast<std::byte>(row[done] ^ seen.stored_xor);
      }
      std::uint32_t& sum = sums->layers[static_cast<std::size_t>(seen.layer)];
      sum = checksum(std::span(values, count), sum);
    }
  }
}

}  // namespace

Status GoldenFile::load(std::span<const std::byte> file, const Model& model) noexcept {
  Header header;
  if (file.size() < sizeof(header)) return Status::bad_model;
  std::memcpy(&header, file.data(), sizeof(header));
  const Status status = check_header(header, file);
  if (status != Status::ok) return status;
  if (!model.loaded() || header.model_checksum != model.checksum() ||
      header.sample_count != model.window_samples() ||
      header.layer_count != static_cast<std::uint32_t>(model.layer_count()) ||
      header.class_count != static_cast<std::uint32_t>(model.class_count())) {
    return Status::bad_argument;
  }
  const std::int64_t one =
      golden_format::window_bytes(header.sample_count, header.layer_count, header.class_count);
  const std::int64_t wanted = std::int64_t{sizeof(Header)} + header.window_count * one;
  if (static_cast<std::int64_t>(file.size()) != wanted) return Status::bad_model;
  file_ = file;
  window_count_ = static_cast<std::int32_t>(header.window_count);
  layer_count_ = static_cast<std::int32_t>(header.layer_count);
  class_count_ = static_cast<std::int32_t>(header.class_count);
  sample_count_ = header.sample_count;
  return Status::ok;
}

std::int64_t GoldenFile::window_at(std::int32_t i) const noexcept {
  return std::int64_t{sizeof(Header)} +
         i * golden_format::window_bytes(sample_count_, layer_count_, class_count_);
}

void GoldenFile::read_samples(std::int32_t i, std::span<float> samples) const noexcept {
  const std::byte* const first = file_.data() + window_at(i);
  for (std::size_t l = 0; l < samples.size(); ++l) {
    std::int16_t sample = 0;
    std::memcpy(&sample, first + 2 * l, 2);
    samples[l] = static_cast<float>(sample) / 32768.0F;
  }
}

std::uint32_t GoldenFile::frames_checksum(std::int32_t i) const noexcept {
  return word(file_, window_at(i) + sample_bytes(sample_count_));
}

std::uint32_t GoldenFile::layer_checksum(std::int32_t i, std::int32_t layer) const noexcept {
  return word(file_, window_at(i) + sample_bytes(sample_count_) + 4 * (1 + std::int64_t{layer}));
}

void GoldenFile::read_logits(std::int32_t i, std::span<float> logits) const noexcept {
  copy_out(file_, window_at(i) + sample_bytes(sample_count_) + 4 * (1 + std::int64_t{layer_count_}), logits);
}

void GoldenFile::read_scores(std::int32_t i, std::span<float> scores) const noexcept {
  copy_out(file_, window_at(i + 1) - 4 * std::int64_t{class_count_}, scores);
}

Status run_with_checksums(std::span<const float> samples, LogMel& front_end, Network& network,
                          std::span<float> frames, std::span<float> scores, WindowChecksums* sums) noexcept {
  *sums = {};
  front_end.reset();
  std::int32_t written = 0;
  const Status heard = front_end.push(samples, frames, &written);
  if (heard != Status::ok) return heard;
  sums->frames = checksum(std::as_bytes(frames));
  network.observe({nullptr, add_rows, sums});
  const Status status = network.run(frames, scores);
  network.observe({});
  return status;
}

GoldenVerdict compare_with_golden(const GoldenFile& golden, std::int32_t i, const WindowChecksums& sums,
                                  std::span<const float> logits, std::span<const float> scores,
                                  std::span<float> work) noexcept {
  if (sums.frames != golden.frames_checksum(i)) return {GoldenStep::frames, -1};
  for (std::int32_t layer = 0; layer < golden.layer_count(); ++layer) {
    if (sums.layers[static_cast<std::size_t>(layer)] != golden.layer_checksum(i, layer))
      return {GoldenStep::layer, layer};
  }
  golden.read_logits(i, work);
  if (!same_bits(logits, work)) return {GoldenStep::logits, -1};
  golden.read_scores(i, work);
  if (!same_bits(scores, work)) return {GoldenStep::scores, -1};
  return {};
}

}  // namespace pupil::edge
