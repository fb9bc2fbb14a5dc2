// SPDX-License-Identifier: Apache-2.0
// pupil bench frontend: a second of audio through the front end, beside kissfft's bare transforms.

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "bench/frontend_bench.h"
#include "commands.h"
#include "device/model_file.h"

namespace pupil::cli {
namespace {

struct BenchFrontendOptions {
  static constexpr std::string_view kDetails =
      "Microseconds for 1 s of 16 kHz audio (100 frames, 64 mel, the student's front end) on one thread.\n"
      "kissfft (float) does its 100 bare real transforms of 512 samples in the same rounds; a ratio below 1\n"
      "means that the whole front end costs less.";

  std::string kernels = "automatic";
  std::int64_t rounds = 1000;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.value("--kernels", "NAME", kernels, device::kKernelsHelp);
    v.value("--rounds", "N", rounds, Range{1, 1e6}, "of about 0.5 ms each; the medians are shown");
    v.flag("--json", json, "machine-readable output");
  }
};

Json to_json(const bench::FrontendFigures& figures) {
  const auto or_null = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  Json json;
  json.set("rounds", figures.rounds);
  json.set("whole_push_us", figures.whole_push_us);
  json.set("ten_ms_push_us", figures.ten_ms_push_us);
  json.set("spectrum_us", figures.spectrum_us);
  json.set("mel_us", figures.mel_us);
  json.set("log_us", figures.log_us);
  json.set("kissfft_us", or_null(figures.kissfft_us));
  json.set("whole_push_ratio", or_null(figures.whole_push_ratio));
  json.set("ten_ms_push_ratio", or_null(figures.ten_ms_push_ratio));
  return json;
}

void print_row(const char* what, double microseconds, std::optional<double> ratio) {
  const std::string shown = ratio ? fixed(*ratio, 2) : "";
  std::printf("%-44s %8s %8s\n", what, fixed(microseconds, 1).c_str(), shown.c_str());
}

void print_table(const bench::FrontendFigures& figures) {
  std::printf("%-44s %8s %8s\n", "1 s of 16 kHz audio", "us", "ratio");
  print_row("front end, one push", figures.whole_push_us, figures.whole_push_ratio);
  print_row("front end, pushes of 10 ms", figures.ten_ms_push_us, figures.ten_ms_push_ratio);
  print_row("  window, transform, power", figures.spectrum_us, {});
  print_row("  mel", figures.mel_us, {});
  print_row("  logarithm", figures.log_us, {});
  if (figures.kissfft_us) {
    print_row("kissfft, 100 bare real transforms of 512", *figures.kissfft_us, 1.0);
  } else {
    std::printf("kissfft is not part of this build\n");
  }
}

}  // namespace

int run_bench_frontend(const Command& command, Arguments arguments) {
  const auto options = parse_options<BenchFrontendOptions>(command, arguments);
  const bench::FrontendFigures figures =
      bench::measure_frontend(device::find_kernels(options.kernels), static_cast<int>(options.rounds));
  if (options.json) {
    std::printf("%s\n", to_json(figures).dump().c_str());
  } else {
    print_table(figures);
  }
  return 0;
}

}  // namespace pupil::cli
