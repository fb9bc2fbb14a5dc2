// SPDX-License-Identifier: Apache-2.0
// pupil features: log-mel frames of a recording in a safetensors file, for inspection and parity checks.

#include <cstdio>
#include <vector>

#include "audio/clip_frames.h"
#include "base/array_file.h"
#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "output_paths.h"

namespace pupil::cli {
namespace {

struct FeaturesOptions {
  static constexpr std::string_view kDetails =
      "Front ends: student, clap48k, clap48k_fmin0, panns32k, k16, k16_win1024, clap_rand_trunc, clap_fusion,\n"
      "efficientat (without that network's pre-emphasis). The recording is resampled to the front end's rate.";

  std::string file;
  std::string config = "student";
  std::string out;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("FILE", file, "recording, any format");
    v.value("--config", "NAME", config,
            "front end; variants follow colons, as in k16:htk_scale_no_norm:nocenter");
    v.value("--out", "F.safetensors", out, "where the frames go: tensor `features`, float32 [T, F]");
    v.flag("--json", json, "machine-readable summary");
  }
};

}  // namespace

int run_features(const Command& command, Arguments arguments) {
  const FeaturesOptions options = parse_options<FeaturesOptions>(command, arguments);
  if (options.out.empty()) throw UsageError("--out is missing");
  check_outputs(std::vector<NamedPath>{{"--out", options.out}},
                std::vector<NamedPath>{{"FILE", options.file}});
  const edge::LogMelOptions front_end = audio::log_mel_preset(options.config);
  const audio::ClipFrames clip = audio::read_clip_frames(options.file, front_end);

  NamedArray features{"features",
                      ArrayType::f32,
                      {clip.frame_count, front_end.mel_count},
                      std::as_bytes(std::span(clip.frames))};
  write_array_file(options.out, std::span(&features, 1),
                   {{"config", options.config},
                    {"sample_rate_hz", concat(front_end.sample_rate_hz)},
                    {"hop_samples", concat(front_end.hop_samples)},
                    {"source", options.file}});
  if (options.json) {
    Json summary;
    summary.set("out", options.out);
    summary.set("config", options.config);
    summary.set("frames", clip.frame_count);
    summary.set("mel_bins", front_end.mel_count);
    summary.set("sample_rate_hz", front_end.sample_rate_hz);
    std::printf("%s\n", summary.dump().c_str());
  } else {
    std::printf("%s: %d frames x %d mel bins (%s)\n", options.out.c_str(), clip.frame_count,
                front_end.mel_count, options.config.c_str());
  }
  return 0;
}

}  // namespace pupil::cli
