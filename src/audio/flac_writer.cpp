// SPDX-License-Identifier: Apache-2.0
// libFLAC calls back into State, which writes to a TempFile.
//
// 1. No exception may pass through libFLAC: guarded() keeps the first in `failure`, fail() throws it again
//    outside.
// 2. State's address is known to libFLAC, so it never moves; a moved FlacWriter moves the pointer to it.
// 3. The encoder is declared after the file and so destroyed before it: while it is deleted it still writes.
// 4. Seeking is for the head, which gets sample count and checksum when the stream is finished.

#include "audio/flac_writer.h"

#include <FLAC/stream_encoder.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string>

#include "audio/pcm.h"
#include "base/error.h"
#include "base/temp_file.h"

namespace pupil::audio {
namespace {

constexpr std::size_t kFlacPieceSamples = 4096;

void check(const FlacOptions& options, std::int32_t sample_rate_hz) {
  if (options.bits_per_sample != 16 && options.bits_per_sample != 24) {
    throw Error("FLAC: " + std::to_string(options.bits_per_sample) + " bits a sample; 16 or 24 are written");
  }
  if (options.compression_level < 0 || options.compression_level > 8) {
    throw Error("FLAC: compression level is " + std::to_string(options.compression_level) +
                ", not within 0 to 8");
  }
  if (sample_rate_hz < 1 || !FLAC__format_sample_rate_is_valid(static_cast<unsigned>(sample_rate_hz))) {
    throw Error("FLAC cannot hold a sample rate of " + std::to_string(sample_rate_hz) + " Hz");
  }
}

}  // namespace

// libFLAC is C: what the file throws inside its callbacks is kept in `failure` and thrown again outside.
struct FlacWriter::State {
  State(const std::filesystem::path& folder, std::int32_t sample_rate_hz, const FlacOptions& options);

  void encode(std::span<const float> samples);
  const std::filesystem::path& close();
  [[noreturn]] void fail();
  bool guarded(auto&& work) noexcept;

  struct Delete {
    void operator()(FLAC__StreamEncoder* thing) const { FLAC__stream_encoder_delete(thing); }
  };
  TempFile file;
  std::exception_ptr failure;
  std::unique_ptr<FLAC__StreamEncoder, Delete> encoder{FLAC__stream_encoder_new()};
  std::int32_t bits;
  std::int64_t sample_count = 0;
  std::int64_t clipped_count = 0;
  bool closed = false;
};

bool FlacWriter::State::guarded(auto&& work) noexcept {
  try {
    // After the first failure nothing more is tried: libFLAC calls again while it is being deleted.
    if (failure) return false;
    work();
    return true;
  } catch (...) {
    failure = std::current_exception();
    return false;
  }
}

FlacWriter::State::State(const std::filesystem::path& folder, std::int32_t sample_rate_hz,
                         const FlacOptions& options)
    : file(folder), bits(options.bits_per_sample) {
  if (!encoder) throw std::bad_alloc();
  const auto rate = static_cast<unsigned>(sample_rate_hz);
  FLAC__stream_encoder_set_channels(encoder.get(), 1);
  FLAC__stream_encoder_set_bits_per_sample(encoder.get(), static_cast<unsigned>(bits));
  FLAC__stream_encoder_set_sample_rate(encoder.get(), rate);
  FLAC__stream_encoder_set_compression_level(encoder.get(), static_cast<unsigned>(options.compression_level));
  // Odd rates stand only in the file's head, which the subset for mid-stream listening forbids.
  FLAC__stream_encoder_set_streamable_subset(encoder.get(), FLAC__format_sample_rate_is_subset(rate));

  const auto write = [](const FLAC__StreamEncoder*, const FLAC__byte* bytes, std::size_t count, std::uint32_t,
                        std::uint32_t, void* state) {
    auto& self = *static_cast<State*>(state);
    const bool good = self.guarded([&] { self.file.write(std::as_bytes(std::span(bytes, count))); });
    return good ? FLAC__STREAM_ENCODER_WRITE_STATUS_OK : FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR;
  };
  const auto seek = [](const FLAC__StreamEncoder*, FLAC__uint64 position, void* state) {
    auto& self = *static_cast<State*>(state);
    const bool good = self.guarded([&] { self.file.seek(static_cast<std::int64_t>(position)); });
    return good ? FLAC__STREAM_ENCODER_SEEK_STATUS_OK : FLAC__STREAM_ENCODER_SEEK_STATUS_ERROR;
  };
  const auto tell = [](const FLAC__StreamEncoder*, FLAC__uint64* position, void* state) {
    auto& self = *static_cast<State*>(state);
    const bool good =
        self.guarded([&] { *position = static_cast<FLAC__uint64>(self.file.position_bytes()); });
    return good ? FLAC__STREAM_ENCODER_TELL_STATUS_OK : FLAC__STREAM_ENCODER_TELL_STATUS_ERROR;
  };
  if (FLAC__stream_encoder_init_stream(encoder.get(), write, seek, tell, nullptr, this) !=
      FLAC__STREAM_ENCODER_INIT_STATUS_OK) {
    fail();
  }
}

void FlacWriter::State::fail() {
  if (failure) std::rethrow_exception(failure);
  // Any samples can be encoded: what is left is memory.
  throw DiskError(std::string("out of memory: ") +
                  FLAC__stream_encoder_get_resolved_state_string(encoder.get()));
}

void FlacWriter::State::encode(std::span<const float> samples) {
  std::array<FLAC__int32, kFlacPieceSamples> integers;
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), kFlacPieceSamples);
    for (std::size_t i = 0; i < count; ++i) {
      const Quantised sample = quantise(samples[i], bits);
      integers[i] = sample.value;
      clipped_count += sample.clipped ? 1 : 0;
    }
    if (!FLAC__stream_encoder_process_interleaved(encoder.get(), integers.data(),
                                                  static_cast<unsigned>(count))) {
      fail();
    }
    sample_count += static_cast<std::int64_t>(count);
    samples = samples.subspan(count);
  }
}

const std::filesystem::path& FlacWriter::State::close() {
  if (!closed) {
    if (!FLAC__stream_encoder_finish(encoder.get()) || failure) fail();
    file.close();
    closed = true;
  }
  return file.path();
}

FlacWriter::FlacWriter(const std::filesystem::path& folder, std::int32_t sample_rate_hz,
                       const FlacOptions& options) {
  check(options, sample_rate_hz);
  state_ = std::make_unique<State>(folder, sample_rate_hz, options);
}

FlacWriter::~FlacWriter() = default;
FlacWriter::FlacWriter(FlacWriter&&) noexcept = default;
FlacWriter& FlacWriter::operator=(FlacWriter&&) noexcept = default;

void FlacWriter::write(std::span<const float> samples) {
  state_->encode(samples);
}
std::int64_t FlacWriter::sample_count() const {
  return state_->sample_count;
}
std::int64_t FlacWriter::clipped_count() const {
  return state_->clipped_count;
}
const std::filesystem::path& FlacWriter::close() {
  return state_->close();
}

void FlacWriter::commit(const std::filesystem::path& path) {
  state_->close();
  state_->file.commit(path);
}

}  // namespace pupil::audio
