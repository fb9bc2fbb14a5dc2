// SPDX-License-Identifier: Apache-2.0
// One window of frames through one engine, for timing the same network in several.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "deploy/quantised_network.h"
#include "pupil/edge/kernel_set.h"

namespace pupil::bench {

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  /// `frames` [T * F] -> logits [K], valid until the next call. One thread.
  virtual std::span<const float> run(std::span<const float> frames) = 0;
};

/// The device library; KernelSet::automatic is its fastest.
std::unique_ptr<Engine> make_pupil_engine(const deploy::QuantisedNetwork& network, edge::KernelSet kernels);

/// `library`: libonnxruntime.so.1; `onnx_file`: what `pupil export` wrote. std::runtime_error when either
/// fails.
std::unique_ptr<Engine> make_onnxruntime_engine(const deploy::QuantisedNetwork& network,
                                                const std::string& library, const std::string& onnx_file);

/// Null where this program was built without XNNPACK. Its logits are int8, so they only say the label.
std::unique_ptr<Engine> make_xnnpack_engine(const deploy::QuantisedNetwork& network);

}  // namespace pupil::bench
