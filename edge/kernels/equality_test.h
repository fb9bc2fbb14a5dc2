// SPDX-License-Identifier: Apache-2.0
// Every operation of a table against the reference, byte for byte, on difficult shapes: around the
// widths of vectors, narrow and deep, with odd strides and at unaligned addresses. Without GoogleTest, so
// that it also runs where there is none (tests/cross).

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/kernels.h"

namespace pupil::edge::kernels {

class EqualityCheck {
 public:
  EqualityCheck(const Table& table, const Table& reference) : table_(table), reference_(reference) {}

  /// Number of cases that differed; each is printed to stderr.
  int run() {
    for (const std::int32_t n : kSizes) {
      for (const std::int32_t k : kSizes) check_conv({1, k, n}, 1 + n % 7, 1 + k % 3);
    }
    for (const std::int32_t columns : kSizes) check_conv({1, 33, 40}, columns, 2);
    for (std::int32_t t = 1; t <= 7; ++t) {
      for (const std::int32_t bytes : {1, 3, 5, 7, 24, 65}) check_conv({t, bytes, 9 * t}, 5, 3);
    }
    // Positions side by side: whole vectors of them and parts.
    for (const std::int32_t columns : {15, 16, 17, 31, 32, 33, 40, 65}) {
      for (const std::int32_t n : {1, 7, 8, 9, 16, 17}) {
        check_conv({3, 3, n}, columns, 2);
        check_conv({2, 4, n}, columns, 1);
        check_conv({1, 8, n}, columns, 2);
      }
    }
    check_conv({1, 2048, 128}, 4, 1);
    check_conv({3, 2048, 3}, 2, 1);
    for (const std::int32_t channels : kSizes) {
      for (const std::int32_t t : {1, 2, 3, 5}) check_depthwise({t, 3, channels}, 6, 2, 1 + channels % 2);
    }
    for (std::int32_t t = 1; t <= 7; ++t) {
      for (std::int32_t f = 1; f <= 7; ++f) check_depthwise({t, f, 50}, 1 + t + f, 2, 1 + f % 2);
    }
    for (std::int32_t columns = 1; columns <= 9; ++columns) {
      for (const std::int32_t channels : {8, 16, 32}) {
        check_depthwise({3, 3, channels}, columns, 3, 1);
        check_depthwise({4, 3, channels}, columns, 3, 2);
      }
    }
    for (std::int32_t t = 1; t <= 4; ++t) {
      for (const std::int32_t channels : {16, 33, 72, 130}) {
        check_depthwise({t, 3, channels}, 5, 5, 3);
        check_depthwise({t, 1, channels}, 4, 3, 3);
        check_depthwise({1, t, channels}, 7, 3, 1);
      }
    }
    for (const std::int32_t count : kSizes) check_add(count);
    check_add(4099);
    for (const std::int32_t channels : kSizes) {
      check_sum(channels, 1 + channels % 9);
      for (int repeat = 0; repeat < 5; ++repeat) check_mean(channels);
      check_dense(channels, 5);
      check_quantise(channels, 1 + channels % 4);
    }
    check_dense(2048, 3);
    return failures_;
  }

  int cases() const { return cases_; }

 private:
  static constexpr std::int32_t kSizes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12, 15, 16,  17, 24,
                                            31, 32, 33, 47, 48, 49, 63, 64, 65, 72, 96, 97, 127, 144};

