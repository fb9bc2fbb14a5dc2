// SPDX-License-Identifier: Apache-2.0
#include "listen/pcm_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/pcm.h"
#include "base/text.h"
#include "device/wav_reader.h"

namespace pupil::listen {
namespace {

// A WAV's header with all that recorders put before the samples.
constexpr std::size_t kMostHeaderBytes = 1 << 16;

// What has come so far; to the reader it ends there, and goes on when more has come.
class HeldBytes : public device::ByteSource {
 public:
  std::size_t read(std::span<unsigned char> out) override {
    const std::size_t count = std::min(out.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  }
  std::vector<unsigned char> bytes;
  std::size_t at = 0;
};

}  // namespace

struct PcmReader::Wav {
  HeldBytes input;
  std::optional<device::WavReader> reader;
};

PcmReader::PcmReader(std::int32_t rate_hz) : rate_hz_(rate_hz) {}
PcmReader::~PcmReader() = default;

void PcmReader::push(std::span<const unsigned char> bytes, std::vector<std::int16_t>& samples) {
  if (form_ == Form::raw) return push_raw(bytes, samples);
  std::vector<unsigned char>& held = form_ == Form::wav ? wav_->input.bytes : held_;
  held.insert(held.end(), bytes.begin(), bytes.end());
  if (form_ == Form::wav) return push_wav(samples);
  if (held_.size() < device::kWavMarkBytes) return;
  if (!device::is_wav(std::span(held_).first<device::kWavMarkBytes>())) {
    form_ = Form::raw;
    push_raw(held_, samples);
    held_ = {};
    return;
  }
  open_wav();
  if (form_ == Form::wav) push_wav(samples);
}

void PcmReader::push_raw(std::span<const unsigned char> bytes, std::vector<std::int16_t>& samples) {
  for (const unsigned char byte : bytes) {
    if (low_byte_ < 0) {
      low_byte_ = byte;
    } else {
      samples.push_back(static_cast<std::int16_t>(low_byte_ | byte << 8));
      low_byte_ = -1;
    }
  }
}

// A header that has not come whole looks like a WAV that is cut off; it is tried again when there is more.
void PcmReader::open_wav() {
  auto wav = std::make_unique<Wav>();
  wav->input.bytes = held_;
  wav->input.at = device::kWavMarkBytes;
  try {
    wav->reader.emplace(wav->input);
  } catch (const Error&) {
    if (held_.size() >= kMostHeaderBytes) throw;
    return;
  }
  const std::int32_t found_hz = wav->reader->sample_rate_hz();
  if (found_hz != rate_hz_)
    throw Error(concat("a WAV of ", found_hz, " Hz; the model wants ", rate_hz_, " Hz"));
  wav_ = std::move(wav);
  held_ = {};
  form_ = Form::wav;
}

void PcmReader::push_wav(std::vector<std::int16_t>& samples) {
  float block[1024];
  for (std::size_t count = 0; (count = wav_->reader->read(block)) > 0;) {
    for (std::size_t i = 0; i < count; ++i) samples.push_back(float_to_pcm(block[i]));
  }
  HeldBytes& input = wav_->input;
  input.bytes.erase(input.bytes.begin(), input.bytes.begin() + static_cast<std::ptrdiff_t>(input.at));
  input.at = 0;
}

}  // namespace pupil::listen
