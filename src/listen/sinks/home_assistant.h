// SPDX-License-Identifier: Apache-2.0
// What Home Assistant is told by MQTT discovery (device-based form), and the topics it is told of. Pure: names in, texts out.
//
// Topics below BASE ("pupil/MACHINE"; SOURCE and CLASS as slugs):
//   available                 "online", "offline" (also the last will); retained
//   SOURCE/available          the same of a source: online while it is listening; retained
//   SOURCE/status             payload.h's source object; retained
//   SOURCE/audio/CLASS        "ON", "OFF"; retained
//   SOURCE/audio/all          ON while any class is; retained
//   SOURCE/audio/dBFS         level, a number
//   SOURCE/event              at an event's start, not retained: {"event_type": CLASS, "id", "source", "score", "threshold", "onset"}
//   events                    at its end, not retained: payload.h's event object
//   SOURCE/near_miss          payload.h's near miss, not retained
//   SOURCE/not_this           command: any text rejects the source's last event
//   verdict                   command: {"id": ..., "class": ...} or {"id": ..., "rejected": true}, "reviewer" may be added

#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "listen/sink.h"
#include "listen/sinks/mqtt_options.h"

namespace pupil::listen {

/// Names as topics and ids have them: slugs, told apart by a number where two would be the same, or one is `taken`.
class TopicNames {
 public:
  TopicNames() = default;
  explicit TopicNames(const std::vector<std::string>& names, std::set<std::string> taken = {});
  /// A name that was not given: its plain slug.
  std::string operator[](const std::string& name) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::string> slugs_;
};

/// What is announced: sources, and for each the classes that its models report, each once. Shadow models have none.
struct Announcement {
  std::string base;       ///< topic
  std::string discovery;  ///< prefix
  std::string node;       ///< slug of this program: tells it from others in Home Assistant
  std::string version;
  TopicNames sources;
  TopicNames classes;                                          ///< of all sources
  std::map<std::string, std::vector<std::string>> classes_of;  ///< a source's own, by its name

  bool has(const std::string& source, const std::string& class_name) const;
};

/// What `models` report of `sources`, added to an announcement that has its topics and names.
void announce_sounds(Announcement& announcement, std::span<const std::string> sources,
                     std::span<const ListenedModel> models);

/// A component that was announced once: topic of its device's configuration, its key there, its platform.
struct Component {
  std::string topic;
  std::string key;
  std::string platform;
  auto operator<=>(const Component&) const = default;
};

/// Retained configurations, topic and payload: the program's device and one for each source.
std::vector<std::pair<std::string, Json>> discovery_messages(const Announcement& announcement);

/// The components of such a message.
std::vector<Component> components_of(const std::string& topic, const Json& payload);

/// Whether a retained configuration, found at the broker, is of this program: its availability topic says so. Anything
/// else, malformed texts among it, is not.
bool is_own_message(const Announcement& announcement, const Json& payload);

/// Topics of the states that such a message announces.
std::vector<std::string> state_topics_of(const Json& payload);

std::string source_topic(const Announcement& announcement, const std::string& source, std::string_view rest);

}  // namespace pupil::listen
