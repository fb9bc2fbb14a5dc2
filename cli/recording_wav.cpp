// SPDX-License-Identifier: Apache-2.0
// Recordings of the device build: WAV at the very rate that is asked for (wav_reader.h).

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "device/wav_reader.h"
#include "sample_source.h"

namespace pupil::cli {
namespace {

class FileBytes : public device::ByteSource {
 public:
  explicit FileBytes(const std::string& path) : in_(std::fopen(path.c_str(), "rb"), std::fclose) {
    if (!in_) throw Error(std::strerror(errno));
  }
  std::size_t read(std::span<unsigned char> bytes) override {
    const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), in_.get());
    if (count == 0 && std::ferror(in_.get()) != 0) throw Error(std::strerror(errno));
    return count;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in_;
};

class WavRecording : public SampleSource {
 public:
  WavRecording(const std::string& path, std::int32_t sample_rate_hz) : path_(path), bytes_(path) {
    std::array<unsigned char, device::kWavMarkBytes> mark{};
    if (device::read_fully(bytes_, mark) != mark.size() || !device::is_wav(mark))
      throw Error("not a WAV file (this build reads WAV alone)");
    reader_.emplace(bytes_);
    if (reader_->sample_rate_hz() != sample_rate_hz) refuse_rate(reader_->sample_rate_hz(), sample_rate_hz);
  }

  std::size_t read(std::span<float> samples) override {
    return with_context(path_, [&] { return reader_->read(samples); });
  }

  [[noreturn]] static void refuse_rate(std::int32_t from_hz, std::int32_t to_hz) {
    throw Error(concat(from_hz, " Hz, expected ", to_hz, " Hz (this build does not resample)"));
  }

 private:
  std::string path_;
  FileBytes bytes_;
  std::optional<device::WavReader> reader_;
};

}  // namespace

std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz) {
  return with_context(path, [&] { return std::make_unique<WavRecording>(path, sample_rate_hz); });
}

std::unique_ptr<SampleSource> resampled(std::unique_ptr<SampleSource>, std::int32_t from_hz,
                                        std::int32_t to_hz) {
  WavRecording::refuse_rate(from_hz, to_hz);
}

}  // namespace pupil::cli
