// SPDX-License-Identifier: Apache-2.0
// What the two NEON files (neon.cpp, neon_dot.cpp) share: blocks of sixteen output channels, from 32-bit sums
// to the stored bytes. Private to those two files.
//
// Every function is `static`: each file compiles its own copy with its own flags. An ordinary inline function
// compiled with +dotprod could be the one that the linker keeps, and a Cortex-A72 would then stop at an
// instruction it lacks. For the same reason nothing is included but <stdint.h>, the intrinsics and kernels.h.
//
// Rounding is reference::requantise() in vectors. Each step has the instruction with exactly its rounding:
//   t = clamp16((sum + half) >> shift)    half is part of the packed bias; sshl by -shift, sqxtn
//   u = (t * multiplier + 2^14) >> 15     sqrdmulh
//   y = (u + 64 * zero_point + 32) >> 6   sqadd, sqrshrn; it saturates, then the clamp

#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::neon_block {

#if !defined(__aarch64__)
// 32-bit Arm has the halves of these and not the whole; the names are those of 64-bit Arm.
static inline int16x8_t vmull_high_s8(int8x16_t a, int8x16_t b) {
  return vmull_s8(vget_high_s8(a), vget_high_s8(b));
}
static inline int16x8_t vmlal_high_s8(int16x8_t sum, int8x16_t a, int8x16_t b) {
  return vmlal_s8(sum, vget_high_s8(a), vget_high_s8(b));
}
static inline int32x4_t vaddw_high_s16(int32x4_t sum, int16x8_t a) {
  return vaddw_s16(sum, vget_high_s16(a));
}
static inline int16x8_t vqmovn_high_s32(int16x4_t low, int32x4_t high) {
  return vcombine_s16(low, vqmovn_s32(high));
}
static inline int32x4_t vpaddq_s32(int32x4_t a, int32x4_t b) {
  return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)),
                      vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
}
static inline int32_t vaddvq_s32(int32x4_t a) {
  const int32x2_t halves = vadd_s32(vget_low_s32(a), vget_high_s32(a));
  return vget_lane_s32(vpadd_s32(halves, halves), 0);
}
#endif

constexpr int32_t kBlock = 16;  // channels: the bytes of one vector, four vectors of sums

/// Four vectors that follow each other in memory. (vld1q_s8_x4, which not every compiler has for 32 bits.)
static inline int8x16x4_t load_four(const int8_t* from) {
#if defined(__aarch64__)
  return vld1q_s8_x4(from);
#else
  return {{vld1q_s8(from), vld1q_s8(from + 16), vld1q_s8(from + 32), vld1q_s8(from + 48)}};
#endif
}

static inline int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

/// What rounds a shift to the right by `shift` to the nearest.
static inline int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}

/// Stored bytes as values: stored_xor of both tables is 0.
static inline const int8_t* values(const uint8_t* bytes) {
  return reinterpret_cast<const int8_t*>(bytes);
}

/// An OutputRange in registers.
struct Rounding {
  int16x8_t zero;
  int8x16_t low;
  int8x16_t high;
};

static inline Rounding make_rounding(const OutputRange& output) {
  return {vdupq_n_s16(static_cast<int16_t>(64 * output.zero_point)),
          vdupq_n_s8(static_cast<int8_t>(output.clamp_min)),
          vdupq_n_s8(static_cast<int8_t>(output.clamp_max))};
}

/// Eight sums whose bias holds half the shift's unit. Shifts are negative: vshl shifts to the right by them.
static inline int16x8_t shifted(int32x4_t low, int32x4_t high, int32x4_t low_shift, int32x4_t high_shift) {
  return vqmovn_high_s32(vqmovn_s32(vshlq_s32(low, low_shift)), vshlq_s32(high, high_shift));
}

static inline int16x8_t scaled(int16x8_t t, int16x8_t multiplier, const Rounding& r) {
  return vqaddq_s16(vqrdmulhq_s16(t, multiplier), r.zero);
}

static inline int8x16_t to_bytes(int16x8_t low, int16x8_t high, const Rounding& r) {
#if defined(__aarch64__)
  const int8x16_t y = vqrshrn_high_n_s16(vqrshrn_n_s16(low, 6), high, 6);
#else
  const int8x16_t y = vcombine_s8(vqrshrn_n_s16(low, 6), vqrshrn_n_s16(high, 6));
#endif
  return vminq_s8(vmaxq_s8(y, r.low), r.high);
}

/// Packed in front of a block's weights: the rounding parameters of its channels. Channels that do not exist
/// have zeros; their bytes are computed and not stored.
struct BlockHead {
  int32_t bias[kBlock];   // with the input's zero point and half of the shift's unit
  int32_t shift[kBlock];  // negative
  int16_t multiplier[kBlock];
};

/// `weight_sum(c)` is the sum of channel c's weights: sum of (x - zero point) * w is sum of x * w less zero
/// point * it.
template <typename WeightSum>
static void pack_head(const ChannelScale& scale, int32_t zero_point, int32_t first, int32_t channels,
                      WeightSum weight_sum, BlockHead* head) {
  for (int32_t i = 0; i < kBlock; ++i) {
    const int32_t c = first + i;
    const bool exists = c < channels;
    head->bias[i] = exists ? scale.bias[c] + half_of(scale.shift[c]) - zero_point * weight_sum(c) : 0;
    head->shift[i] = exists ? -static_cast<int32_t>(scale.shift[c]) : 0;
    head->multiplier[i] = exists ? scale.multiplier[c] : static_cast<int16_t>(0);
  }
}

/// A BlockHead's shifts and multipliers in registers.
struct Scales {
  int32x4_t shift[4];
  int16x8_t multiplier[2];
};

static inline Scales load_scales(const BlockHead& head) {
  return {{vld1q_s32(head.shift), vld1q_s32(head.shift + 4), vld1q_s32(head.shift + 8),
           vld1q_s32(head.shift + 12)},
          {vld1q_s16(head.multiplier), vld1q_s16(head.multiplier + 8)}};
}

/// Four vectors of sums, in channel order, to the bytes of a block.
static inline int8x16_t finish(const int32x4_t* sums, const Scales& s, const Rounding& r) {
  const int16x8_t low = shifted(sums[0], sums[1], s.shift[0], s.shift[1]);
  const int16x8_t high = shifted(sums[2], sums[3], s.shift[2], s.shift[3]);
  return to_bytes(scaled(low, s.multiplier[0], r), scaled(high, s.multiplier[1], r), r);
}

// Out of line: only the last block of a row of channels can be a partial one.
static __attribute__((noinline)) void store_some(uint8_t* output, int8x16_t bytes, int32_t count) {
  int8_t all[kBlock];
  vst1q_s8(all, bytes);
  for (int32_t i = 0; i < count; ++i) output[i] = static_cast<uint8_t>(all[i]);
}

/// The first `count` bytes, at most a block.
static inline void store_first(uint8_t* output, int8x16_t bytes, int32_t count) {
  if (__builtin_expect(count >= kBlock, 1)) {
    vst1q_s8(reinterpret_cast<int8_t*>(output), bytes);
  } else {
    store_some(output, bytes, count);
  }
}

}  // namespace pupil::edge::kernels::neon_block
