// SPDX-License-Identifier: Apache-2.0
#include "listen/sink_factory.h"

#include "base/text.h"
#include "base/toml_section.h"
#include "listen/terminal_sink.h"

namespace pupil::listen {
namespace {

struct TerminalOptions {
  std::string kind;
  bool near_misses = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "\"terminal\": a line on standard output for each event.");
    v("near_misses", near_misses, "And for each near miss.");
  }
};

template <typename Options>
Options read_options(const TomlNode& table, const TomlPlace& place) {
  Options options;
  TomlSection reader(table, place);
  options.visit(reader);
  reader.finish();
  return options;
}

std::unique_ptr<Sink> make_terminal(const TomlNode& table, const TomlPlace& place, VerdictStore*) {
  return std::make_unique<TerminalSink>(read_options<TerminalOptions>(table, place).near_misses);
}

struct SinkKind {
  std::string_view name;
  std::unique_ptr<Sink> (*make)(const TomlNode& table, const TomlPlace& place, VerdictStore* verdicts);
};
constexpr SinkKind kKinds[] = {{"terminal", make_terminal}};

std::unique_ptr<Sink> make_sink(const TomlNode& table, const TomlPlace& place, VerdictStore* verdicts) {
  const TomlNode* kind = table.find("kind");
  if (kind == nullptr || !kind->is_string()) place.fail(table, "kind", "is missing: what kind of sink it is");
  std::vector<std::string_view> names;
  std::string list;
  for (const SinkKind& known : kKinds) {
    if (known.name == kind->string()) return known.make(table, place, verdicts);
    names.push_back(known.name);
    list += concat(list.empty() ? "" : ", ", "\"", known.name, "\"");
  }
  place.fail(*kind, "kind",
             concat("\"", kind->string(), "\" is not known", did_you_mean(kind->string(), names),
                    "; there is ", list));
}

}  // namespace

std::vector<std::unique_ptr<Sink>> make_sinks(const ListenConfig& config, VerdictStore* verdicts) {
  std::vector<std::unique_ptr<Sink>> sinks;
  for (const TomlNode& table : config.sinks)
    sinks.push_back(make_sink(table, {config.file, "sink"}, verdicts));
  if (sinks.empty()) sinks.push_back(std::make_unique<TerminalSink>(false));
  return sinks;
}

}  // namespace pupil::listen
