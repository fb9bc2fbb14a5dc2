// SPDX-License-Identifier: Apache-2.0
#include "listen/sink_factory.h"

#include "base/error.h"
#include "base/text.h"
#include "base/toml_section.h"
#include "listen/sinks/command.h"
#include "listen/sinks/http.h"
#include "listen/sinks/json_lines.h"
#include "listen/sinks/mqtt.h"
#include "listen/sinks/webhook.h"
#include "listen/terminal_sink.h"

namespace pupil::listen {
namespace {

struct TerminalOptions {
  bool near_misses = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("near_misses", near_misses, "And a line for each near miss.");
  }
};

// A sink's own keys, and the one that chose it.
template <typename Options>
struct OfKind {
  std::string kind;
  Options options;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "Which sink it is.");
    options.visit(v);
  }
};

template <typename Options>
Options read_options(const TomlNode& table, const TomlPlace& place) {
  OfKind<Options> read;
  TomlSection reader(table, place);
  read.visit(reader);
  reader.finish();
  return read.options;
}

using Table = const TomlNode&;
using Place = const TomlPlace&;
using Parts = const SinkParts&;

std::unique_ptr<Sink> terminal(Table table, Place place, Parts) {
  return std::make_unique<TerminalSink>(read_options<TerminalOptions>(table, place).near_misses);
}

std::unique_ptr<Sink> json_lines(Table table, Place place, Parts) {
  return std::make_unique<JsonLines>(read_options<JsonLinesOptions>(table, place));
}

std::unique_ptr<Sink> command(Table table, Place place, Parts) {
  return std::make_unique<CommandSink>(read_options<CommandOptions>(table, place));
}

std::unique_ptr<Sink> http(Table table, Place place, Parts parts) {
  return make_http(read_options<HttpOptions>(table, place), parts.home, parts.verdicts, *parts.gauges,
                   parts.version);
}

std::unique_ptr<Sink> mqtt(Table table, Place place, Parts parts) {
  return make_mqtt(read_options<MqttOptions>(table, place), parts.verdicts, parts.switches, *parts.gauges,
                   parts.version);
}

std::unique_ptr<Sink> webhook(Table table, Place place, Parts) {
  return make_webhook(read_options<WebhookOptions>(table, place));
}

struct SinkKind {
  std::string_view name;
  std::unique_ptr<Sink> (*make)(Table table, Place place, Parts parts);
};
constexpr SinkKind kKinds[] = {{"terminal", terminal}, {"json", json_lines}, {"http", http},
                               {"mqtt", mqtt},         {"webhook", webhook}, {"command", command}};

std::unique_ptr<Sink> make_sink(const TomlNode& table, const TomlPlace& place, const SinkParts& parts) {
  const TomlNode* kind = table.find("kind");
  if (kind == nullptr || !kind->is_string()) place.fail(table, "kind", "is missing: what kind of sink it is");
  std::vector<std::string_view> names;
  std::string list;
  for (const SinkKind& known : kKinds) {
    if (known.name == kind->string()) return known.make(table, place, parts);
    names.push_back(known.name);
    list += concat(list.empty() ? "" : ", ", "\"", known.name, "\"");
  }
  place.fail(*kind, "kind",
             concat("\"", kind->string(), "\" is not known", did_you_mean(kind->string(), names),
                    "; there is ", list));
}

}  // namespace

std::vector<std::unique_ptr<Sink>> make_sinks(const ListenConfig& config, const SinkParts& parts) {
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const TomlNode& table : config.sinks) sinks.push_back(make_sink(table, {config.file, "sink"}, parts));
  if (sinks.empty()) sinks.push_back(std::make_unique<TerminalSink>(false));
  return sinks;
}

}  // namespace pupil::listen
