// SPDX-License-Identifier: Apache-2.0
// A connection to an MQTT 3.1.1 broker that is kept for years, by libmosquitto (included in mqtt_link.cpp alone). States are
// told anew after every connect; events wait, bounded, while the broker is away.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "listen/sinks/gauges.h"
#include "listen/sinks/mqtt_options.h"

namespace pupil::listen {

class MqttLink {
 public:
  /// Called on the link's own thread for every message of a topic subscribed to; `retained` ones were kept by the broker.
  using Receive = std::function<void(const std::string& topic, const std::string& payload, bool retained)>;

  /// `options` are resolved(). `will_topic` gets "online" after each connect, and "offline" when this program ends or the
  /// broker loses it. Error: the TLS files are refused. `gauges` outlives it.
  MqttLink(const MqttOptions& options, std::string will_topic, std::vector<std::string> subscriptions,
           Receive receive, Gauges& gauges);
  /// Gives what waits two seconds, says "offline", disconnects.
  ~MqttLink();

  // Threads: any. All return at once.

  /// Connects, and goes on for ever: a broker that is away or refuses is no Error but a line in the log, once per outage.
  /// Until then everything waits. Again: nothing.
  void start();
  /// The latest text of a topic, retained; told in the order in which topics came first, and again after each connect.
  void keep(const std::string& topic, const std::string& payload);
  /// Takes a retained text away from the broker.
  void forget(const std::string& topic);
  /// Once, not retained, QoS 1; in order.
  void send(const std::string& topic, const std::string& payload);
  /// Once, not retained, and only if the broker is there: what is of no use later.
  void send_now(const std::string& topic, const std::string& payload);
  /// Tells all that is kept once more.
  void repeat_kept();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pupil::listen
