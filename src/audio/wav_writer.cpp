#include "audio/wav_writer.h"

#include <bit>
#include <cstring>
#include <string_view>

#include "audio/pcm.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

// RIFF, fmt, fact (wanted for float) and the head of data. Sizes in it are 32 bits wide.
constexpr std::int64_t kHeaderBytes = 12 + 24 + 12 + 8;
constexpr std::int64_t kMaxDataBytes = 0xffffffffLL - kHeaderBytes;

static_assert(std::endian::native == std::endian::little,
              "WAV is little-endian and written as it lies in memory");

template <typename T>
void append(std::vector<std::byte>& bytes, T value) {
  const std::size_t begin = bytes.size();
  bytes.resize(begin + sizeof value);
  std::memcpy(bytes.data() + begin, &value, sizeof value);
}

void append_name(std::vector<std::byte>& bytes, std::string_view name) {
  for (const char letter : name) bytes.push_back(static_cast<std::byte>(letter));
}

std::uint16_t sample_bytes(WavFormat format) {
  return format == WavFormat::kInt16 ? 2 : 4;
}

}  // namespace

WavWriter::WavWriter(const std::filesystem::path& folder, std::int32_t sample_rate_hz, WavFormat format)
    : file_(folder), sample_rate_hz_(sample_rate_hz), format_(format) {
  write_header();
}

// Once at the beginning to hold the place, once at the end with the sizes.
void WavWriter::write_header() {
  const auto data_bytes = static_cast<std::uint32_t>(data_bytes_);
  const std::uint16_t width = sample_bytes(format_);
  std::vector<std::byte> header;
  append_name(header, "RIFF");
  append(header, static_cast<std::uint32_t>(kHeaderBytes - 8 + data_bytes_));
  append_name(header, "WAVEfmt ");
  append(header, std::uint32_t{16});
  append(header, std::uint16_t{format_ == WavFormat::kInt16 ? std::uint16_t{1} : std::uint16_t{3}});
  append(header, std::uint16_t{1});
  append(header, static_cast<std::uint32_t>(sample_rate_hz_));
  append(header, static_cast<std::uint32_t>(sample_rate_hz_) * width);
  append(header, width);
  append(header, static_cast<std::uint16_t>(8 * width));
  append_name(header, "fact");
  append(header, std::uint32_t{4});
  append(header, data_bytes / width);
  append_name(header, "data");
  append(header, data_bytes);
  file_.write(header);
}

void WavWriter::write(std::span<const float> samples) {
  const std::int64_t bytes = static_cast<std::int64_t>(samples.size()) * sample_bytes(format_);
  if (data_bytes_ + bytes > kMaxDataBytes) throw Error("a WAV file cannot hold more than 4 GB");
  data_bytes_ += bytes;
  for (const float sample : samples) {
    if (format_ == WavFormat::kInt16) {
      append(buffer_, static_cast<std::int16_t>(quantise(sample, 16).value));
    } else {
      append(buffer_, sample);
    }
    if (buffer_.size() < kBufferBytes) continue;
    file_.write(buffer_);
    buffer_.clear();
  }
}

void WavWriter::commit(const std::filesystem::path& path) {
  file_.write(buffer_);
  buffer_.clear();
  file_.seek(0);
  write_header();
  file_.commit(path);
}

}  // namespace pupil::audio
