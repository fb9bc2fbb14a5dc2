// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_costs.h"

#include <fstream>
#include <string>

#include "base/sha256.h"
#include "pupil/edge/stream.h"

namespace pupil::pipeline {
namespace {

// As Linux tells it; empty elsewhere.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name") || line.starts_with("Model")) {
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos) return line.substr(colon + 2);
    }
  }
  return {};
}

}  // namespace

Json model_json(const edge::Model& model, const std::filesystem::path& path) {
  Json json;
  json.set("file", path.filename().string());
  json.set("bytes", model.file().size());
  json.set("sha256", sha256_file(path));
  json.set("parameter_bytes", model.parameter_bytes());
  json.set("layers", model.layer_count());
  json.set("macs_per_window", model.macs());
  json.set("arena_bytes", edge::Network::arena_bytes(model, edge::KernelSet::reference));
  json.set("stream_bytes", edge::Streamer::state_bytes(model, {100, edge::KernelSet::reference}));
  json.set("sample_rate_hz", model.front_end().sample_rate_hz);
  json.set("window_s", static_cast<double>(model.window_samples()) / model.front_end().sample_rate_hz);
  json.set("mel_count", model.mel_count());
  json.set("scores", edge::to_string(model.score_kind()));
  json.set("teacher", std::filesystem::path(model.find_metadata("teacher")).filename().string());
  return json;
}

Json measured_json(const edge::Model& model, evaluation::DeviceNetwork* network) {
  Json json;
  json.set("processor", processor_name());
  json.set("kernels", network->kernels());
  json.set("window_ms", 1000 * network->window_s());
  json.set("stream_100_ms_ms", 1000 * evaluation::stream_step_s(model));
  json.set("threads", 1);
  return json;
}

}  // namespace pupil::pipeline
