// SPDX-License-Identifier: Apache-2.0
// Bytes -> FFmpeg's module -> mono blocks -> soxr -> the caller's samples.
//
// FFmpeg may take a failed read for the end of a file: read_errno() is asked first after every call of
// the module, so that a failing disk is not taken for a short recording. A source's rate is known from its
// first block, not from its container, and may change later (set_input_rate()).

#include "audio/decoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "audio/byte_source.h"
#include "audio/ffmpeg_plugin.h"
#include "audio/resampler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/stand_in.h"
#include "base/system_error.h"
#include "base/text.h"

namespace pupil::audio {
namespace {

// Full scale is 1; float files with 24-bit integers in them still pass. Beyond it soxr's sums could overflow.
constexpr float kMaxMagnitude = 1 << 24;

// decode_file() asks for this much at a time.
constexpr std::size_t kDecodedPieceSamples = 1 << 16;

struct CloseStream {
  void operator()(FfmpegStream* stream) const { ffmpeg_api().close(stream); }
};

std::string too_short(std::int64_t sample_count, const AudioInfo& info, double min_duration_s) {
  if (sample_count == 0) return "no samples could be decoded (" + info.codec + " in " + info.container + ")";
  char text[128];
  std::snprintf(text, sizeof text, "too short: %lld samples at %d Hz are %.3g ms, at least %.3g are wanted",
                static_cast<long long>(sample_count), info.sample_rate_hz,
                1000.0 * static_cast<double>(sample_count) / info.sample_rate_hz, 1000.0 * min_duration_s);
  return text;
}

[[noreturn]] void fail(const FfmpegMessage& message) {
  if (message.out_of_memory) throw DiskError(message.text);
  throw Error(message.text);
}

}  // namespace

// Invariants: `ready` from `ready_begin` on are samples at `output_rate_hz` not yet given out. `resampler` is
// there exactly while blocks come at another rate than that. `ended`: the module has no more, `resampler` is
// empty.
struct Decoder::State {
  template <typename Source>
  State(const Source& where, const DecodeOptions& options) : source(where) {
    open(options);
  }

  void open(const DecodeOptions& options);
  void open_stream(std::int32_t channel);
  bool pull();
  void set_input_rate(std::int32_t rate_hz);
  std::span<const float> clean(const FfmpegBlock& block);

