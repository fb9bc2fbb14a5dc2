// SPDX-License-Identifier: Apache-2.0
// pupil listen: runs models on microphones, cameras and streams, and says what they found.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/revision.h"
#include "base/standard_output.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "listen/calibration.h"
#include "listen/home.h"
#include "listen/lane.h"
#include "listen/listen_config.h"
#include "listen/listener.h"
#include "listen/sink_factory.h"
#include "listen/source_command.h"
#include "sample_source.h"

namespace pupil::cli {
namespace {

struct ListenOptions {
  static constexpr std::string_view kDetails =
      "MODEL is a .pupil file: it listens to the default microphone and prints events, until it is interrupted.\n"
      "Or MODEL is a listen.toml (pupil listen MODEL --init writes one) with sources, models, rules and sinks.\n"
      "INPUT of --source: mic, mic:CARD, mic:usb:VENDOR:PRODUCT[:SERIAL], mic:pcm:NAME, pulse[:NAME], pipewire[:NAME],\n"
      "an rtsp:// or http(s):// URL, cmd:PROGRAM that writes samples (signed 16 bit, little-endian, mono, at the model's\n"
      "rate, or a WAV), - for standard input, or a file. SIGHUP reads the configuration again.";

  std::string model;
  std::string source;
  std::string home;
  bool init = false;
  bool devices = false;
  bool check = false;
  double calibrate = 0;
  double per_day = 1;
  bool set = false;
  std::string replay;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.optional_positional("MODEL", model, "model file, or listen.toml");
    v.value("--source", "INPUT", source, "listen to this instead of the configuration's sources");
    v.value("--home", "DIR", home, "keep clips, near misses and verdicts here; empty: as in listen.toml");
    v.flag("--init", init,
           "write a commented listen.toml for MODEL here, with --source and --home, and stop");
    v.flag("--devices", devices, "list microphones and stop");
    v.value("--calibrate", "HOURS", calibrate, Range{0.001, 10000},
            "listen for so long and propose thresholds; every event meanwhile counts as false");
    v.value("--per-day", "N", per_day, Range{0, 10000},
            "with --calibrate: at most so many false alarms a day and class");
    v.flag("--set", set, "with --calibrate: write the thresholds into listen.toml");
    v.value("--replay", "FILE", replay, "score a clip as the device did, and say why it was an event or not");
    v.flag("--check", check, "read the configuration and its models, say what is wrong with them, and stop");
  }
};

int list_devices() {
  for (const listen::SoundCard& card : listen::list_sound_cards()) {
    std::printf("mic:%-16s %s\n", card.id.c_str(), card.description.c_str());
    if (!card.usb.empty()) std::printf("mic:usb:%s\n", card.usb.c_str());
  }
  flush_standard_output();
  log_info(
      "pulse and pipewire take the default source of a sound server; pactl list short sources names others");
  return 0;
}

int init(const ListenOptions& options) {
  constexpr const char* kFile = "listen.toml";
  if (std::filesystem::exists(kFile)) throw Error(concat(kFile, " is there already; it is left as it is"));
  write_whole(kFile, listen::listen_config_text(options.model, options.source, options.home));
  log_info(concat("wrote ", kFile, "; start with: pupil listen ", kFile));
  return 0;
}

bool is_config(const std::string& path) {
  return path.ends_with(".toml");
}

listen::ListenConfig read_config(const ListenOptions& options) {
  listen::ListenConfig config = is_config(options.model) ? listen::load_listen_config(options.model)
                                                         : listen::default_listen_config(options.model);
  if (!options.source.empty()) {
    config.sources = {{.name = "source", .input = options.source}};
    for (listen::ModelSpec& model : config.models) model.sources.clear();
  }
  if (!options.home.empty()) config.listen.home = std::filesystem::absolute(options.home).string();
  return config;
}

/// Without listen.toml and --home nothing is written.
std::unique_ptr<listen::Home> open_home(const ListenOptions& options, const listen::ListenConfig& config) {
  if (!is_config(options.model) && options.home.empty()) return nullptr;
  return std::make_unique<listen::Home>(config.path_of(config.listen.home), config.clips,
                                        listen::Listener::clip_rate_hz(config));
}

int calibrate(const ListenOptions& options, const listen::ListenConfig& config) {
  if (options.set && !is_config(options.model))
    throw UsageError("--set writes into a listen.toml: name one as MODEL");
  listen::SignalQueue signals;
  std::vector<std::unique_ptr<listen::Sink>> sinks;
  auto sink = std::make_unique<listen::CalibrationSink>(config);
  const listen::CalibrationSink& counted = *sink;
  sinks.push_back(std::move(sink));
  listen::Listener listener(config, nullptr, std::move(sinks), signals);
  listener.stop_at(listen::Moment::now().steady +
                   std::chrono::milliseconds(static_cast<std::int64_t>(options.calibrate * 3'600'000)));
  listener.run();
  const std::vector<listen::Proposal> proposals = counted.proposals(options.per_day);
  if (proposals.empty()) throw Error("no audio came: nothing is proposed");
  std::fputs(listen::proposal_text(proposals, options.per_day).c_str(), stdout);
  const std::string rules = listen::rule_text(proposals);
  if (!options.set) {
    std::printf("\n%s", rules.c_str());
  } else {
    write_whole(options.model, listen::with_rules(read_text(options.model), rules));
    log_info(concat("wrote the thresholds into ", options.model));
  }
  flush_standard_output();
  return 0;
}

/// Of a clip's name ("TIME-SOURCE-CLASS"), the source whose rules it fell under.
std::string source_of(const std::string& file, const listen::ListenConfig& config) {
  constexpr std::size_t kTimeLetters = 21;
  const std::string stem = std::filesystem::path(file).stem().string();
  for (const listen::InputSpec& source : config.sources) {
    if (stem.size() > kTimeLetters && stem.substr(kTimeLetters).starts_with(source.name + "-"))
      return source.name;
  }
  return config.sources.front().name;
}

std::vector<std::int16_t> read_clip(const std::string& file, std::int32_t rate_hz) {
  const std::unique_ptr<SampleSource> source = open_samples(file, rate_hz);
  std::vector<std::int16_t> samples;
  std::vector<float> block(4096);
  for (std::size_t count = 0; (count = source->read(block)) > 0;) {
    for (const float sample : std::span(block).first(count))
      samples.push_back(
          static_cast<std::int16_t>(std::clamp(std::lround(sample * 32768.0F), -32768L, 32767L)));
  }
  return samples;
}

/// One model on one clip: every window, then each class's best and what became of it.
void replay_model(const std::shared_ptr<const listen::LoadedModel>& model, const ListenOptions& options,
                  const listen::ListenConfig& config) {
  const double rate_hz = model->rate_hz();
  std::vector<listen::EventRule> rules;
  for (std::int32_t k = 0; k < model->reported_count(); ++k)
    rules.push_back(config.rule_of(source_of(options.replay, config), model->model().label(k),
                                   model->model().threshold(k)));
  listen::Lane lane(model, rules, static_cast<std::int32_t>(config.listen.hop_ms), 0);
  std::vector<float> best(rules.size());
  std::vector<std::int64_t> events(rules.size());
  const auto count_events = [&] {
    for (const auto& stretch : lane.tracker().ended())
      ++events[static_cast<std::size_t>(stretch.class_index)];
  };
  lane.push(read_clip(options.replay, model->rate_hz()), [&](const listen::Lane::Window& window) {
    std::string line = concat(fixed(static_cast<double>(window.end_samples) / rate_hz, 2), " s");
    for (const listen::ClassScore& one : lane.top(window.scores))
      line += concat("  ", one.class_name, " ", one.score);
    std::printf("%s\n", line.c_str());
    for (std::size_t k = 0; k < best.size(); ++k) best[k] = std::max(best[k], window.scores[k]);
    lane.tracker().push(window.scores, window.end_samples, 0);
    count_events();
  });
  lane.tracker().finish();
  count_events();
  for (std::size_t k = 0; k < best.size(); ++k) {
    const char* verdict = events[k] > 0 ? "event"
                          : best[k] < static_cast<float>(rules[k].threshold)
                              ? "below its threshold"
                              : "no event: too few votes, too short, or another class was higher";
    std::printf("%s: best %s, threshold %s: %s\n",
                std::string(model->model().label(static_cast<std::int32_t>(k))).c_str(),
                concat(best[k]).c_str(), fixed(rules[k].threshold, 4).c_str(), verdict);
  }
}

int replay(const ListenOptions& options, const listen::ListenConfig& config) {
  for (const listen::ModelSpec& spec : config.models) {
    const auto model = std::make_shared<const listen::LoadedModel>(spec, config.path_of(spec.path).string());
    std::printf("model %s (%s)\n", spec.name.c_str(), model->sha256().substr(0, 12).c_str());
    replay_model(model, options, config);
  }
  flush_standard_output();
  return 0;
}

listen::SinkParts sink_parts(const listen::ListenConfig& config, listen::Home* home, listen::Gauges& gauges,
                             listen::DetectionSwitches& switches) {
  return {home, home == nullptr ? std::filesystem::path() : config.path_of(config.listen.home), &gauges,
          &switches, std::string(version())};
}

int check(const listen::ListenConfig& config) {
  listen::SignalQueue signals;
  listen::Gauges gauges;
  listen::DetectionSwitches switches;
  const listen::Listener listener(
      config, nullptr, listen::make_sinks(config, sink_parts(config, nullptr, gauges, switches)), signals);
  std::printf("%s: good: %zu models, %zu sources\n", config.file.c_str(), config.models.size(),
              config.sources.size());
  flush_standard_output();
  return 0;
}

}  // namespace

int run_listen(const Command& command, Arguments arguments) {
  const auto options = parse_options<ListenOptions>(command, arguments);
  if (options.devices) return list_devices();
  if (options.model.empty()) throw UsageError("MODEL is missing: a .pupil file or listen.toml");
  if (options.init) return init(options);
  const listen::ListenConfig config = read_config(options);
  if (options.check) return check(config);
  if (!options.replay.empty()) return replay(options, config);
  if (options.calibrate > 0) return calibrate(options, config);
  listen::SignalQueue signals;  // before the sinks' threads, which inherit what it blocks
  const std::unique_ptr<listen::Home> home = open_home(options, config);
  listen::Gauges gauges;
  listen::DetectionSwitches switches;
  listen::Listener listener(config, home.get(),
                            listen::make_sinks(config, sink_parts(config, home.get(), gauges, switches)),
                            signals);
  listener.follow(switches);
  listener.run();
  return 0;
}

}  // namespace pupil::cli