  std::uint32_t bits() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(bits() % static_cast<std::uint32_t>(high - low + 1));
  }
  // Each extreme is as likely as 1 in 6.
  std::int32_t value(std::int32_t low, std::int32_t high) {
    const std::int32_t kind = between(0, 5);
    return kind == 0 ? low : kind == 1 ? high : between(low, high);
  }

  /// The same random values as each table stores them, `offset` bytes past an aligned address, followed by
  /// slack.
  struct Activations {
    std::vector<std::uint8_t> ours;
    std::vector<std::uint8_t> theirs;
    std::int64_t offset;
    const std::uint8_t* our_data() const { return ours.data() + offset; }
    const std::uint8_t* reference_data() const { return theirs.data() + offset; }
  };

  Activations activations(std::int64_t count) {
    Activations a;
    a.offset = between(0, 63);
    a.ours.resize(static_cast<std::size_t>(a.offset + count + kReadSlackBytes));
    for (auto& byte : a.ours) byte = static_cast<std::uint8_t>(value(-128, 127));
    a.theirs = a.ours;
    for (auto& byte : a.ours) byte ^= table_.stored_xor;
    for (auto& byte : a.theirs) byte ^= reference_.stored_xor;
    return a;
  }

  std::vector<std::int8_t> weights(std::int64_t count) {
    std::vector<std::int8_t> w(static_cast<std::size_t>(count));
    for (auto& x : w) x = static_cast<std::int8_t>(value(-127, 127));
    return w;
  }

  struct Channels {
    std::vector<std::int32_t> bias;
    std::vector<std::int16_t> multiplier;
    std::vector<std::uint8_t> shift;
    ChannelScale scale() const { return {bias.data(), multiplier.data(), shift.data()}; }
  };

  // Shifts from "everything saturates" to "everything vanishes".
  Channels channels(std::int32_t count, std::int32_t dot_length) {
    std::int32_t usual = 0;
    while ((std::int64_t{1} << usual) < std::int64_t{dot_length} * 8) ++usual;
    Channels c;
    for (std::int32_t i = 0; i < count; ++i) {
      c.bias.push_back(between(0, 9) == 0 ? value(-(1 << 29) + 1, (1 << 29) - 1) : between(-5000, 5000));
      c.multiplier.push_back(
          static_cast<std::int16_t>(between(0, 9) == 0 ? value(0, 32767) : between(16384, 32767)));
      c.shift.push_back(static_cast<std::uint8_t>(
          between(0, 4) == 0 ? value(0, 24) : std::clamp<std::int32_t>(usual + between(-3, 2), 0, 24)));
    }
    return c;
  }

  OutputRange output_range() {
    switch (between(0, 2)) {
      case 0: return {-128, -128, 127};
      case 1: return {between(-128, 127), -128, 127};
      default: {
        const std::int32_t low = between(-128, 100);
        return {between(-128, 127), low, between(low, 127)};
      }
    }
  }

  /// Output buffers with guards on both sides.
  struct Output {
    explicit Output(std::int64_t bytes) : memory(static_cast<std::size_t>(bytes + 2 * kGuard), 0xA5) {}
    std::uint8_t* data() { return memory.data() + kGuard; }
    static constexpr std::int64_t kGuard = 96;
    std::vector<std::uint8_t> memory;
  };

  // Guards and gaps must be equal too, so that whole buffers are compared; only written bytes carry the xor.
  void compare(const char* what, Output& ours, Output& reference, std::int64_t rows, std::int64_t row_bytes,
               std::int64_t stride, const std::int32_t* shape) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t i = 0; i < row_bytes; ++i) {
        ours.data()[r * stride + i] ^= table_.stored_xor;
        reference.data()[r * stride + i] ^= reference_.stored_xor;
      }
    }
    record(what, ours.memory == reference.memory, shape);
  }

  void record(const char* what, bool equal, const std::int32_t* shape) {
    ++cases_;
    if (equal) return;
    ++failures_;
    std::fprintf(stderr, "%s: %s differs from the reference, shape %d %d %d, %d columns\n", table_.name, what,
                 shape[0], shape[1], shape[2], shape[3]);
  }

  struct alignas(64) Block {
    std::uint8_t bytes[64];
  };
  static std::vector<Block> blocks(std::int64_t bytes) {
    return std::vector<Block>(static_cast<std::size_t>(bytes / 64 + 1));
  }

  void check_conv(const ConvShape& shape, std::int32_t columns, std::int32_t rows) {
    const std::int64_t column_stride = shape.segment_bytes + between(0, 1) * between(0, 9);
    const std::int64_t segment_stride = columns * column_stride + shape.segment_bytes + between(0, 5);
    const std::int64_t row_stride = segment_stride * between(1, 2);
    const Activations input = activations(row_stride * rows + segment_stride * shape.segments);
    const auto w = weights(std::int64_t{shape.channels} * shape.segments * shape.segment_bytes);
    const Channels scales = channels(shape.channels, shape.segments * shape.segment_bytes);
    const ConvWeights conv_weights{w.data(), scales.scale(), between(-128, 127)};
    const std::int64_t row_bytes = std::int64_t{columns} * shape.channels;
    const std::int64_t output_stride = row_bytes + between(0, 3);
    const OutputRange range = output_range();
    Output ours(output_stride * rows);
    Output theirs(output_stride * rows);
    const auto call = [&](const Table& table, const std::uint8_t* data, Output& output) {
      std::vector<Block> packed = blocks(table.conv_packed_bytes(shape));
      table.pack_conv(shape, conv_weights, packed.data());
      table.conv({shape, packed.data(), range, data, segment_stride, row_stride, column_stride, output.data(),
                  output_stride, rows, columns});
    };
    call(table_, input.our_data(), ours);
    call(reference_, input.reference_data(), theirs);
    const std::int32_t printed_shape[] = {shape.segments, shape.segment_bytes, shape.channels, columns};
    compare("conv", ours, theirs, rows, row_bytes, output_stride, printed_shape);
  }

  void check_depthwise(const DepthwiseShape& shape, std::int32_t columns, std::int32_t rows,
                       std::int32_t stride_f) {
    const std::int32_t input_columns = (columns - 1) * stride_f + shape.kernel_f;
    const std::int64_t kernel_row = std::int64_t{input_columns} * shape.channels + between(0, 5);
    const std::int64_t row_stride = kernel_row * between(1, 2);
    const Activations input = activations(row_stride * rows + kernel_row * shape.kernel_t);
    const auto w = weights(std::int64_t{shape.channels} * shape.kernel_t * shape.kernel_f);
    const Channels scales = channels(shape.channels, shape.kernel_t * shape.kernel_f);
    const DepthwiseWeights depthwise_weights{w.data(), scales.scale(), between(-128, 127)};
    const std::int64_t row_bytes = std::int64_t{columns} * shape.channels;
    const std::int64_t output_stride = row_bytes + between(0, 3);
    const OutputRange range = output_range();
    Output ours(output_stride * rows);
    Output theirs(output_stride * rows);
    const auto call = [&](const Table& table, const std::uint8_t* data, Output& output) {
      std::vector<Block> packed = blocks(table.depthwise_packed_bytes(shape));
      std::vector<Block> scratch = blocks(table.depthwise_scratch_bytes(shape, input_columns));
      table.pack_depthwise(shape, depthwise_weights, packed.data());
      table.depthwise({shape, packed.data(), range, data, kernel_row, row_stride, stride_f, output.data(),
                       output_stride, rows, columns, scratch.data()});
    };
    call(table_, input.our_data(), ours);
    call(reference_, input.reference_data(), theirs);
    const std::int32_t printed_shape[] = {shape.kernel_t, shape.kernel_f, shape.channels, columns};
    compare("depthwise", ours, theirs, rows, row_bytes, output_stride, printed_shape);
  }

  void check_add(std::int32_t count) {
    const Activations a = activations(count);
    const Activations b = activations(count);
    AddCall call{};
    call.a_zero_point = value(-128, 127);
    call.b_zero_point = value(-128, 127);
    call.a_multiplier = value(0, 32767);
    call.b_multiplier = value(0, 32767);
    call.output = output_range();
    call.count = count;
    Output ours(count);
    Output theirs(count);
    call.a = a.our_data();
    call.b = b.our_data();
    call.result = ours.data();
    table_.add(call);
    call.a = a.reference_data();
    call.b = b.reference_data();
    call.result = theirs.data();
    reference_.add(call);
    const std::int32_t printed_shape[] = {call.a_multiplier, call.b_multiplier, 0, count};
    compare("add", ours, theirs, 1, count, count, printed_shape);
  }

  void check_sum(std::int32_t channel_count, std::int32_t columns) {
    const Activations input = activations(std::int64_t{channel_count} * columns);
    const std::int32_t zero_point = value(-128, 127);
    for (const bool with_total : {false, true}) {
      // Sums of a row before this one, then totals; each with a guard.
      std::vector<std::int32_t> ours(2 * static_cast<std::size_t>(channel_count) + 2, 7);
      for (auto& x : ours) x = between(-1000, 1000);
      std::vector<std::int32_t> theirs(ours);
      const auto call = [&](const Table& table, const std::uint8_t* data, std::vector<std::int32_t>& sums) {
        std::int32_t* const total = with_total ? sums.data() + channel_count + 1 : nullptr;
        table.sum({data, zero_point, columns, channel_count, sums.data(), total});
      };
      call(table_, input.our_data(), ours);
      call(reference_, input.reference_data(), theirs);
      const std::int32_t printed_shape[] = {channel_count, with_total, 0, columns};
      record("sum", ours == theirs, printed_shape);
    }
  }

  void check_mean(std::int32_t channel_count) {
    std::vector<std::int32_t> sums(static_cast<std::size_t>(channel_count));
    for (auto& x : sums) x = between(0, 9) == 0 ? value(-(1 << 23), (1 << 23) - 1) : between(-2000, 2000);
    MeanCall call{};
    call.sums = sums.data();
    call.gain = 64;
    call.channels = channel_count;
    call.multiplier = value(0, 32767);
    call.shift = value(0, 24);
    call.output = output_range();
    Output ours(channel_count);
    Output theirs(channel_count);
    call.row = ours.data();
    table_.mean(call);
    call.row = theirs.data();
    reference_.mean(call);
    const std::int32_t printed_shape[] = {call.multiplier, call.shift, 0, channel_count};
    compare("mean", ours, theirs, 1, channel_count, channel_count, printed_shape);
  }

  void check_dense(std::int32_t inputs, std::int32_t outputs) {
    const Activations input = activations(inputs);
    const auto w = weights(std::int64_t{inputs} * outputs);
    const Channels scales = channels(outputs, inputs);
    const std::int32_t zero_point = value(-128, 127);
    std::vector<std::int32_t> ours(static_cast<std::size_t>(outputs) + 1, 7);
    std::vector<std::int32_t> theirs(ours);
    table_.dense({input.our_data(), w.data(), scales.bias.data(), zero_point, inputs, outputs, ours.data()});
    reference_.dense(
        {input.reference_data(), w.data(), scales.bias.data(), zero_point, inputs, outputs, theirs.data()});
    const std::int32_t printed_shape[] = {inputs, outputs, 0, 1};
    record("dense", ours == theirs, printed_shape);
  }

  void check_quantise(std::int32_t count, std::int32_t rows) {
    const auto size = static_cast<std::size_t>(count);
    std::vector<float> frames(size * static_cast<std::size_t>(rows));
    std::vector<float> gain(size);
    std::vector<float> shift(size);
    for (float& x : gain) x = static_cast<float>(between(1, 100)) * 0.125F;
    for (float& x : shift) x = static_cast<float>(between(-255, 255)) * 0.5F;  // ties too
    for (float& x : frames) {
      x = static_cast<float>(between(-4000, 4000)) * 0.01F;
      const std::int32_t kind = between(0, 20);
      if (kind == 0) x = std::numeric_limits<float>::quiet_NaN();
      if (kind == 1) x = std::numeric_limits<float>::infinity();
      if (kind == 2) x = -1e30F;
    }
    const std::int64_t stride = count + between(0, 3);
    Output ours(stride * rows);
    Output theirs(stride * rows);
    table_.quantise({frames.data(), gain.data(), shift.data(), count, ours.data(), stride, rows});
    reference_.quantise({frames.data(), gain.data(), shift.data(), count, theirs.data(), stride, rows});
    const std::int32_t printed_shape[] = {count, rows, 0, 1};
    compare("quantise", ours, theirs, rows, count, stride, printed_shape);
  }

  const Table& table_;
  const Table& reference_;
  std::uint64_t state_ = 12345;
  int cases_ = 0;
  int failures_ = 0;
};

}  // namespace pupil::edge::kernels
