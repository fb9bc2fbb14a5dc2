// SPDX-License-Identifier: Apache-2.0
#include "audio/wav_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "audio/pcm.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

constexpr std::size_t kWavPieceSamples = 1 << 14;

static_assert(std::endian::native == std::endian::little,
              "WAV is little-endian and written as it lies in memory");

// As it lies in the file; `fact` is wanted by float formats and allowed by all.
struct Header {
  char riff[4] = {'R', 'I', 'F', 'F'};
  std::uint32_t riff_bytes = 0;
  char wave[4] = {'W', 'A', 'V', 'E'};
  char fmt[4] = {'f', 'm', 't', ' '};
  std::uint32_t fmt_bytes = 16;
  std::uint16_t format = 0;
  std::uint16_t channel_count = 1;
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t bytes_per_second = 0;
  std::uint16_t bytes_per_sample = 0;
  std::uint16_t bits_per_sample = 0;
  char fact[4] = {'f', 'a', 'c', 't'};
  std::uint32_t fact_bytes = 4;
  std::uint32_t sample_count = 0;
  char data[4] = {'d', 'a', 't', 'a'};
  std::uint32_t data_bytes = 0;
};
static_assert(sizeof(Header) == 56);

constexpr std::int64_t kMaxDataBytes = 0xffffffffLL - static_cast<std::int64_t>(sizeof(Header));

std::int64_t sample_bytes(WavFormat format) {
  return format == WavFormat::kInt16 ? 2 : 4;
}

Header make_header(std::int32_t sample_rate_hz, WavFormat format, std::int64_t data_bytes) {
  const auto width = static_cast<std::uint32_t>(sample_bytes(format));
  Header header;
  header.riff_bytes = static_cast<std::uint32_t>(sizeof header - 8 + static_cast<std::size_t>(data_bytes));
  header.format = format == WavFormat::kInt16 ? 1 : 3;
  header.sample_rate_hz = static_cast<std::uint32_t>(sample_rate_hz);
  header.bytes_per_second = header.sample_rate_hz * width;
  header.bytes_per_sample = static_cast<std::uint16_t>(width);
  header.bits_per_sample = static_cast<std::uint16_t>(8 * width);
  header.data_bytes = static_cast<std::uint32_t>(data_bytes);
  header.sample_count = header.data_bytes / width;
  return header;
}

}  // namespace

WavWriter::WavWriter(const std::filesystem::path& folder, std::int32_t sample_rate_hz, WavFormat format)
    : file_(folder), sample_rate_hz_(sample_rate_hz), format_(format) {
  if (sample_rate_hz < 1) throw Error("WAV: sample rate is " + std::to_string(sample_rate_hz) + " Hz");
  write_header();
}

// Once at the beginning to hold the place, once at the end with the sizes.
void WavWriter::write_header() {
  const Header header = make_header(sample_rate_hz_, format_, data_bytes_);
  file_.write(std::as_bytes(std::span(&header, 1)));
}

void WavWriter::write(std::span<const float> samples) {
  const std::int64_t bytes = static_cast<std::int64_t>(samples.size()) * sample_bytes(format_);
  if (data_bytes_ + bytes > kMaxDataBytes) throw Error("a WAV file cannot hold more than 4 GB");
  data_bytes_ += bytes;
  if (format_ == WavFormat::kFloat32) return file_.write(std::as_bytes(samples));

  std::array<std::int16_t, kWavPieceSamples> integers;
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), kWavPieceSamples);
    for (std::size_t i = 0; i < count; ++i) {
      integers[i] = static_cast<std::int16_t>(quantise(samples[i], 16).value);
    }
    file_.write(std::as_bytes(std::span(integers).first(count)));
    samples = samples.subspan(count);
  }
}

void WavWriter::commit(const std::filesystem::path& path) {
  file_.seek(0);
  write_header();
  file_.commit(path);
}

std::vector<std::byte> wav_bytes(std::span<const float> samples, std::int32_t sample_rate_hz) {
  std::vector<std::int16_t> integers;
  for (const float sample : samples)
    integers.push_back(static_cast<std::int16_t>(quantise(sample, 16).value));
  const auto data = std::as_bytes(std::span(std::as_const(integers)));
  const Header header = make_header(sample_rate_hz, WavFormat::kInt16, std::ssize(data));
  std::vector<std::byte> bytes(sizeof header + data.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::copy(data.begin(), data.end(), bytes.begin() + sizeof header);
  return bytes;
}

}  // namespace pupil::audio
