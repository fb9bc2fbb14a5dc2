// SPDX-License-Identifier: Apache-2.0
#include "layer_text.h"

#include <cstdio>

#include "base/text.h"

namespace pupil::cli {

namespace {

std::string columns(const std::string& kind, const std::string& kernel, const std::string& stride,
                    const std::string& output, const std::string& macs, const std::string& bytes) {
  char line[160];
  std::snprintf(line, sizeof line, "%-12s %-6s %-6s %-14s %11s %9s", kind.c_str(), kernel.c_str(),
                stride.c_str(), output.c_str(), macs.c_str(), bytes.c_str());
  return line;
}

}  // namespace

std::string layer_heading() {
  return columns("layer", "kernel", "stride", "T x F x C", "MACs", "bytes");
}

std::string layer_text(const edge::LayerInfo& layer) {
  std::string kind(edge::to_string(layer.kind));
  if (layer.kind == edge::LayerKind::add) kind += concat(" ", layer.skip_tensor);
  const bool slides = layer.kind == edge::LayerKind::conv || layer.kind == edge::LayerKind::depthwise;
  return columns(kind, slides ? concat(layer.kernel.t, "x", layer.kernel.f) : "",
                 slides ? concat(layer.kernel.stride_t, "x", layer.kernel.stride_f) : "",
                 concat(layer.frames, " x ", layer.bins, " x ", layer.channels), with_thousands(layer.macs),
                 with_thousands(layer.parameter_bytes));
}

Json layer_json(const edge::LayerInfo& layer) {
  Json json;
  json.set("kind", edge::to_string(layer.kind));
  json.set("kernel", Json::Array{layer.kernel.t, layer.kernel.f});
  json.set("stride", Json::Array{layer.kernel.stride_t, layer.kernel.stride_f});
  json.set("output", Json::Array{layer.frames, layer.bins, layer.channels});
  json.set("input_channels", layer.input_channels);
  if (layer.skip_tensor >= 0) {
    json.set("skip_tensor", layer.skip_tensor);
    json.set("skip_crop_frames", layer.skip_crop);
  }
  json.set("zero_point", layer.zero_point);
  json.set("scale", Json(layer.scale));
  json.set("macs", layer.macs);
  json.set("parameter_bytes", layer.parameter_bytes);
  return json;
}

}  // namespace pupil::cli
