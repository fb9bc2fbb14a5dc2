// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/mqtt_options.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

constexpr std::string_view kForm = "write mqtt://HOST or mqtts://HOST:PORT";

// "yard.local:1883" or "[::1]:1883".
void read_host(std::string_view text, MqttOptions& options) {
  std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) != std::string_view::npos)
    colon = std::string_view::npos;
  const std::string_view host = text.substr(0, colon);
  options.host = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  options.port = options.tls ? 8883 : 1883;
  if (options.host.empty() || options.host.find_first_of("/@ ") != std::string::npos)
    throw Error(concat("url: no host in it; ", kForm));
  if (colon == std::string_view::npos) return;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc() || end != port.data() + port.size() || options.port < 1 || options.port > 65535)
    throw Error(concat("url: ", port, " is no port; ", kForm));
}

void read_option(std::string_view text, MqttOptions& options) {
  const std::pair<std::string_view, std::string*> known[] = {
      {"user", &options.user},      {"pass", &options.password},           {"base", &options.base},
      {"events", &options.events},  {"tls_ca_cert", &options.tls_ca_cert}, {"tls_cert", &options.tls_cert},
      {"tls_key", &options.tls_key}};
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  for (const auto& [key, field] : known) {
    if (key != name) continue;
    if (field->empty()) *field = text.substr(std::min(equals + 1, text.size()));
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [key, field] : known) names.push_back(key);
  throw Error(concat("url: ", name, "= is not known here", did_you_mean(name, names)));
}

void read_url(MqttOptions& options) {
  std::string_view rest = options.url;
  options.tls = rest.starts_with("mqtts:");
  if (!rest.starts_with("mqtt:") && !options.tls) throw Error(concat("url: ", kForm));
  rest.remove_prefix(options.tls ? 6 : 5);
  if (rest.starts_with("//")) rest.remove_prefix(2);
  read_host(rest.substr(0, rest.find(',')), options);
  for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    rest.remove_prefix(comma + 1);
    read_option(rest.substr(0, rest.find(',')), options);
  }
}

void check_file(std::string_view key, const std::string& file) {
  if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
    throw Error(concat(key, ": ", file, ": cannot be read"));
}

void check_topic(std::string_view key, const std::string& topic) {
  if (topic.find_first_of("+#") != std::string::npos || topic.starts_with('/') || topic.ends_with('/'))
    throw Error(
        concat(key, ": \"", topic, "\" is no topic: + and # are for subscriptions, and / only divides"));
}

}  // namespace

MqttOptions resolved(MqttOptions options) {
  read_url(options);
  if (options.user.empty()) options.user = environment("MQTT_USERNAME");
  if (options.password.empty()) options.password = environment("MQTT_PASSWORD");
  if (options.base.empty()) options.base = concat("pupil/", machine_name());
  if (options.events.empty()) options.events = options.base + "/events";
  check_topic("base", options.base);
  check_topic("events", options.events);
  check_topic("discovery", options.discovery);
  check_file("tls_ca_cert", options.tls_ca_cert);
  check_file("tls_cert", options.tls_cert);
  check_file("tls_key", options.tls_key);
  return options;
}

std::string slug(std::string_view name) {
  std::string out;
  for (const char small : lower_case(name)) {
    const bool plain = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    if (plain || (!out.empty() && out.back() != '_')) out += plain ? small : '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return out.empty() ? "x" : out;
}

std::string machine_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  const std::string whole = name;
  return whole.empty() ? "pupil" : whole.substr(0, whole.find('.'));
}

}  // namespace pupil::listen
