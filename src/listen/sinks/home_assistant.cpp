// SPDX-License-Identifier: Apache-2.0
// Two levels of devices, since availability is shared by a whole device: a source's sounds are available while program and
// source are; whether a source is connected is the program's own to say, and so belongs to the program's device.

#include "listen/sinks/home_assistant.h"

#include <algorithm>

#include "base/text.h"

namespace pupil::listen {
namespace {

Json object(std::initializer_list<std::pair<std::string, Json>> pairs) {
  return Json(Json::Object(pairs));
}

Json origin(const Announcement& announcement) {
  return object({{"name", "pupil"}, {"sw", announcement.version}});
}

std::string program_id(const Announcement& announcement) {
  return concat("pupil_", announcement.node);
}

std::string source_id(const Announcement& announcement, const std::string& source) {
  return concat("pupil_", announcement.node, "_", announcement.sources[source]);
}

std::string config_topic(const Announcement& announcement, const std::string& id) {
  return concat(announcement.discovery, "/device/", id, "/config");
}

// An alarm that does its work is a matter of safety, not of noise.
std::string_view device_class(const std::string& class_name) {
  const std::string name = slug(class_name);
  const bool alarm = name.find("alarm") != std::string::npos;
  if (name.find("smoke") != std::string::npos || (alarm && name.find("fire") != std::string::npos))
    return "smoke";
  return alarm || name.find("glass") != std::string::npos ? "safety" : "sound";
}

Json availability(std::initializer_list<std::string> topics) {
  Json::Array list;
  for (const std::string& topic : topics) list.push_back(object({{"topic", topic}}));
  return list;
}

Json sound(const Announcement& announcement, const std::string& source, const std::string& class_name) {
  const std::string name = announcement.classes[class_name];
  return object(
      {{"p", "binary_sensor"},
       {"name", class_name},
       {"unique_id", concat(source_id(announcement, source), "_", name)},
       {"default_entity_id", concat("binary_sensor.pupil_", announcement.sources[source], "_", name)},
       {"device_class", device_class(class_name)},
       {"state_topic", source_topic(announcement, source, concat("audio/", name))}});
}

Json event_entity(const Announcement& announcement, const std::string& source) {
  return object({{"p", "event"},
                 {"name", "Sound"},
                 {"unique_id", concat(source_id(announcement, source), "_event")},
                 {"default_entity_id", concat("event.pupil_", announcement.sources[source], "_sound")},
                 {"event_types", Json(announcement.classes_of.at(source))},
                 {"icon", "mdi:ear-hearing"},
                 {"state_topic", source_topic(announcement, source, "event")}});
}

Json level(const Announcement& announcement, const std::string& source) {
  return object({{"p", "sensor"},
                 {"name", "Level"},
                 {"unique_id", concat(source_id(announcement, source), "_level")},
                 {"default_entity_id", concat("sensor.pupil_", announcement.sources[source], "_level")},
                 {"device_class", "sound_pressure"},
                 {"unit_of_measurement", "dB"},
                 {"state_class", "measurement"},
                 {"suggested_display_precision", 0},
                 {"state_topic", source_topic(announcement, source, "audio/dBFS")}});
}

Json not_this(const Announcement& announcement, const std::string& source) {
  return object({{"p", "button"},
                 {"name", "Not this"},
                 {"unique_id", concat(source_id(announcement, source), "_not_this")},
                 {"default_entity_id", concat("button.pupil_", announcement.sources[source], "_not_this")},
                 {"icon", "mdi:thumb-down-outline"},
                 {"command_topic", source_topic(announcement, source, "not_this")}});
}

Json detection(const Announcement& announcement, const std::string& source) {
  return object({{"p", "switch"},
                 {"name", "Detection"},
                 {"unique_id", concat(source_id(announcement, source), "_detection")},
                 {"default_entity_id", concat("switch.pupil_", announcement.sources[source], "_detection")},
                 {"icon", "mdi:ear-hearing"},
                 {"entity_category", "config"},
                 {"state_topic", source_topic(announcement, source, "audio/state")},
                 {"command_topic", source_topic(announcement, source, "audio/set")}});
}

Json connectivity(const Announcement& announcement, const std::string& source) {
  return object(
      {{"p", "binary_sensor"},
       {"name", source},
       {"unique_id", concat(source_id(announcement, source), "_connected")},
       {"default_entity_id", concat("binary_sensor.pupil_", announcement.sources[source], "_connected")},
       {"device_class", "connectivity"},
       {"entity_category", "diagnostic"},
       {"state_topic", source_topic(announcement, source, "available")},
       {"payload_on", "online"},
       {"payload_off", "offline"},
       {"json_attributes_topic", source_topic(announcement, source, "status")}});
}

Json device(const Announcement& announcement, const std::string& id, const std::string& name,
            const std::string& via) {
  Json result =
      object({{"ids", Json(Json::Array{id})}, {"name", name}, {"mf", "pupil"}, {"sw", announcement.version}});
  if (!via.empty()) result.set("via_device", via);
  return result;
}

Json message(const Announcement& announcement, Json about, Json available, Json components) {
  return object({{"dev", std::move(about)},
                 {"o", origin(announcement)},
                 {"availability", std::move(available)},
                 {"availability_mode", "all"},
                 {"qos", 1},
                 {"cmps", std::move(components)}});
}

Json program_message(const Announcement& announcement) {
  Json components{Json::Object()};
  for (const std::string& source : announcement.sources.names())
    components.set(concat(announcement.sources[source], "_connected"), connectivity(announcement, source));
  const std::string id = program_id(announcement);
  return message(announcement, device(announcement, id, concat("pupil ", announcement.node), ""),
                 availability({announcement.base + "/available"}), std::move(components));
}

Json source_message(const Announcement& announcement, const std::string& source) {
  Json components{Json::Object()};
  for (const std::string& class_name : announcement.classes_of.at(source))
    components.set(concat("class_", announcement.classes[class_name]),
                   sound(announcement, source, class_name));
  if (!announcement.classes_of.at(source).empty())  // Home Assistant refuses an event without types
    components.set("event", event_entity(announcement, source));
  components.set("level", level(announcement, source));
  components.set("not_this", not_this(announcement, source));
  components.set("detection", detection(announcement, source));
  return message(
      announcement,
      device(announcement, source_id(announcement, source), concat("pupil ", source),
             program_id(announcement)),
      availability({announcement.base + "/available", source_topic(announcement, source, "available")}),
      std::move(components));
}

}  // namespace

TopicNames::TopicNames(const std::vector<std::string>& names, std::set<std::string> taken) {
  for (const std::string& name : names) {
    if (slugs_.contains(name)) continue;
    std::string id = slug(name);
    for (int number = 2; !taken.insert(id).second; ++number) id = concat(slug(name), "_", number);
    slugs_[name] = id;
    names_.push_back(name);
  }
}

std::string TopicNames::operator[](const std::string& name) const {
  const auto found = slugs_.find(name);
  return found == slugs_.end() ? slug(name) : found->second;
}

bool Announcement::has(const std::string& source, const std::string& class_name) const {
  const auto found = classes_of.find(source);
  return found != classes_of.end() && std::ranges::count(found->second, class_name) > 0;
}

void announce_sounds(Announcement& announcement, std::span<const std::string> sources,
                     std::span<const ListenedModel> models) {
  announcement.sources = TopicNames({sources.begin(), sources.end()});
  announcement.classes_of.clear();
  std::vector<std::string> all;
  for (const std::string& source : sources) {
    std::vector<std::string>& own = announcement.classes_of[source];
    for (const ListenedModel& model : models) {
      if (model.shadow || (!model.sources.empty() && std::ranges::count(model.sources, source) == 0))
        continue;
      for (const std::string& name : model.reported_classes) {
        if (std::ranges::count(own, name) == 0) own.push_back(name);
      }
    }
    all.insert(all.end(), own.begin(), own.end());
  }
  announcement.classes = TopicNames(all, {"all", "set", "state"});
}

std::string source_topic(const Announcement& announcement, const std::string& source, std::string_view rest) {
  return concat(announcement.base, "/", announcement.sources[source], "/", rest);
}

std::vector<std::pair<std::string, Json>> discovery_messages(const Announcement& announcement) {
  std::vector<std::pair<std::string, Json>> messages;
  if (announcement.discovery.empty()) return messages;
  messages.emplace_back(config_topic(announcement, program_id(announcement)), program_message(announcement));
  for (const std::string& source : announcement.sources.names())
    messages.emplace_back(config_topic(announcement, source_id(announcement, source)),
                          source_message(announcement, source));
  return messages;
}

bool is_own_message(const Announcement& announcement, const Json& payload) {
  const Json* list = payload.is_object() ? payload.find("availability") : nullptr;
  if (list == nullptr || !list->is_array() || list->as_array().empty()) return false;
  const Json& first = list->as_array().front();
  const Json* topic = first.is_object() ? first.find("topic") : nullptr;
  return topic != nullptr && topic->is_string() && topic->as_string() == announcement.base + "/available";
}

std::vector<std::string> state_topics_of(const Json& payload) {
  std::vector<std::string> topics;
  for (const auto& [key, component] : payload.at("cmps").as_object()) {
    for (const char* name : {"state_topic", "json_attributes_topic"}) {
      if (const Json* topic = component.find(name)) topics.push_back(topic->as_string());
    }
  }
  return topics;
}

std::vector<Component> components_of(const std::string& topic, const Json& payload) {
  std::vector<Component> found;
  for (const auto& [key, component] : payload.at("cmps").as_object())
    found.push_back({topic, key, component.at("p").as_string()});
  return found;
}

}  // namespace pupil::listen
