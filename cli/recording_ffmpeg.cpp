// SPDX-License-Identifier: Apache-2.0
// Recordings of the full build: anything FFmpeg reads, resampled.

#include <algorithm>
#include <utility>
#include <vector>

#include "audio/decoder.h"
#include "audio/resampler.h"
#include "base/error.h"
#include "sample_source.h"

namespace pupil::cli {

namespace {

class DecodedRecording : public SampleSource {
 public:
  DecodedRecording(std::string path, std::int32_t sample_rate_hz)
      : path_(std::move(path)), decoder_(with_context(path_, [&] {
          audio::DecodeOptions options;
          options.sample_rate_hz = sample_rate_hz;
          return audio::Decoder(path_, options);
        })) {}

  std::size_t read(std::span<float> samples) override {
    return with_context(path_, [&] {
      const std::size_t count = decoder_.read(samples);
      if (count == 0) audio::report_damage(decoder_, path_);
      return count;
    });
  }

 private:
  std::string path_;
  audio::Decoder decoder_;
};

// Invariant: `ready_` from `begin_` on are samples at the new rate not yet given out.
class ResampledSource : public SampleSource {
 public:
  ResampledSource(std::unique_ptr<SampleSource> source, std::int32_t from_hz, std::int32_t to_hz)
      : source_(std::move(source)), resampler_(from_hz, to_hz), block_(1024) {}

  std::size_t read(std::span<float> samples) override {
    while (begin_ == ready_.size() && !ended_) pull();
    const std::size_t count = std::min(samples.size(), ready_.size() - begin_);
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(begin_), count, samples.begin());
    begin_ += count;
    return count;
  }

 private:
  void pull() {
    ready_.clear();
    begin_ = 0;
    const std::size_t count = source_->read(block_);
    ended_ = count == 0;
    if (ended_) {
      resampler_.finish(ready_);
    } else {
      resampler_.push(std::span(block_).first(count), ready_);
    }
  }

  std::unique_ptr<SampleSource> source_;
  audio::Resampler resampler_;
  std::vector<float> block_, ready_;
  std::size_t begin_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<SampleSource> resampled(std::unique_ptr<SampleSource> source, std::int32_t from_hz,
                                        std::int32_t to_hz) {
  return std::make_unique<ResampledSource>(std::move(source), from_hz, to_hz);
}

std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz) {
  return std::make_unique<DecodedRecording>(path, sample_rate_hz);
}

}  // namespace pupil::cli
