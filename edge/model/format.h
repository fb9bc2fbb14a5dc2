// SPDX-License-Identifier: Apache-2.0
// The bytes of a model file, as docs/format.md describes them. Read by model.cpp, written by
// model_writer.cpp.
//
// Records are copied out of the file with memcpy, so the file's own alignment does not matter to them; arrays
// are used in place and are aligned to kArrayAlignment from a base that the caller aligns in the same way.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pupil::edge::format {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and read in place");

// Stored in model files; never change without raising kVersion.
constexpr std::array<unsigned char, 8> kMagic = {0x89, 'P', 'U', 'P', 'I', 'L', '\r', '\n'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kArrayAlignment = 16;
/// The checksum covers everything after itself.
constexpr std::uint32_t kChecksumStart = 20;

// A reader refuses larger values. They bound its memory and time, not what is sensible.
constexpr std::uint32_t kMaxLayers = 128;
constexpr std::uint32_t kMaxClasses = 1024;
constexpr std::uint32_t kMaxMetadata = 1024;
constexpr std::uint32_t kMaxChannels = 2048;
constexpr std::uint32_t kMaxFrames = 4096;
constexpr std::uint32_t kMaxKernel = 7;
constexpr std::uint32_t kMaxStride = 2;
constexpr std::uint32_t kMaxShift = 24;
constexpr std::int64_t kMaxRowBytes = std::int64_t{1} << 20;
constexpr std::int64_t kMaxMacs = std::int64_t{1} << 32;
/// |bias| below this, and dot products below it as well, keep every 32-bit sum exact.
constexpr std::int32_t kMaxBias = 1 << 29;
constexpr std::int64_t kMaxDotProductLength = 8192;

/// Bytes [offset, offset + bytes) of the file hold UTF-8, and the byte after them is 0.
struct TextRef {
  std::uint32_t offset;
  std::uint32_t bytes;
};

struct Header {
  std::array<unsigned char, 8> magic;
  std::uint32_t version;
  std::uint32_t file_bytes;
  std::uint32_t checksum;  // CRC-32 (IEEE 802.3) of [kChecksumStart, file_bytes)
  std::uint32_t layer_count;
  std::uint32_t layers_offset;
  std::uint32_t class_count;
  std::uint32_t classes_offset;
  std::uint32_t metadata_count;
  std::uint32_t metadata_offset;
  std::uint32_t front_end_offset;
  std::uint32_t input_offset;
  std::uint32_t window_frames;
  std::uint32_t score_kind;
  std::uint32_t reserved;  // 0
};
static_assert(sizeof(Header) == 64);

struct FrontEnd {
  std::int32_t sample_rate_hz;
  std::int32_t window_samples;
  std::int32_t fft_samples;
  std::int32_t hop_samples;
  std::int32_t mel_count;
  float low_hz;
  float high_hz;
  float floor;
  std::uint8_t scale;
  std::uint8_t norm;
  std::uint8_t padding;
  std::uint8_t hann;
  std::uint8_t log;
  std::uint8_t floor_kind;
  std::uint8_t precision;
  std::array<std::uint8_t, 9> reserved;  // 0
};
static_assert(sizeof(FrontEnd) == 48);

/// Followed at gain_offset and shift_offset by float32 [mel_count] each: value = frame * gain + shift.
struct Input {
  std::int32_t zero_point;
  std::uint32_t gain_offset;
  std::uint32_t shift_offset;
  std::uint32_t reserved;  // 0
};
static_assert(sizeof(Input) == 16);

struct Class {
  TextRef label;
  TextRef prompts;  // one per line
  float threshold;
  float calibration_gain;
  float calibration_offset;
  std::uint32_t reserved;  // 0
};
static_assert(sizeof(Class) == 32);

struct Metadata {
  TextRef key;
  TextRef value;
};
static_assert(sizeof(Metadata) == 16);

/// Unused fields of a kind are 0.
struct Layer {
  std::uint8_t kind;  // LayerKind of pupil/edge/model.h
  std::uint8_t kernel_t;
  std::uint8_t kernel_f;
  std::uint8_t stride_t;
  std::uint8_t stride_f;
  std::int8_t zero_point;
  std::int8_t clamp_min;
  std::int8_t clamp_max;
  std::uint32_t channels;
  float scale;                        // of the output, for people; the arithmetic does not use it
  std::uint32_t weights_offset;       // int8
  std::uint32_t bias_offset;          // int32 [channels]
  std::uint32_t multipliers_offset;   // int16 [channels]
  std::uint32_t shifts_offset;        // uint8 [channels]
  std::uint32_t logit_scales_offset;  // float32 [channels], head only
  std::uint32_t skip_tensor;          // add: 0 the input, i the output of layer i - 1
  std::int16_t multiplier;            // add: of the previous layer's output; mean: of the sum
  std::int16_t skip_multiplier;       // add
  std::uint8_t shift;                 // mean
  std::array<std::uint8_t, 3> reserved0;
  std::array<std::uint32_t, 4> reserved1;
};
static_assert(sizeof(Layer) == 64);

/// Bytes that the file holds for one output channel beside its weights.
constexpr std::int64_t kConvChannelBytes = 7;  // i32 bias, i16 multiplier, u8 shift
constexpr std::int64_t kHeadChannelBytes = 8;  // i32 bias, f32 logit scale

/// Sums of a mean layer are multiplied by this before they are rounded like any other sum.
constexpr std::int32_t kMeanGain = 64;

}  // namespace pupil::edge::format
