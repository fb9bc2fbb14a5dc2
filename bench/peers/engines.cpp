// SPDX-License-Identifier: Apache-2.0
// The engines that need no headers of their own: pupil itself, and onnxruntime through OnnxRuntime.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "bench/peers/engine.h"
#include "bench/peers/onnx_runtime.h"
#include "pupil/edge/network.h"

namespace pupil::bench {
namespace {

class PupilEngine : public Engine {
 public:
  PupilEngine(const deploy::QuantisedNetwork& network, edge::KernelSet kernels)
      : network_(network),
        arena_(edge::Network::arena_bytes(network.model(), kernels)),
        scores_(static_cast<std::size_t>(network.model().class_count())) {
    if (runner_.init(network_.model(), arena_, kernels) != edge::Status::ok) {
      throw std::runtime_error("these kernels cannot run here");
    }
  }
  std::string name() const override { return "pupil (" + std::string(to_string(runner_.kernels())) + ")"; }
  std::span<const float> run(std::span<const float> frames) override {
    (void)runner_.run(frames, scores_);
    return runner_.logits();
  }

 private:
  deploy::QuantisedNetwork network_;
  std::vector<std::byte> arena_;
  std::vector<float> scores_;
  edge::Network runner_;
};

class OnnxruntimeEngine : public Engine {
 public:
  OnnxruntimeEngine(const std::string& library, std::span<const char> onnx, std::int64_t frames,
                    std::int64_t bins)
      : session_(library, onnx, exported_ports(frames, bins)) {}
  std::string name() const override { return "onnxruntime " + session_.version(); }
  std::span<const float> run(std::span<const float> frames) override {
    std::copy(frames.begin(), frames.end(), session_.input().begin());
    return session_.run();
  }

 private:
  OnnxRuntime session_;
};

}  // namespace

std::unique_ptr<Engine> make_pupil_engine(const deploy::QuantisedNetwork& network, edge::KernelSet kernels) {
  return std::make_unique<PupilEngine>(network, kernels);
}

std::unique_ptr<Engine> make_onnxruntime_engine(const deploy::QuantisedNetwork& network,
                                                const std::string& library, const std::string& onnx_file) {
  std::ifstream stream(onnx_file, std::ios::binary);
  if (!stream) throw std::runtime_error(onnx_file + ": cannot be opened");
  const std::vector<char> onnx((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  return std::make_unique<OnnxruntimeEngine>(library, onnx, network.model().window_frames(),
                                             network.model().mel_count());
}

}  // namespace pupil::bench
