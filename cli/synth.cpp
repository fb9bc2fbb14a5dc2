// SPDX-License-Identifier: Apache-2.0
// pupil synth: makes a folder of labelled sounds from a seed.

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "commands.h"
#include "synth/dataset.h"

namespace pupil::cli {
namespace {

constexpr Range kSnrRange{-60, 90};  // dB
constexpr Range kShareRange{0, 1e6};

struct SynthOptions {
  static constexpr std::string_view kDetails =
      "Sounds by formulas, for demo, tests and as one ingredient of training; no recording of anything real\n"
      "(docs/synth.md). The same options and seed give the same bytes on every machine. Stop it at any time "
      "and\n"
      "run it again: it goes on. Sounds: bark growl howl whine yelp pant; rain wind traffic hum clicks "
      "footsteps\n"
      "alarm siren doorbell knock music speech bird cricket; or 'dogs' and 'backgrounds' for all of a kind.";

  std::string out;
  bool demo = false;
  std::int64_t clips = 0;
  double seconds = 5;
  std::string classes;
  std::string snr = "0,20";
  bool clean = false;
  std::int64_t scenes = 0;
  double minutes = 10;
  double events_per_minute = 4;
  std::string split = "70,15,15";
  std::string format = "flac";
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("OUT", out, "folder to fill: new, empty, or an earlier one of the same options");
    v.flag("--demo", demo,
           "the yard of `make demo`: 384 clips of 4 s, mostly dogs; sizes and SNR are its own");
    v.value("--clips", "N", clips, Range{0, 1e6},
            "short clips of one class each; 200 when --scenes is not given either");
    v.value("--seconds", "S", seconds, Range{0.5, 600}, "a clip's length");
    v.value("--classes", "LIST", classes, "which sounds: bark,howl,rain; empty: all");
    v.value("--snr", "LO,HI", snr, "level of a sound over its background, dB");
    v.flag("--clean", clean, "isolated sounds: no background, room or microphone");
    v.value("--scenes", "N", scenes, Range{0, 1e6},
            "long scenes: now and then a sound over changing backgrounds");
    v.value("--minutes", "M", minutes, Range{0.1, 60}, "a scene's length");
    v.value("--events-per-minute", "R", events_per_minute, Range{0, 20},
            "sounds in a scene, half of them dogs; 0: backgrounds alone");
    v.value("--split", "TRAIN,VAL,TEST", split,
            "shares of recording groups (one dog in one place); scenes are test");
    v.value("--format", "flac|wav", format, "16-bit mono at 32 kHz");
    v.value("--seed", "N", seed, kSeedRange, "another seed, other sounds");
    v.value("--threads", "N", threads, kThreadRange, "0: all cores; the bytes do not depend on it");
    v.flag("--json", json, "machine-readable summary");
  }
};

// "0,20" -> {0, 20}. UsageError: not `count` numbers in `range`.
std::vector<double> read_numbers(std::string_view option, std::string_view text, std::size_t count,
                                 Range range) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    numbers.push_back(read_number(option, text.substr(at, comma - at), range));
    at = comma + 1;
  }
  if (numbers.size() != count)
    throw UsageError(concat(option, " '", text, "': expected ", count, " numbers with commas between"));
  return numbers;
}

void set_contents(synth::DatasetOptions& dataset, const SynthOptions& options) {
  dataset.clip_count = options.clips == 0 && options.scenes == 0 ? 200 : options.clips;
  dataset.clip_s = options.seconds;
  if (!options.classes.empty()) {
    try {
      dataset.classes = synth::parse_kinds(options.classes);
    } catch (const Error& error) {
      throw UsageError(concat("--classes: ", error.what()));
    }
  }
  const std::vector<double> snr = read_numbers("--snr", options.snr, 2, kSnrRange);
  dataset.snr_low_db = snr[0];
  dataset.snr_high_db = snr[1];
  dataset.clean = options.clean;
  if (options.clean && options.scenes > 0)
    throw UsageError("--clean is for clips; long scenes (--scenes) have a background");
  dataset.scene_count = options.scenes;
  dataset.scene_min = options.minutes;
  dataset.events_per_min = options.events_per_minute;
}

