// SPDX-License-Identifier: Apache-2.0
#include "audio/resampler.h"

#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "audio/ffmpeg_plugin.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::audio {
namespace {

// One call to soxr gives at most this many samples.
constexpr std::size_t kResamplerPieceSamples = 8192;

void check_rate(std::int32_t rate_hz) {
  if (rate_hz >= kMinSampleRateHz && rate_hz <= kMaxSampleRateHz) return;
  throw Error("cannot resample: rate is " + std::to_string(rate_hz) + " Hz, not within " +
              std::to_string(kMinSampleRateHz) + " to " + std::to_string(kMaxSampleRateHz));
}

[[noreturn]] void fail(const char* what, std::string_view reason) {
  if (reason == "malloc failed") throw std::bad_alloc();
  throw Error(concat(what, ": ", reason));
}

}  // namespace

struct Resampler::State {
  State(std::int32_t input_rate_hz, std::int32_t output_rate_hz)
      : samples_out_per_in(static_cast<double>(output_rate_hz) / input_rate_hz) {
    soxr_error_t error = nullptr;
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr.reset(soxr_create(input_rate_hz, output_rate_hz, 1, &error, &io, &quality, &runtime));
    if (error != nullptr) fail("cannot resample", error);
  }

  // Null `input`: the end. Returns how much of it was consumed; appends what came.
  std::size_t process(const float* input, std::size_t count, std::vector<float>& output) {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    const std::size_t begin = output.size();
    const auto room =
        static_cast<std::size_t>(std::ceil(static_cast<double>(count) * samples_out_per_in)) + 64;
    const std::size_t piece =
        input == nullptr ? kResamplerPieceSamples : std::min(room, kResamplerPieceSamples);
    output.resize(begin + piece);
    const soxr_error_t error =
        soxr_process(soxr.get(), input, count, &consumed, output.data() + begin, piece, &produced);
    output.resize(begin + produced);
    if (error != nullptr) fail("resampling failed", error);
    drained = produced == 0;
    return consumed;
  }

  struct Delete {
    void operator()(struct soxr* thing) const { soxr_delete(thing); }
  };
  std::unique_ptr<struct soxr, Delete> soxr;
  double samples_out_per_in;
  bool drained = false;
};

Resampler::Resampler(std::int32_t input_rate_hz, std::int32_t output_rate_hz) {
  check_rate(input_rate_hz);
  check_rate(output_rate_hz);
  state_ = std::make_unique<State>(input_rate_hz, output_rate_hz);
}

Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

void Resampler::push(std::span<const float> input, std::vector<float>& output) {
  while (!input.empty()) input = input.subspan(state_->process(input.data(), input.size(), output));
}

void Resampler::finish(std::vector<float>& output) {
  do {
    state_->process(nullptr, 0, output);
  } while (!state_->drained);
}

std::vector<float> resample(std::span<const float> input, std::int32_t input_rate_hz,
                            std::int32_t output_rate_hz) {
  if (input_rate_hz == output_rate_hz) return {input.begin(), input.end()};
  Resampler resampler(input_rate_hz, output_rate_hz);
  std::vector<float> output;
  output.reserve(
      static_cast<std::size_t>(static_cast<double>(input.size()) * output_rate_hz / input_rate_hz) + 64);
  resampler.push(input, output);
  resampler.finish(output);
  return output;
}

}  // namespace pupil::audio
