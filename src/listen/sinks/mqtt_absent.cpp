// SPDX-License-Identifier: Apache-2.0
// make_mqtt() of the static program. Debian has libmosquitto as a shared library alone, and with TLS it would be larger than
// all the rest.

#include "base/error.h"
#include "listen/sinks/mqtt.h"

namespace pupil::listen {

std::unique_ptr<Sink> make_mqtt(const MqttOptions&, VerdictStore*, DetectionSwitches*, Gauges&,
                                const std::string&) {
  throw Error(
      "this static program has no MQTT: install the full pupil, or use kind = \"command\" with "
      "command = [\"mosquitto_pub\", \"-h\", \"HOST\", \"-t\", \"TOPIC\", \"-s\"]");
}

}  // namespace pupil::listen
