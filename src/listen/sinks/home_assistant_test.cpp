// SPDX-License-Identifier: Apache-2.0
// Home Assistant refuses a whole device for one key that it does not know, so every payload is held against the documented ones.
#include "listen/sinks/home_assistant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace pupil::listen {
namespace {

Announcement announcement() {
  Announcement result{.base = "pupil/shed",
                      .discovery = "homeassistant",
                      .node = "shed",
                      .version = "1.2",
                      .sources = {},
                      .classes = {},
                      .classes_of = {}};
  announce_sounds(
      result, std::vector<std::string>{"yard", "Front door"},
      std::vector<ListenedModel>{{"dogs", "ab", {"dog barking", "Dog Barking", "smoke alarm"}, false, {}}});
  return result;
}

using Keys = std::set<std::string>;

// developers' documentation of each platform, the keys that are not shared by the device.
const std::map<std::string, Keys> kDocumented = {
    {"binary_sensor",
     {"p", "name", "unique_id", "default_entity_id", "device_class", "state_topic", "payload_on",
      "payload_off", "entity_category", "json_attributes_topic", "off_delay", "expire_after"}},
    {"event",
     {"p", "name", "unique_id", "default_entity_id", "device_class", "event_types", "icon", "state_topic"}},
    {"sensor",
     {"p", "name", "unique_id", "default_entity_id", "device_class", "unit_of_measurement", "state_class",
      "suggested_display_precision", "state_topic"}},
    {"button", {"p", "name", "unique_id", "default_entity_id", "icon", "command_topic", "payload_press"}},
    {"switch",
     {"p", "name", "unique_id", "default_entity_id", "device_class", "icon", "entity_category", "state_topic",
      "command_topic", "payload_on", "payload_off"}}};
const Keys kDevice = {"ids", "cns", "name", "mf", "mdl", "sw", "hw", "sn", "sa", "cu", "via_device"};
const Keys kOrigin = {"name", "sw", "url"};
const Keys kRoot = {"dev", "o",        "cmps",        "availability", "availability_mode",
                    "qos", "encoding", "state_topic", "command_topic"};
const std::map<std::string, Keys> kDeviceClasses = {
    {"binary_sensor", {"sound", "smoke", "safety", "connectivity"}}, {"sensor", {"sound_pressure"}}};

void expect_known(const Json& object, const Keys& known) {
  for (const auto& [key, value] : object.as_object()) EXPECT_TRUE(known.contains(key)) << key;
}

bool is_id(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

void check_component(const std::string& key, const Json& component, std::set<std::string>& unique,
                     std::set<std::string>& entities) {
  EXPECT_TRUE(is_id(key)) << key;
  const std::string& platform = component.at("p").as_string();
  ASSERT_TRUE(kDocumented.contains(platform)) << platform;
  expect_known(component, kDocumented.at(platform));
  EXPECT_TRUE(is_id(component.at("unique_id").as_string()));
  EXPECT_TRUE(unique.insert(component.at("unique_id").as_string()).second) << key;
  const std::string& entity = component.at("default_entity_id").as_string();
  EXPECT_TRUE(entity.starts_with(platform + ".")) << entity;
  EXPECT_TRUE(entities.insert(entity).second) << entity;
  if (const Json* device_class = component.find("device_class")) {
    EXPECT_TRUE(kDeviceClasses.at(platform).contains(device_class->as_string()));
  }
  if (platform == "event") {
    EXPECT_FALSE(component.at("event_types").as_array().empty());
  }
}

TEST(HomeAssistant, AnnouncesDocumentedKeysAlone) {
  const auto messages = discovery_messages(announcement());
  ASSERT_EQ(messages.size(), 3u);
  std::set<std::string> unique, entities, topics;
  for (const auto& [topic, payload] : messages) {
    const Json read = parse_json(payload.dump());
    EXPECT_TRUE(topics.insert(topic).second);
    EXPECT_TRUE(topic.starts_with("homeassistant/device/") && topic.ends_with("/config")) << topic;
    EXPECT_TRUE(is_id(topic.substr(21, topic.size() - 28))) << topic;
    expect_known(read, kRoot);
    expect_known(read.at("dev"), kDevice);
    expect_known(read.at("o"), kOrigin);
    EXPECT_EQ(read.at("o").at("name").as_string(), "pupil");
    EXPECT_FALSE(read.at("dev").at("ids").as_array().empty());
    for (const auto& [key, component] : read.at("cmps").as_object())
      check_component(key, component, unique, entities);
  }
}

TEST(HomeAssistant, GivesEachSourceAndClassItsTopic) {
  const auto messages = discovery_messages(announcement());
  const Json& door = messages[2].second;
  EXPECT_EQ(messages[2].first, "homeassistant/device/pupil_shed_front_door/config");
  EXPECT_EQ(door.at("cmps").at("class_dog_barking").dump(),
            R"({"p":"binary_sensor","name":"dog barking","unique_id":"pupil_shed_front_door_dog_barking",)"
            R"("default_entity_id":"binary_sensor.pupil_front_door_dog_barking","device_class":"sound",)"
            R"("state_topic":"pupil/shed/front_door/audio/dog_barking"})");
  EXPECT_EQ(door.at("cmps").at("class_dog_barking_2").at("state_topic").as_string(),
            "pupil/shed/front_door/audio/dog_barking_2");
  EXPECT_EQ(door.at("cmps").at("class_smoke_alarm").at("device_class").as_string(), "smoke");
  EXPECT_EQ(door.at("availability").dump(),
            R"([{"topic":"pupil/shed/available"},{"topic":"pupil/shed/front_door/available"}])");
  EXPECT_EQ(door.at("dev").at("via_device").as_string(), "pupil_shed");
}

TEST(HomeAssistant, AnnouncesAClassWhereItsModelListens) {
  Announcement mixed = announcement();
  announce_sounds(mixed, std::vector<std::string>{"yard", "door", "attic"},
                  std::vector<ListenedModel>{{"dogs", "ab", {"dog", "cat"}, false, {"yard", "door"}},
                                             {"bells", "cd", {"bell", "dog"}, false, {"door"}},
                                             {"next", "ef", {"fox"}, true, {}}});
  using Names = std::vector<std::string>;
  EXPECT_EQ(mixed.classes_of.at("yard"), (Names{"dog", "cat"}));
  EXPECT_EQ(mixed.classes_of.at("door"), (Names{"dog", "cat", "bell"}));
  EXPECT_TRUE(mixed.classes_of.at("attic").empty());
  const auto messages = discovery_messages(mixed);
  const Json& attic = messages[3].second;
  EXPECT_EQ(attic.at("cmps").find("event"), nullptr) << "no types: Home Assistant would refuse it";
  EXPECT_NE(attic.at("cmps").find("level"), nullptr);
}

TEST(HomeAssistant, ClassesDoNotTakeTheTopicsOfASource) {
  Announcement odd = announcement();
  announce_sounds(odd, std::vector<std::string>{"yard"},
                  std::vector<ListenedModel>{{"m", "ab", {"all", "State", "set", "dog"}, false, {}}});
  EXPECT_EQ(odd.classes["all"], "all_2");
  EXPECT_EQ(odd.classes["State"], "state_2");
  EXPECT_EQ(odd.classes["set"], "set_2");
  EXPECT_EQ(odd.classes["dog"], "dog");
}

TEST(HomeAssistant, KnowsItsOwnMessages) {
  for (const auto& [topic, payload] : discovery_messages(announcement()))
    EXPECT_TRUE(is_own_message(announcement(), parse_json(payload.dump())));
  Announcement other = announcement();
  other.base = "pupil/shed2";
  EXPECT_FALSE(is_own_message(announcement(), discovery_messages(other)[0].second));
  for (const char* text :
       {"[]", "7", "{}", R"({"availability":"pupil/shed/available"})", R"({"availability":[]})",
        R"({"availability":[7]})", R"({"availability":[{"topic":7}]})"})
    EXPECT_FALSE(is_own_message(announcement(), parse_json(text))) << text;
}

TEST(HomeAssistant, IsNotToldWithoutAPrefix) {
  Announcement silent = announcement();
  silent.discovery = "";
  EXPECT_TRUE(discovery_messages(silent).empty());
}

TEST(Slug, KeepsWhatIdsAllow) {
  EXPECT_EQ(slug("Front door (left)"), "front_door_left");
  EXPECT_EQ(slug("a/b+c#d"), "a_b_c_d");
  EXPECT_EQ(slug("\u00e4"), "x");
}

std::string url_error(const std::string& url) {
  try {
    resolved({.url = url});
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(MqttOptions, ReadsTheUrlAsRtl433Does) {
  const MqttOptions options =
      resolved({.url = "mqtts://yard.local:8884,user=ada,pass=x=y,base=home/pupil,events=home/sounds"});
  EXPECT_TRUE(options.tls);
  EXPECT_EQ(options.host, "yard.local");
  EXPECT_EQ(options.port, 8884);
  EXPECT_EQ(options.user, "ada");
  EXPECT_EQ(options.password, "x=y");
  EXPECT_EQ(options.base, "home/pupil");
  EXPECT_EQ(options.events, "home/sounds");
  EXPECT_EQ(resolved({.url = "mqtt://[::1]"}).host, "::1");
  EXPECT_EQ(resolved({.url = "mqtt:localhost"}).port, 1883);
}

TEST(MqttOptions, TakesTheEnvironmentsUser) {
  ::setenv("MQTT_USERNAME", "env", 1);
  ::setenv("MQTT_PASSWORD", "secret", 1);
  EXPECT_EQ(resolved({.url = "mqtt://a"}).user, "env");
  EXPECT_EQ(resolved({.url = "mqtt://a,user=b"}).user, "b");
  ::unsetenv("MQTT_USERNAME");
  ::unsetenv("MQTT_PASSWORD");
}

TEST(MqttOptions, SaysWhatIsWrong) {
  EXPECT_EQ(url_error("mqtt://a,usr=b"), "url: usr= is not known here, did you mean 'user'?");
  for (const char* url : {"http://a", "mqtt://", "mqtt://a:0", "mqtt://a:x", "mqtt://a:70000", "mqtt://a/b",
                          "mqtt://a,base=x/#", "mqtts://a,tls_ca_cert=/nowhere"})
    EXPECT_NE(url_error(url), "") << url;
}

}  // namespace
}  // namespace pupil::listen
