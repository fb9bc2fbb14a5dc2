// SPDX-License-Identifier: Apache-2.0
// onnxruntime through its C interface, loaded at run time: to compare results and speed with, never a
// dependency. The library comes with the npm package onnxruntime-node (bench/peers/setup.sh).

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pupil::bench {

/// One session on one thread, with every graph optimisation. Threads: one at a time per object.
class OnnxRuntime {
 public:
  /// `library` is the path of libonnxruntime.so.1, `model` the bytes of an .onnx file whose input is
  /// "frames", [1, 1, frames, bins], and whose output is "logits". std::runtime_error with onnxruntime's own
  /// words.
  OnnxRuntime(const std::string& library, std::span<const char> model, std::int64_t frames,
              std::int64_t bins);
  ~OnnxRuntime();
  OnnxRuntime(const OnnxRuntime&) = delete;
  OnnxRuntime& operator=(const OnnxRuntime&) = delete;

  /// "1.30.0"
  std::string version() const;

  /// [frames * bins]; filled by the caller before run().
  std::span<float> input();

  /// Runs one window; the result lives until the next run().
  std::span<const float> run();

  /// Writes the optimised graph, which shows what was fused.
  static void write_optimised(const std::string& library, std::span<const char> model,
                              const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::bench