  ByteSource source;
  std::unique_ptr<FfmpegStream, CloseStream> stream;
  AudioInfo info;
  Damage damage;
  std::int32_t input_rate_hz = 0;
  std::int32_t output_rate_hz = 0;
  std::int64_t input_count = 0;
  std::optional<Resampler> resampler;
  std::vector<float> cleaned;
  std::vector<float> ready;
  std::size_t ready_begin = 0;
  bool ended = false;
};

void Decoder::State::open(const DecodeOptions& options) {
  if (options.sample_rate_hz != 0 &&
      (options.sample_rate_hz < kMinSampleRateHz || options.sample_rate_hz > kMaxSampleRateHz)) {
    throw Error("cannot decode to " + std::to_string(options.sample_rate_hz) + " Hz (" +
                std::to_string(kMinSampleRateHz) + " to " + std::to_string(kMaxSampleRateHz) + ")");
  }
  output_rate_hz = options.sample_rate_hz;
  open_stream(options.channel);
  const auto long_enough = [&] {
    return input_count > 0 &&
           static_cast<double>(input_count) >= options.min_duration_s * info.sample_rate_hz - 0.5;
  };
  while (!long_enough()) {
    if (!pull()) throw Error(too_short(input_count, info, options.min_duration_s));
  }
}

void Decoder::State::open_stream(std::int32_t channel) {
  if (source.size_bytes() == 0) throw Error("no audio stream (file is 0 bytes)");
  const FfmpegBytes bytes = source.view();
  if (bytes.seek != nullptr) {  // A pipe gives its bytes once.
    std::array<std::uint8_t, kStandInBytes> begin;
    const std::int32_t count = bytes.read(bytes.owner, begin.data(), kStandInBytes);
    if (source.read_errno() != 0) throw_system_error("reading failed", source.read_errno());
    const auto* text = reinterpret_cast<const char*>(begin.data());
    refuse_stand_in({text, static_cast<std::size_t>(std::max(count, 0))}, "audio");
    bytes.seek(bytes.owner, 0);
  }
  FfmpegInfo found{};
  FfmpegMessage message{};
  stream.reset(ffmpeg_api().open(&bytes, std::max(channel, -1), &found, &message));
  if (source.read_errno() != 0) throw_system_error("reading failed", source.read_errno());
  if (stream == nullptr) fail(message);
  info.container = found.container;
  info.codec = found.codec;
  info.bits_per_sample = found.bits_per_sample;
  info.duration_s = found.duration_s;
}

// Moves one block from the module to `ready`. False: there is none, and `ready` is complete.
bool Decoder::State::pull() {
  if (ended) return false;
  FfmpegBlock block{};
  FfmpegMessage message{};
  const FfmpegResult result = ffmpeg_api().next(stream.get(), &block, &damage.lost_packet_count, &message);
  if (source.read_errno() != 0) throw_system_error("reading failed", source.read_errno());
  if (result == kFfmpegFailed) fail(message);
  if (result == kFfmpegEnd) {
    ended = true;
    if (resampler) resampler->finish(ready);
    return false;
  }
  if (input_count == 0) {
    // The decoder knows better than the container (AAC with SBR doubles the rate).
    info.sample_rate_hz = block.sample_rate_hz;
    info.channel_count = block.channel_count;
    if (output_rate_hz == 0) output_rate_hz = block.sample_rate_hz;
  }
  set_input_rate(block.sample_rate_hz);
  input_count += block.sample_count;
  const std::span<const float> samples = clean(block);
  if (resampler) {
    resampler->push(samples, ready);
  } else {
    ready.insert(ready.end(), samples.begin(), samples.end());
  }
  return true;
}

// Chained Ogg files and broadcast recordings change their rate midway; the output keeps its own.
void Decoder::State::set_input_rate(std::int32_t rate_hz) {
  if (rate_hz == input_rate_hz) return;
  if (resampler) resampler->finish(ready);
  resampler.reset();
  if (rate_hz != output_rate_hz) resampler.emplace(rate_hz, output_rate_hz);
  input_rate_hz = rate_hz;
}

std::span<const float> Decoder::State::clean(const FfmpegBlock& block) {
  cleaned.assign(block.samples, block.samples + block.sample_count);
  for (float& sample : cleaned) {
    // Written so that NaN fails it.
    if (std::fabs(sample) <= kMaxMagnitude) continue;
    sample = 0;
    ++damage.bad_sample_count;
  }
  return cleaned;
}

Decoder::Decoder(const std::filesystem::path& path, const DecodeOptions& options)
    : state_(std::make_unique<State>(path, options)) {}

Decoder::Decoder(std::span<const std::byte> bytes, const DecodeOptions& options)
    : state_(std::make_unique<State>(bytes, options)) {}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

const AudioInfo& Decoder::info() const {
  return state_->info;
}
std::int32_t Decoder::sample_rate_hz() const {
  return state_->output_rate_hz;
}
const Damage& Decoder::damage() const {
  return state_->damage;
}
std::int64_t Decoder::source_sample_count() const {
  return state_->input_count;
}

std::string damage_text(const Damage& damage, std::int64_t sample_count) {
  std::string text;
  if (damage.bad_sample_count > 0) {
    text = concat(with_thousands(damage.bad_sample_count), " of ", with_thousands(sample_count),
                  " samples are not numbers");
  }
  if (damage.lost_packet_count > 0) {
    text += concat(text.empty() ? "" : ", ", with_thousands(damage.lost_packet_count),
                   damage.lost_packet_count == 1 ? " packet" : " packets", " could not be decoded");
  }
  return text;
}

std::size_t Decoder::read(std::span<float> samples) {
  State& state = *state_;
  std::size_t written = 0;
  while (written < samples.size()) {
    const std::size_t count = std::min(samples.size() - written, state.ready.size() - state.ready_begin);
    std::copy_n(state.ready.begin() + static_cast<std::ptrdiff_t>(state.ready_begin), count,
                samples.begin() + static_cast<std::ptrdiff_t>(written));
    written += count;
    state.ready_begin += count;
    if (written == samples.size()) break;
    state.ready.clear();
    state.ready_begin = 0;
    // At the end one more round: the resampler's rest may have come.
    if (!state.pull() && state.ready.empty()) break;
  }
  return written;
}

void report_damage(const Decoder& decoder, std::string_view name) {
  const std::int64_t count = decoder.source_sample_count();
  if (count > 0 && decoder.damage().bad_sample_count == count)
    throw Error("not one of its samples is a number");
  const std::string wrong = damage_text(decoder.damage(), count);
  if (!wrong.empty()) log_warning(concat(name, ": ", wrong));
}

std::vector<float> decode_file(const std::filesystem::path& path, const DecodeOptions& options,
                               AudioInfo* info, Damage* damage) {
  return with_context(path.string(), [&] {
    Decoder decoder(path, options);
    std::vector<float> samples;
    for (std::size_t count = kDecodedPieceSamples; count == kDecodedPieceSamples;) {
      const std::size_t begin = samples.size();
      samples.resize(begin + kDecodedPieceSamples);
      count = decoder.read(std::span(samples).subspan(begin));
      samples.resize(begin + count);
    }
    if (info != nullptr) *info = decoder.info();
    if (damage != nullptr) {
      *damage = decoder.damage();
    } else {
      report_damage(decoder, path.string());
    }
    return samples;
  });
}

}  // namespace pupil::audio
