// SPDX-License-Identifier: Apache-2.0
// onnxruntime through its C interface, loaded at run time: to compare results and speed with, never a
// dependency. The library comes with the npm package onnxruntime-node (bench/peers/setup.sh).

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pupil::bench {

/// What a graph calls its input and its output, both float.
struct OnnxPorts {
  std::string input;
  std::vector<std::int64_t> input_shape;
  std::string output;
};

/// Of an .onnx file that `pupil export` wrote: [1, 1, frames, bins] to logits.
OnnxPorts exported_ports(std::int64_t frames, std::int64_t bins);

/// One session on one thread, with every graph optimisation. Threads: one at a time per object.
class OnnxRuntime {
 public:
  /// `library` is the path of libonnxruntime.so.1, `model` the bytes of an .onnx file with these ports.
  /// std::runtime_error with onnxruntime's own words.
  OnnxRuntime(const std::string& library, std::span<const char> model, OnnxPorts ports);
  ~OnnxRuntime();
  OnnxRuntime(const OnnxRuntime&) = delete;
  OnnxRuntime& operator=(const OnnxRuntime&) = delete;

  /// "1.30.0"
  std::string version() const;

  /// As long as the input's shape says; filled by the caller before run().
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
