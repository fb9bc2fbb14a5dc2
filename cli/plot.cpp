// SPDX-License-Identifier: Apache-2.0
// pupil plot: a picture of a recording, waveform above log-mel frames, so that a person can look.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "audio/clip_frames.h"
#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "output_paths.h"
#include "picture/picture.h"

namespace pupil::cli {
namespace {

constexpr int kMargin = 44;
constexpr int kWaveHeight = 110;
constexpr int kGap = 14;
constexpr int kFooter = 24;
constexpr picture::Colour kPaper = {255, 255, 255};
constexpr picture::Colour kInk = {40, 40, 50};
constexpr picture::Colour kFaint = {225, 225, 230};
constexpr picture::Colour kWave = {110, 25, 110};

struct PlotOptions {
  std::string file;
  std::string out;
  std::string config = "student";
  std::int64_t width = 1000;
  double range_db = 70;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("FILE", file, "recording, any format");
    v.value("--out", "F.png", out, "where the picture goes");
    v.value("--config", "NAME", config, "front end (see pupil features --help)");
    v.value("--width", "PIXELS", width, Range{100, 10000}, "of the drawing");
    v.value("--range", "DB", range_db, Range{1, 1000}, "from the brightest to the darkest colour");
  }
};

// Distance between time marks: 1, 2 or 5 times a power of ten, so that eight or so fit.
double mark_step(double duration_s) {
  const double rough = duration_s / 8.0;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10.0 * power;
}

void draw_time_axis(picture::Picture& picture, int width, int bottom, double duration_s) {
  const double step = mark_step(duration_s);
  const int digits = step >= 1.0 ? 0 : static_cast<int>(std::ceil(-std::log10(step)));
  for (int i = 0; i * step <= duration_s; ++i) {
    const int x = kMargin + static_cast<int>(i * step / duration_s * (width - 1));
    picture.fill(x, bottom, 1, 4, kInk);
    picture.text(x - 6, bottom + 8, concat(fixed(i * step, digits), "s"), kInk);
  }
}

// Where a frequency lies among the mel bins: the bin whose triangle has its peak nearest.
int bin_of_hz(const edge::LogMelOptions& front_end, double hz) {
  std::vector<double> bank(static_cast<std::size_t>(front_end.mel_count * edge::bin_count(front_end)));
  if (edge::mel_filterbank(front_end, bank) != edge::Status::ok) return 0;
  const int bins = edge::bin_count(front_end);
  int best = 0;
  double best_distance = 1e30;
  for (int mel = 0; mel < front_end.mel_count; ++mel) {
    const auto row = bank.begin() + static_cast<std::ptrdiff_t>(mel) * bins;
    const auto peak = std::max_element(row, row + bins) - row;
    const double distance =
        std::fabs(static_cast<double>(peak) * front_end.sample_rate_hz / front_end.fft_samples - hz);
    if (distance < best_distance) {
      best_distance = distance;
      best = mel;
    }
  }
  return best;
}

void draw_frequency_axis(picture::Picture& picture, int top, int height,
                         const edge::LogMelOptions& front_end) {
  for (const int hz : {250, 500, 1000, 2000, 4000, 8000, 16000}) {
    if (hz < front_end.low_hz || hz > front_end.high_hz) continue;
    const int y = top + height - 1 - (bin_of_hz(front_end, hz) * 2 + 1) * height / (2 * front_end.mel_count);
    picture.fill(kMargin - 5, y, 4, 1, kInk);
    picture.text(2, y - 3, hz < 1000 ? concat(hz, "Hz") : concat(hz / 1000, "kHz"), kInk);
  }
}

}  // namespace

int run_plot(const Command& command, Arguments arguments) {
  const PlotOptions options = parse_options<PlotOptions>(command, arguments);
  if (options.out.empty()) throw UsageError("--out is missing");
  check_outputs(std::vector<NamedPath>{{"--out", options.out}},
                std::vector<NamedPath>{{"FILE", options.file}});
  const edge::LogMelOptions front_end = audio::log_mel_preset(options.config);
  const audio::ClipFrames clip = audio::read_clip_frames(options.file, front_end);

  const int width = static_cast<int>(options.width);
  const int mel_height = std::max(192, 3 * front_end.mel_count);
  picture::Picture picture(kMargin + width + 10, 10 + kWaveHeight + kGap + mel_height + kFooter, kPaper);
  picture.fill(kMargin, 10, width, kWaveHeight, {248, 248, 250});
  picture.fill(kMargin, 10 + kWaveHeight / 2, width, 1, kFaint);
  picture::draw_waveform(picture, kMargin, 10, width, kWaveHeight, clip.samples, kWave);
  picture.text(kMargin - 14, 10, "1", kInk);
  picture.text(kMargin - 14, 10 + kWaveHeight / 2 - 3, "0", kInk);
  picture.text(kMargin - 20, 10 + kWaveHeight - 7, "-1", kInk);

  const int top = 10 + kWaveHeight + kGap;
  const double range =
      front_end.log == edge::LogKind::natural ? options.range_db * std::log(10.0) / 10.0 : options.range_db;
  picture::draw_spectrogram(picture, kMargin, top, width, mel_height, clip.frames, front_end.mel_count,
                            static_cast<float>(range));
  const double duration_s = static_cast<double>(clip.samples.size()) / front_end.sample_rate_hz;
  draw_time_axis(picture, width, top + mel_height, duration_s);
  draw_frequency_axis(picture, top, mel_height, front_end);
  picture::write_png(picture, options.out);
  std::printf("%s: %s, %d x %d pixels\n", options.out.c_str(), readable_seconds(duration_s).c_str(),
              picture.width(), picture.height());
  return 0;
}

}  // namespace pupil::cli
