// SPDX-License-Identifier: Apache-2.0
// [[sink]] kind = "mqtt", and rtl_433's way to write it in one line:
//   mqtt[s]://HOST[:PORT][,user=NAME][,pass=PASSWORD][,base=TOPIC][,events=TOPIC][,tls_ca_cert=FILE][,tls_cert=FILE][,tls_key=FILE]
// The environment's MQTT_USERNAME and MQTT_PASSWORD serve where no name or password is given.

#pragma once

#include <cstdint>
#include <string>

#include "base/range.h"

namespace pupil::listen {

struct MqttOptions {
  std::string url = "mqtt://localhost";
  std::string user;
  std::string password;
  std::string base;    ///< empty: "pupil/" and this machine's name
  std::string events;  ///< topic of events that are over; empty: BASE/events
  std::string discovery = "homeassistant";
  std::string tls_ca_cert;
  std::string tls_cert;
  std::string tls_key;
  std::int64_t keep_alive_s = 30;
  std::int64_t queue = 1000;
  double level_s = 30;
  bool near_misses = false;

  // From the URL.
  bool tls = false;
  std::string host;
  std::int32_t port = 0;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("url", url, "Broker: mqtt://HOST, mqtts://HOST:PORT; rtl_433's options may follow after commas.");
    v("user", user, "Name there; default: MQTT_USERNAME of the environment.");
    v("password", password, "Password there; default: MQTT_PASSWORD of the environment.");
    v("base", base, "Begins every topic; default: pupil/ and this machine's name.");
    v("events", events, "Topic of events that are over; default: BASE/events.");
    v("discovery", discovery, "Home Assistant's discovery prefix; \"\": none is announced.");
    v("tls_ca_cert", tls_ca_cert, "Who signed the broker's certificate; default: the system's authorities.");
    v("tls_cert", tls_cert, "Our own certificate, where the broker wants one.");
    v("tls_key", tls_key, "Its key.");
    v("keep_alive_s", keep_alive_s, Range{5, 3600}, "A broker that is silent for longer is taken for gone.");
    v("queue", queue, Range{1, 100000}, "How many events wait for the broker at most; then the oldest goes.");
    v("level_s", level_s, Range{0, 86400}, "Seconds between two messages of a source's level; 0: none.");
    v("near_misses", near_misses, "Near misses go to BASE/SOURCE/near_miss.");
  }
};

/// Fills what the URL and the environment say. Error: not such a URL, an option that is not known, a file that is not there.
MqttOptions resolved(MqttOptions options);

/// `name` as Home Assistant's ids allow: letters, digits and "_", in lower case; others become "_". "x" where nothing is left.
std::string slug(std::string_view name);

/// This machine's name, up to the first dot.
std::string machine_name();

}  // namespace pupil::listen
