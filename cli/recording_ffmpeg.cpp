// Recordings of the full build: anything FFmpeg reads, resampled.

#include <utility>

#include "audio/decoder.h"
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

}  // namespace

std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz) {
  return std::make_unique<DecodedRecording>(path, sample_rate_hz);
}

}  // namespace pupil::cli
