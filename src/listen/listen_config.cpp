// SPDX-License-Identifier: Apache-2.0
// Sources are read before models and rules, whichever stands first in the file: both name sources. Sinks stay tables, since
// only their kind knows their keys (sink_factory.cpp).

#include "listen/listen_config.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "base/toml_section.h"
#include "base/toml_writer.h"
#include "pupil/edge/events.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kMaxFileBytes = 1'000'000;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

template <typename Fail>
void check_quiet(const std::vector<std::string>& quiet, const Fail& fail) {
  for (const std::string& hours : quiet) {
    try {
      parse_quiet_hours(hours);
    } catch (const Error& error) {
      fail("quiet", error.what());
    }
  }
}

void read_sources(TomlFile& reader, ListenConfig& config) {
  std::set<std::string> names;
  reader.tables("source", config.sources, [&](const InputSpec& spec, const auto& fail) {
    if (spec.name.empty()) fail("name", "is missing");
    if (!is_plain_name(spec.name))
      fail("name",
           concat("\"", spec.name, "\" may have letters, digits, - and _ alone: sinks make topics of it"));
    if (!names.insert(spec.name).second) fail("name", concat("two sources are called \"", spec.name, "\""));
    if (spec.input.empty()) fail("input", "is empty");
  });
  if (config.sources.empty()) config.sources.push_back({.name = "mic"});
}

void read_models(TomlFile& reader, ListenConfig& config) {
  std::set<std::string> names;
  reader.tables("model", config.models, [&](ModelSpec& spec, const auto& fail) {
    if (spec.path.empty()) fail("path", "is missing: a .pupil file");
    if (spec.name.empty()) spec.name = std::filesystem::path(spec.path).stem().string();
    if (!names.insert(spec.name).second)
      fail("name", concat("two models are called \"", spec.name, "\": give one a `name`"));
    for (const std::string& source : spec.sources) {
      const bool known = std::any_of(config.sources.begin(), config.sources.end(),
                                     [&](const InputSpec& input) { return input.name == source; });
      if (!known) fail("sources", concat("there is no source \"", source, "\""));
    }
  });
}

template <typename Number>
void take(Number& field, Number given) {
  if (given >= 0) field = given;
}

// Fills in what was not given.
void suit_votes(std::int64_t hop_ms, EventRule& rule) {
  const edge::EventOptions usual = edge::event_options_for(static_cast<std::int32_t>(hop_ms));
  if (rule.of == 0) rule.of = usual.of;
  if (rule.votes == 0) rule.votes = std::min<std::int64_t>(usual.votes, rule.of);
}

void read_rules(TomlFile& reader, ListenConfig& config) {
  reader.tables("rule", config.rules, [&](const RuleSpec& rule, const auto& fail) {
    const bool known =
        rule.source.empty() || std::any_of(config.sources.begin(), config.sources.end(),
                                           [&](const InputSpec& i) { return i.name == rule.source; });
    if (!known) fail("source", concat("there is no source \"", rule.source, "\""));
    check_quiet(rule.quiet, fail);
    EventRule merged = config.events;
    take(merged.votes, rule.votes);
    take(merged.of, rule.of);
    suit_votes(config.listen.hop_ms, merged);
    if (merged.votes > merged.of) fail("votes", "are more than `of`");
  });
}

int minute_of(std::string_view text) {
  const bool form = text.size() == 5 && text[2] == ':' &&
                    std::isdigit(static_cast<unsigned char>(text[0])) != 0 &&
                    std::isdigit(static_cast<unsigned char>(text[1])) != 0 &&
                    std::isdigit(static_cast<unsigned char>(text[3])) != 0 &&
                    std::isdigit(static_cast<unsigned char>(text[4])) != 0;
  if (!form) return -1;
  const int hour = (text[0] - '0') * 10 + text[1] - '0';
  const int minute = (text[3] - '0') * 10 + text[4] - '0';
  return hour > 24 || minute > 59 || hour * 60 + minute > 24 * 60 ? -1 : hour * 60 + minute;
}

}  // namespace

bool QuietHours::covers(int minute) const {
  if (from_minute <= to_minute) return minute >= from_minute && minute < to_minute;
  return minute >= from_minute || minute < to_minute;
}

