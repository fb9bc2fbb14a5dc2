// SPDX-License-Identifier: Apache-2.0
// Runs a network over a growing sequence of frames, a few at a time. Network gives it one window and starts
// again; Streamer never stops. Both therefore compute the same numbers.
//
// 1. After step() every row that can be computed from the rows of tensor 0 has been computed, each one once.
// 2. tensors_[i].end is the number of rows computed since reset(); rows [begin, end) are in memory.
// 3. pool_total_ is the sum over the latest pool_rows rows of the last feature map.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/kernels.h"
#include "model/plan.h"
#include "pupil/edge/model.h"
#include "pupil/edge/network.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

class Engine {
 public:
  /// 0 if the kernels cannot run here or the model is too large.
  static std::size_t arena_bytes(const Model& model, KernelSet kernels, std::int32_t step_frames) noexcept;

  /// Places an engine and everything it needs at the start of `arena`.
  static Status place(const Model& model, KernelSet kernels, std::int32_t step_frames,
                      std::span<std::byte> arena, Engine** engine) noexcept;

  /// Forgets every frame.
  void reset() noexcept;

  std::int32_t step_frames() const noexcept { return step_frames_; }
  std::int64_t frame_count() const noexcept { return tensors_[0].end; }

  /// Quantises `frames`, [count, mel_count], as numbers `index`, `index` + 1, ... of the next step, all below
  /// step_frames().
  void put_frames(std::int32_t index, const float* frames, std::int32_t count) noexcept;

  /// Runs the layers over the `count` frames put since the last step.
  void step(std::int32_t count) noexcept;

  /// Logits [K] of the window that ends with the latest frame. At least pool_rows rows must have been
  /// computed.
  std::span<const float> finish_window() noexcept;
  std::span<const float> logits() const noexcept { return {logits_, static_cast<std::size_t>(class_count_)}; }

  void observe(const LayerObserver& observer) noexcept { observer_ = observer; }

 private:
  struct Tensor {
    std::uint8_t* first;  // column 0 of the row in slot 0
    std::int64_t row_bytes;
    std::int64_t begin;
    std::int64_t end;
    std::int64_t needed_from;  // the oldest row that a later step reads
    std::int32_t left_columns;
    std::int32_t bins;
    std::int32_t channels;
    std::int32_t zero_point;
    std::int32_t capacity_rows;
    bool gapless;  // rows follow each other without padding

    std::uint8_t* row(std::int64_t t) const noexcept { return first + (t - begin) * row_bytes; }
  };

  struct Layer {
    LayerKind kind;
    KernelShape kernel;
    std::uint8_t shift;
    std::int16_t multiplier;
    std::int16_t skip_multiplier;
    std::int32_t skip_tensor;
    std::int32_t skip_crop;
    kernels::OutputRange output;
    const void* packed;
    const std::int8_t* weights;  // head
    const std::int32_t* bias;    // head
    const float* logit_scales;   // head
  };

  void place_layer(const Model& model, std::int32_t index, const LayerPlan& plan, std::byte* base) noexcept;
  void place_tensor(std::int32_t index, const TensorPlan& plan, std::byte* base) noexcept;
  std::int64_t rows_possible(std::int32_t layer) const noexcept;
  void run_layer(std::int32_t index, std::int64_t rows) noexcept;
  void run_conv(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                std::int32_t rows) noexcept;
  void run_depthwise(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                     std::int32_t rows) noexcept;
  void run_add(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
               std::int32_t rows) noexcept;
  void run_mean_f(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                  std::int32_t rows) noexcept;
  void round_mean(const Layer& layer, const std::int32_t* sums, std::int32_t channels,
                  std::uint8_t* row) noexcept;
  void pool_new_rows() noexcept;
  void forget_old_rows() noexcept;
  void notify_before(std::int32_t layer) const noexcept;
  void notify_after(std::int32_t layer, std::int64_t first_row, std::int32_t rows) const noexcept;

  const kernels::Table* table_;
  Layer* layers_;
  Tensor* tensors_;
  const float* gain_;
  const float* shift_;
  std::int32_t layer_count_;
  std::int32_t pool_layer_;
  std::int32_t pool_rows_;
  std::int32_t step_frames_;
  std::int32_t class_count_;
  std::int64_t pooled_rows_;
  std::int32_t* pool_ring_;
  std::int32_t* pool_total_;
  std::int32_t* sums_;
  float* logits_;
  void* scratch_;
  LayerObserver observer_;
};

}  // namespace pupil::edge
