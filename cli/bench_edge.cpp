// SPDX-License-Identifier: Apache-2.0
// pupil bench edge: how fast a model's network runs here, layer by layer.

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "bench/edge_bench.h"
#include "commands.h"
#include "device/model_file.h"
#include "layer_text.h"

namespace pupil::cli {
namespace {

struct BenchEdgeOptions {
  static constexpr std::string_view kDetails =
      "One thread; medians. A hop is what a stream does for each score: its front end and the rows of each "
      "layer that\n"
      "are new. The peak is what this core reaches with nothing but 8-bit products (AVX-512 VNNI), measured "
      "in the\n"
      "same run.";

  std::string model;
  std::string kernels = "automatic";
  std::int64_t rounds = 500;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("MODEL", model, "model file");
    v.value("--kernels", "NAME", kernels, device::kKernelsHelp);
    v.value("--rounds", "N", rounds, Range{1, 1e6}, "the medians are shown");
    v.flag("--json", json, "machine-readable output");
  }
};

double peak_share(const bench::EdgeFigures& figures, double gmac_per_s) {
  return gmac_per_s / *figures.peak_gmac_per_s;
}

Json to_json(const bench::EdgeFigures& figures, const edge::Model& model) {
  Json json;
  json.set("kernels", edge::to_string(figures.kernels));
  json.set("rounds", figures.rounds);
  json.set("window_macs", model.macs());
  json.set("window_us", figures.window_us);
  json.set("window_front_end_us", figures.window_front_end_us);
  json.set("hop_ms", figures.hop_ms);
  json.set("hop_us", figures.hop_us);
  json.set("hop_front_end_us", figures.hop_front_end_us);
  json.set("stream_100_ms_ratio", figures.stream_100_ms_ratio);
  json.set("stream_100_ms_network_ratio", figures.stream_100_ms_network_ratio);
  json.set("second_us", figures.second_us);
  json.set("gmac_per_s", figures.gmac_per_s);
  json.set("peak_gmac_per_s", figures.peak_gmac_per_s ? Json(*figures.peak_gmac_per_s) : Json());
  json.set("window_arena_bytes", figures.window_arena_bytes);
  json.set("stream_state_bytes", figures.stream_state_bytes);
  Json layers{Json::Array()};
  for (const bench::EdgeLayerFigures& figure : figures.layers) {
    Json layer = layer_json(figure.info);
    layer.set("us", figure.us);
    layer.set("gmac_per_s", figure.gmac_per_s);
    if (figures.peak_gmac_per_s) layer.set("peak_share", peak_share(figures, figure.gmac_per_s));
    layers.push_back(layer);
  }
  json.set("layers", layers);
  return json;
}

std::string percent(double share) {
  return concat(fixed(100.0 * share, 0), " %");
}

void print_layers(const bench::EdgeFigures& figures) {
  std::printf("%3s  %s %9s %9s %9s\n", "", layer_heading().c_str(), "us", "GMAC/s", "of peak");
  for (std::size_t i = 0; i < figures.layers.size(); ++i) {
    const bench::EdgeLayerFigures& layer = figures.layers[i];
    const std::string share = figures.peak_gmac_per_s ? percent(peak_share(figures, layer.gmac_per_s)) : "";
    std::printf("%3d  %s %9s %9s %9s\n", static_cast<int>(i), layer_text(layer.info).c_str(),
                fixed(layer.us, 2).c_str(), fixed(layer.gmac_per_s, 1).c_str(), share.c_str());
  }
}

void print_table(const bench::EdgeFigures& figures, const edge::Model& model) {
  print_layers(figures);
  std::printf("\n%s kernels, medians of %d\n", std::string(edge::to_string(figures.kernels)).c_str(),
              figures.rounds);
  std::printf("window   network %s us (%s MMAC, %s GMAC/s", fixed(figures.window_us, 1).c_str(),
              fixed(1e-6 * static_cast<double>(model.macs()), 2).c_str(),
              fixed(figures.gmac_per_s, 1).c_str());
  if (figures.peak_gmac_per_s) {
    std::printf(", %s of this core's %s", percent(peak_share(figures, figures.gmac_per_s)).c_str(),
                fixed(*figures.peak_gmac_per_s, 0).c_str());
  }
  std::printf("), front end %s us\n", fixed(figures.window_front_end_us, 1).c_str());
  std::printf("stream   %s us a hop of %s ms, of it front end %s us; 1 s of audio %s us\n",
              fixed(figures.hop_us, 1).c_str(), fixed(figures.hop_ms, 0).c_str(),
              fixed(figures.hop_front_end_us, 1).c_str(), fixed(figures.second_us, 1).c_str());
  std::printf("         100 ms cost %s of a whole window (network alone: %s)\n",
              fixed(figures.stream_100_ms_ratio, 3).c_str(),
              fixed(figures.stream_100_ms_network_ratio, 3).c_str());
  std::printf("memory   %s for windows, %s for a stream, packed weights included\n",
              readable_bytes(figures.window_arena_bytes).c_str(),
              readable_bytes(figures.stream_state_bytes).c_str());
}

}  // namespace

int run_bench_edge(const Command& command, Arguments arguments) {
  const auto options = parse_options<BenchEdgeOptions>(command, arguments);
  const device::ModelFile file(options.model);
  const bench::EdgeFigures figures = bench::measure_edge(file.model(), device::find_kernels(options.kernels),
                                                         static_cast<int>(options.rounds));
  if (options.json) {
    std::printf("%s\n", to_json(figures, file.model()).dump().c_str());
  } else {
    print_table(figures, file.model());
  }
  return 0;
}

}  // namespace pupil::cli