// UsageError: an option is given that the demo sets itself.
synth::DatasetOptions demo_options(const SynthOptions& given) {
  const SynthOptions usual;
  if (given.clips != usual.clips || given.scenes != usual.scenes || given.seconds != usual.seconds ||
      given.classes != usual.classes || given.snr != usual.snr || given.clean)
    throw UsageError("--demo sets clips, scenes, seconds, classes and SNR itself");
  return synth::demo_yard();
}

synth::DatasetOptions dataset_options(const SynthOptions& options) {
  synth::DatasetOptions dataset;
  if (options.demo) dataset = demo_options(options);
  dataset.seed = static_cast<std::uint64_t>(options.seed);
  if (!options.demo) set_contents(dataset, options);
  const std::vector<double> shares = read_numbers("--split", options.split, 3, kShareRange);
  const double sum = shares[0] + shares[1] + shares[2];
  if (!(sum > 0)) throw UsageError(concat("--split '", options.split, "': all shares are 0"));
  dataset.val_share = shares[1] / sum;
  dataset.test_share = shares[2] / sum;
  if (options.format != "flac" && options.format != "wav")
    throw UsageError(concat("--format '", options.format, "': flac or wav"));
  dataset.is_wav = options.format == "wav";
  dataset.thread_count = static_cast<std::int32_t>(options.threads);
  return dataset;
}

std::string next_command(const std::string& out) {
  return concat("pupil collect DIR --csv ", out,
                "/clips.csv --label-column label --group-column group --split-column split"
                " --licence-column licence --author-column author");
}

Json to_json(const synth::DatasetReport& report, const std::string& out, double wall_s) {
  Json json;
  json.set("folder", out);
  json.set("made", report.made_count);
  json.set("kept", report.kept_count);
  json.set("audio_s", report.duration_s);
  json.set("wall_s", wall_s);
  json.set("events", report.event_count);
  json.set("groups", report.group_count);
  Json splits{Json::Object()};
  for (const auto& [split, count] : report.splits) splits.set(split, count);
  json.set("splits", splits);
  Json labels{Json::Object()};
  for (const auto& [label, count] : report.labels) labels.set(label, count);
  json.set("labels", labels);
  json.set("next", next_command(out));
  return json;
}

void print_report(const synth::DatasetReport& report, const std::string& out, double wall_s) {
  std::printf("%s files (%s), %s made in %s, %s there already; %s events, %s recording groups\n",
              with_thousands(report.made_count + report.kept_count).c_str(),
              readable_seconds(report.duration_s).c_str(), with_thousands(report.made_count).c_str(),
              readable_seconds(wall_s).c_str(), with_thousands(report.kept_count).c_str(),
              with_thousands(report.event_count).c_str(), with_thousands(report.group_count).c_str());
  for (const auto& [split, count] : report.splits)
    std::printf("%s: %s files\n", split.c_str(), with_thousands(count).c_str());
  std::printf("tables: %s/clips.csv, captions.csv, events.csv\nnext: %s\n", out.c_str(),
              next_command(out).c_str());
}

}  // namespace

int run_synth(const Command& command, Arguments arguments) {
  const auto options = parse_options<SynthOptions>(command, arguments);
  const synth::DatasetOptions dataset = dataset_options(options);
  const auto begin = std::chrono::steady_clock::now();
  synth::DatasetReport report;
  {
    Progress progress("synth", dataset.clip_count + dataset.scene_count, "files");
    report = synth::write_dataset(options.out, dataset, [&] { progress.advance(); });
  }
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options.json) {
    std::printf("%s\n", to_json(report, options.out, wall_s).dump(2).c_str());
  } else {
    print_report(report, options.out, wall_s);
  }
  return 0;
}

}  // namespace pupil::cli