QuietHours parse_quiet_hours(std::string_view text) {
  const std::size_t dash = text.find('-');
  const QuietHours hours{minute_of(text.substr(0, dash)),
                         dash == std::string_view::npos ? -1 : minute_of(text.substr(dash + 1))};
  if (hours.from_minute < 0 || hours.to_minute < 0)
    throw Error(concat("\"", text, "\" are no hours: write \"22:00-06:30\""));
  return hours;
}

EventRule ListenConfig::rule_of(std::string_view source, std::string_view class_name,
                                double model_threshold) const {
  EventRule rule = events;
  for (const RuleSpec& spec : rules) {
    if ((!spec.source.empty() && spec.source != source) ||
        (!spec.class_name.empty() && spec.class_name != class_name))
      continue;
    take(rule.threshold, spec.threshold);
    take(rule.votes, spec.votes);
    take(rule.of, spec.of);
    take(rule.release, spec.release);
    take(rule.min_length_s, spec.min_length_s);
    take(rule.merge_gap_s, spec.merge_gap_s);
    take(rule.cool_down_s, spec.cool_down_s);
    if (!spec.quiet.empty()) rule.quiet = spec.quiet;
  }
  if (rule.threshold <= 0) rule.threshold = model_threshold;
  suit_votes(listen.hop_ms, rule);
  return rule;
}

ListenConfig parse_listen_config(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxFileBytes) throw Error(concat(file_name, ": too large for a configuration"));
  const TomlNode root = parse_toml(text, file_name);
  ListenConfig config;
  config.file = file_name;
  TomlFile reader(root, file_name);
  config.visit_sections(reader);
  read_sources(reader, config);
  read_models(reader, config);
  check_quiet(config.events.quiet, [&](std::string_view, std::string_view message) {
    throw Error(concat(file_name, ": [events] quiet: ", message));
  });
  EventRule events = config.events;
  suit_votes(config.listen.hop_ms, events);
  if (events.votes > events.of) throw Error(concat(file_name, ": [events] votes are more than `of`"));
  read_rules(reader, config);
  config.sinks = reader.array_of_tables("sink");
  reader.finish();
  if (config.models.empty()) throw Error(concat(config.file, ": no [[model]]: name a .pupil file"));
  return config;
}

ListenConfig load_listen_config(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw Error(concat(path.string(), ": no such file (make one with: pupil listen MODEL --init)"));
  ListenConfig config = parse_listen_config(read_text(path), path.string());
  config.folder = path.parent_path();
  return config;
}

ListenConfig default_listen_config(const std::string& model_path) {
  ListenConfig config;
  config.models.push_back({.name = std::filesystem::path(model_path).stem().string(), .path = model_path});
  config.sources.push_back({.name = "mic"});
  return config;
}

std::string listen_config_text(std::string_view model_path, std::string_view input, std::string_view home) {
  TomlWriter writer;
  writer.text =
      "# What pupil listens to. Keys behind a # have the value shown; pupil listen --check listen.toml reads it.\n";
  writer.table("model", ModelSpec{}, "What is listened for; several are allowed.",
               concat("path = \"", model_path, "\"\n"));
  writer.table("source", InputSpec{}, "Where from; several are allowed.",
               input.empty() ? "name = \"mic\"\n" : concat("name = \"source\"\ninput = \"", input, "\"\n"));
  ListenConfig config;
  if (!home.empty()) config.listen.home = home;
  config.visit_sections(writer);
  const std::size_t home_line = writer.text.find("#home = ");
  if (!home.empty()) writer.text.erase(home_line, 1);
  writer.text +=
      "\n# What differs for a class, a source, or a class of a source; the keys of [events], and these two.\n"
      "#[[rule]]\n#source = \"mic\"\n#class = \"dog barking\"\n#threshold = 0.8\n"
      "\n# Where findings go, several are allowed: a page on http://127.0.0.1:8098 with /metrics and /health, Home Assistant by\n"
      "# MQTT, lines of JSON, a webhook, a command for each event (docs/listen-sinks.md has their keys).\n"
      "#[[sink]]\n#kind = \"terminal\"\n\n#[[sink]]\n#kind = \"http\"\n\n#[[sink]]\n#kind = \"mqtt\"\n"
      "#url = \"mqtt://localhost\"\n\n#[[sink]]\n#kind = \"json\"\n#path = \"events.jsonl\"\n";
  return writer.text;
}

}  // namespace pupil::listen
