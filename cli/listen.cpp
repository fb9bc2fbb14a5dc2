// SPDX-License-Identifier: Apache-2.0
// pupil listen: runs models on microphones, cameras and streams, and says what they found.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/standard_output.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "listen/home.h"
#include "listen/listen_config.h"
#include "listen/listener.h"
#include "listen/sink_factory.h"
#include "listen/source_command.h"

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

  template <typename Visitor>
  void visit(Visitor& v) {
    v.optional_positional("MODEL", model, "model file, or listen.toml");
    v.value("--source", "INPUT", source, "listen to this instead of the configuration's sources");
    v.value("--home", "DIR", home, "keep clips, near misses and verdicts here; empty: as in listen.toml");
    v.flag("--init", init, "write a commented listen.toml for MODEL here and stop");
    v.flag("--devices", devices, "list microphones and stop");
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
  write_whole(kFile, listen::listen_config_text(options.model));
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

int check(const listen::ListenConfig& config) {
  listen::SignalQueue signals;
  const listen::Listener listener(config, nullptr, listen::make_sinks(config, nullptr), signals);
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
  listen::SignalQueue signals;  // before the sinks' threads, which inherit what it blocks
  const std::unique_ptr<listen::Home> home = open_home(options, config);
  listen::Listener listener(config, home.get(), listen::make_sinks(config, home.get()), signals);
  listener.run();
  return 0;
}

}  // namespace pupil::cli
