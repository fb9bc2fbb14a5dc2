// SPDX-License-Identifier: Apache-2.0
// pupil inspect: all that a model file says of itself.

#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "device/model_file.h"
#include "layer_text.h"
#include "pupil/edge/network.h"
#include "pupil/edge/stream.h"

namespace pupil::cli {
namespace {

struct InspectOptions {
  std::string model;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "model file");
    v.flag("--json", json, "machine-readable output");
  }
};

double frame_s(const edge::Model& model) {
  return static_cast<double>(model.front_end().hop_samples) / model.front_end().sample_rate_hz;
}

double window_s(const edge::Model& model) {
  return static_cast<double>(model.window_samples()) / model.front_end().sample_rate_hz;
}

// Of a stream, in which each row is computed once; what lies behind the mean runs once a hop and is left out.
double macs_per_second(const edge::Model& model) {
  double total = 0.0;
  double rows_per_s = 1.0 / frame_s(model);
  for (std::int32_t i = 0; i < model.layer_count(); ++i) {
    const edge::LayerInfo layer = model.layer(i);
    if (layer.kind == edge::LayerKind::mean_tf) break;
    rows_per_s /= layer.kernel.stride_t;
    total += static_cast<double>(layer.macs) / layer.frames * rows_per_s;
  }
  return total;
}

std::string text_of(std::string_view text) {
  return std::string(text);
}

Json front_end_json(const edge::LogMelOptions& options) {
  Json json;
  json.set("sample_rate_hz", options.sample_rate_hz);
  json.set("window_samples", options.window_samples);
  json.set("fft_samples", options.fft_samples);
  json.set("hop_samples", options.hop_samples);
  json.set("mel_bins", options.mel_count);
  json.set("low_hz", Json(options.low_hz));
  json.set("high_hz", Json(options.high_hz));
  return json;
}

Json memory_json(const edge::Model& model) {
  Json sets{Json::Array()};
  for (std::int32_t i = 1; i < edge::kKernelSetCount; ++i) {
    const auto kernels = static_cast<edge::KernelSet>(i);
    if (!edge::kernel_set_available(kernels)) continue;
    edge::StreamOptions stream;
    stream.kernels = kernels;
    Json set;
    set.set("kernels", edge::to_string(kernels));
    set.set("window_arena_bytes", edge::Network::arena_bytes(model, kernels));
    set.set("stream_state_bytes", edge::Streamer::state_bytes(model, stream));
    sets.push_back(set);
  }
  return sets;
}

Json to_json(const edge::Model& model) {
  Json json;
  json.set("file_bytes", model.file().size());
  json.set("checksum", static_cast<std::int64_t>(model.checksum()));
  json.set("window_s", window_s(model));
  json.set("window_frames", model.window_frames());
  json.set("time_stride_frames", model.time_stride());
  json.set("receptive_frames", model.receptive_frames());
  json.set("macs", model.macs());
  json.set("macs_per_second", macs_per_second(model));
  json.set("parameter_bytes", model.parameter_bytes());
  json.set("scores", edge::to_string(model.score_kind()));
  json.set("front_end", front_end_json(model.front_end()));
  Json classes{Json::Array()};
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    Json c;
    c.set("label", model.label(k));
    c.set("prompts", model.prompts(k));
    c.set("threshold", Json(model.threshold(k)));
    c.set("calibration_gain", Json(model.calibration_gain(k)));
    c.set("calibration_offset", Json(model.calibration_offset(k)));
    classes.push_back(c);
  }
  json.set("classes", classes);
  Json metadata{Json::Object()};
  for (std::int32_t i = 0; i < model.metadata_count(); ++i) {
    metadata.set(model.metadata_key(i), model.metadata_value(i));
  }
  json.set("metadata", metadata);
  Json layers{Json::Array()};
  for (std::int32_t i = 0; i < model.layer_count(); ++i) layers.push_back(layer_json(model.layer(i)));
  json.set("layers", layers);
  json.set("memory", memory_json(model));
  return json;
}

void print_classes(const edge::Model& model) {
  std::printf("\nclasses (%s)\n", text_of(edge::to_string(model.score_kind())).c_str());
  for (std::int32_t k = 0; k < model.class_count(); ++k) {
    std::string prompts = text_of(model.prompts(k));
    for (std::size_t at = 0; (at = prompts.find('\n', at)) != std::string::npos;)
      prompts.replace(at, 1, "; ");
    std::printf("  %-24s threshold %s  %s\n", text_of(model.label(k)).c_str(),
                fixed(model.threshold(k), 3).c_str(), prompts.c_str());
  }
}

void print_text(const edge::Model& model) {
  const edge::LogMelOptions& front_end = model.front_end();
  for (std::int32_t i = 0; i < model.metadata_count(); ++i) {
    std::printf("%-24s %s\n", text_of(model.metadata_key(i)).c_str(),
                text_of(model.metadata_value(i)).c_str());
  }
  std::printf("\n%3s  %s\n", "", layer_heading().c_str());
  for (std::int32_t i = 0; i < model.layer_count(); ++i) {
    std::printf("%3d  %s\n", i, layer_text(model.layer(i)).c_str());
  }
  std::printf("\nfile      %s, parameters %s\n",
              readable_bytes(static_cast<std::int64_t>(model.file().size())).c_str(),
              readable_bytes(model.parameter_bytes()).c_str());
  std::printf("cost      %s MMAC a window, %s MMAC a second of stream\n",
              fixed(1e-6 * static_cast<double>(model.macs()), 2).c_str(),
              fixed(1e-6 * macs_per_second(model), 2).c_str());
  std::printf("window    %s s, %d frames of %s ms, %d mel bins; a stream moves in steps of %d frames\n",
              fixed(window_s(model), 3).c_str(), model.window_frames(),
              fixed(1000.0 * frame_s(model), 1).c_str(), model.mel_count(), model.time_stride());
  std::printf("front end %d Hz, windows of %d samples, %s to %s Hz; receptive field %d frames\n",
              front_end.sample_rate_hz, front_end.window_samples, fixed(front_end.low_hz, 0).c_str(),
              fixed(front_end.high_hz, 0).c_str(), model.receptive_frames());
  for (std::int32_t i = 1; i < edge::kKernelSetCount; ++i) {
    const auto kernels = static_cast<edge::KernelSet>(i);
    if (!edge::kernel_set_available(kernels)) continue;
    edge::StreamOptions stream;
    stream.kernels = kernels;
    std::printf(
        "memory    %-12s %s for windows, %s for a stream\n", text_of(edge::to_string(kernels)).c_str(),
        readable_bytes(static_cast<std::int64_t>(edge::Network::arena_bytes(model, kernels))).c_str(),
        readable_bytes(static_cast<std::int64_t>(edge::Streamer::state_bytes(model, stream))).c_str());
  }
  print_classes(model);
}

}  // namespace

int run_inspect(const Command& command, Arguments arguments) {
  const auto options = parse_options<InspectOptions>(command, arguments);
  const device::ModelFile file(options.model);
  if (options.json) {
    std::printf("%s\n", to_json(file.model()).dump().c_str());
  } else {
    print_text(file.model());
  }
  return 0;
}

}  // namespace pupil::cli
