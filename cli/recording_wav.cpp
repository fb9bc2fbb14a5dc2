// SPDX-License-Identifier: Apache-2.0
// Recordings of the device build: WAV (wav_reader.h), taken to the rate that is asked for by the device library's own
// resampler, whose bits are the same everywhere.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"
#include "device/wav_reader.h"
#include "pupil/edge/resampler.h"
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
  explicit WavRecording(const std::string& path) : path_(path), bytes_(path) {
    std::array<unsigned char, device::kWavMarkBytes> mark{};
    if (device::read_fully(bytes_, mark) != mark.size() || !device::is_wav(mark))
      throw Error("not a WAV file (this build reads WAV alone)");
    reader_.emplace(bytes_);
  }

  std::int32_t sample_rate_hz() const { return reader_->sample_rate_hz(); }

  std::size_t read(std::span<float> samples) override {
    return with_context(path_, [&] { return reader_->read(samples); });
  }

 private:
  std::string path_;
  FileBytes bytes_;
  std::optional<device::WavReader> reader_;
};

/// What another source gives, at another rate. One block of it is resampled at a time; what the caller has no room for
/// waits in ready_.
class Resampled : public SampleSource {
 public:
  Resampled(std::unique_ptr<SampleSource> source, std::int32_t from_hz, std::int32_t to_hz)
      : source_(std::move(source)), state_(edge::Resampler::state_bytes(from_hz, to_hz)) {
    if (state_.empty()) throw Error(concat(from_hz, " Hz cannot be resampled to ", to_hz, " Hz"));
    check_status(resampler_.init(from_hz, to_hz, state_), "resampler");
  }

  std::size_t read(std::span<float> samples) override {
    while (given_ == ready_.size() && !ended_) refill();
    const std::size_t count = std::min(samples.size(), ready_.size() - given_);
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(given_), count, samples.begin());
    given_ += count;
    return count;
  }

 private:
  void refill() {
    std::array<float, 1024> block;
    const std::size_t count = source_->read(block);
    std::size_t written = 0;
    given_ = 0;
    if (count > 0) {
      ready_.resize(static_cast<std::size_t>(resampler_.push_count(static_cast<std::int64_t>(count))));
      check_status(resampler_.push(std::span(block).first(count), ready_, &written), "resampler");
    } else {
      ended_ = true;
      ready_.resize(static_cast<std::size_t>(resampler_.finish_count()));
      check_status(resampler_.finish(ready_, &written), "resampler");
    }
  }

  std::unique_ptr<SampleSource> source_;
  std::vector<std::byte> state_;
  edge::Resampler resampler_;
  std::vector<float> ready_;
  std::size_t given_ = 0;  // of ready_
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz) {
  return with_context(path, [&]() -> std::unique_ptr<SampleSource> {
    auto wav = std::make_unique<WavRecording>(path);
    const std::int32_t rate_hz = wav->sample_rate_hz();
    if (rate_hz == sample_rate_hz) return wav;
    return resampled(std::move(wav), rate_hz, sample_rate_hz);
  });
}

std::unique_ptr<SampleSource> resampled(std::unique_ptr<SampleSource> source, std::int32_t from_hz,
                                        std::int32_t to_hz) {
  return std::make_unique<Resampled>(std::move(source), from_hz, to_hz);
}

}  // namespace pupil::cli
