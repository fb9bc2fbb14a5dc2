// SPDX-License-Identifier: Apache-2.0
// What is retained (states, availability, discovery) is kept by the link and said again after every connect; what happened
// once (events) waits in its queue. configured() compares with the announcement before it, so that an entity of a class or
// source that is gone is taken back instead of staying behind in Home Assistant. What an earlier run of this program announced
// is learned from the broker, which kept it, and taken back the same way.

#include "listen/sinks/mqtt.h"

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/sinks/home_assistant.h"
#include "listen/sinks/mqtt_link.h"
#include "listen/sinks/payload.h"
#include "listen/utc.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kMaxCommandBytes = 4096;

class Mqtt final : public Sink {
 public:
  Mqtt(const MqttOptions& options, VerdictStore* verdicts, DetectionSwitches* switches, Gauges& gauges,
       const std::string& version)
      : options_(options), verdicts_(verdicts), switches_(switches) {
    announcement_.base = options.base;
    announcement_.discovery = options.discovery;
    announcement_.node = slug(options.base.starts_with("pupil/") ? options.base.substr(6) : options.base);
    announcement_.version = version;
    link_ = std::make_unique<MqttLink>(
        options, options.base + "/available", subscriptions(),
        [this](const std::string& topic, const std::string& payload, bool retained) {
          receive(topic, payload, retained);
        },
        gauges);
  }

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override {
    const std::lock_guard lock(mutex_);
    const Announcement before = announcement_;
    announce_sounds(announcement_, sources, models);
    forget_states(before);
    announce();
    for (const std::string& source : announcement_.sources.names()) {
      for (const std::string& name : announcement_.classes_of.at(source)) say_state(source, name);
      say_all(source);
    }
  }

  void source_changed(const SourceStatus& status) override {
    link_->start();
    link_->keep(topic(status.source, "available"), is_up(status.state) ? "online" : "offline");
    link_->keep(topic(status.source, "audio/state"), status.detecting ? "ON" : "OFF");
    link_->keep(topic(status.source, "status"), source_json(status).dump());
  }

  void window_scored(const ScoredWindow& window) override {
    if (options_.level_s <= 0) return;
    const std::string source(window.source);
    Time& last = last_level_[source];
    if (window.end >= last && window.end - last < std::chrono::duration<double>(options_.level_s)) return;
    last = window.end;
    link_->send_now(topic(source, "audio/dBFS"), fixed(window.level_dbfs, 1));
  }

  void event_started(const Event& event) override {
    active_[event.source].insert(event.class_name);
    say_state(event.source, event.class_name);
    say_all(event.source);
    {
      const std::lock_guard lock(mutex_);
      last_event_[event.source] = event.id;
    }
    link_->send(topic(event.source, "event"), Json(Json::Object{{"event_type", event.class_name},
                                                                {"id", event.id},
                                                                {"source", event.source},
                                                                {"score", Json(event.score)},
                                                                {"threshold", Json(event.threshold)},
                                                                {"onset", utc_text(event.onset)}})
                                                  .dump());
  }

  void event_ended(const Event& event) override {
    active_[event.source].erase(event.class_name);
    say_state(event.source, event.class_name);
    say_all(event.source);
    link_->send(options_.events, event_json(event).dump());
  }

  void tick(Time) override {
    link_->start();
    if (repeat_.exchange(false)) link_->repeat_kept();
    std::vector<std::pair<std::string, Json>> found;
    {
      const std::lock_guard lock(mutex_);
      found.swap(found_);
    }
    for (const auto& [where, payload] : found) take_back_earlier(where, payload);
  }

  void near_miss(const NearMiss& miss) override {
    if (options_.near_misses) link_->send(topic(miss.source, "near_miss"), near_miss_json(miss).dump());
  }

 private:
  std::string topic(const std::string& source, std::string_view rest) const {
    return source_topic(announcement_, source, rest);
  }

  std::string class_topic(const std::string& source, const std::string& name) const {
    return topic(source, concat("audio/", announcement_.classes[name]));
  }

  std::vector<std::string> subscriptions() const {
    std::vector<std::string> topics = {options_.base + "/verdict", options_.base + "/+/not_this",
                                       options_.base + "/+/audio/set"};
    if (options_.discovery.empty()) return topics;
    topics.push_back(options_.discovery + "/status");
    topics.push_back(options_.discovery + "/device/+/config");
    return topics;
  }

  // An event of a model that was replaced, or of a source that is gone, ends after the new announcement: no ghost of it.
  void say_state(const std::string& source, const std::string& name) {
    if (!announcement_.has(source, name)) return;
    link_->keep(class_topic(source, name), active_[source].contains(name) ? "ON" : "OFF");
  }
  void say_all(const std::string& source) {
    if (!announcement_.classes_of.contains(source)) return;
    link_->keep(topic(source, "audio/all"), active_[source].empty() ? "OFF" : "ON");
  }

  // Announces everything; what was announced before and is no more is taken back as Home Assistant wants it: named by its
  // platform alone, then left out.
  void announce() {
    const auto messages = discovery_messages(announcement_);
    std::set<Component> now;
    for (const auto& [where, payload] : messages) {
      for (Component& component : components_of(where, payload)) now.insert(std::move(component));
    }
    std::map<std::string, std::vector<Component>> gone;
    for (const Component& old : announced_) {
      if (!now.contains(old)) gone[old.topic].push_back(old);
    }
    for (const auto& [where, payload] : messages) {
      link_->keep(where, payload.dump());
      const auto here = gone.extract(where);
      if (!here.empty()) take_back(here.mapped(), payload);
    }
    for (const auto& [where, components] : gone) link_->forget(where);  // the whole device is
    announced_ = std::move(now);
  }

  void take_back(const std::vector<Component>& gone, const Json& payload) {
    Json components = payload.at("cmps");
    for (const Component& old : gone) components.set(old.key, Json(Json::Object{{"p", old.platform}}));
    Json removal = payload;
    removal.set("cmps", std::move(components));
    link_->send(gone.front().topic, removal.dump());
    link_->send(gone.front().topic, payload.dump());
  }

  // A configuration of this program that the broker kept from an earlier run, or from before this announcement.
  void take_back_earlier(const std::string& where, const Json& payload) {
    std::set<std::string> told;
    for (const auto& [topic, message] : discovery_messages(announcement_)) {
      for (std::string& state : state_topics_of(message)) told.insert(std::move(state));
    }
    bool changed = false;
    try {
      for (Component& component : components_of(where, payload))
        changed |= announced_.insert(std::move(component)).second;
      for (const std::string& state : state_topics_of(payload)) {
        if (told.contains(state) || !state.starts_with(announcement_.base + "/")) continue;
        link_->forget(state);
        if (state.ends_with("/available")) link_->forget(state.substr(0, state.rfind('/')) + "/audio/all");
      }
    } catch (const Error& error) {
      log_info(concat("MQTT ", where, ": ", error.what()));
    }
    if (changed) announce();
  }

  // Retained states of sources and classes that are gone would be ghosts.
  void forget_states(const Announcement& before) {
    for (const std::string& source : before.sources.names()) {
      const bool source_stays = std::ranges::count(announcement_.sources.names(), source) > 0;
      for (const std::string& name : before.classes.names()) {
        if (before.has(source, name) && !announcement_.has(source, name))
          link_->forget(source_topic(before, source, concat("audio/", before.classes[name])));
      }
      if (source_stays) continue;
      for (const char* rest : {"audio/all", "audio/state", "available", "status"})
        link_->forget(source_topic(before, source, rest));
    }
  }

  // On the link's thread.
  void receive(const std::string& where, const std::string& payload, bool retained) {
    if (where == options_.discovery + "/status") {
      if (payload == "online") repeat_ = true;
    } else if (where.starts_with(options_.discovery + "/device/")) {
      if (retained && !payload.empty()) found_earlier(where, payload);
    } else if (retained) {
      return;  // a command that was kept by mistake would be carried out at every start
    } else if (where == options_.base + "/verdict") {
      put(read_verdict(payload));
    } else if (where.ends_with("/not_this")) {
      put({.id = last_event_at(where), .class_name = {}, .rejected = true, .reviewer = {}, .time = {}});
    } else if (where.ends_with("/audio/set")) {
      switch_source(source_at(where, "audio/set"), payload);
    }
  }

  void switch_source(const std::string& source, const std::string& payload) {
    if (switches_ == nullptr) throw Error("sources cannot be switched off here");
    if (payload != "ON" && payload != "OFF") throw Error("a source is switched by ON or OFF");
    switches_->set(source, payload == "ON");
  }

  // Other programs' devices come by here as well, whatever their payloads are.
  void found_earlier(const std::string& where, const std::string& payload) {
    if (payload.find("pupil") == std::string::npos) return;
    Json json;
    try {
      json = parse_json(payload);
    } catch (const Error&) {
      return;
    }
    const std::lock_guard lock(mutex_);
    if (is_own_message(announcement_, json)) found_.emplace_back(where, std::move(json));
  }

  // The source that a command's topic names; it ends in `rest`.
  std::string source_at(const std::string& where, std::string_view rest) {
    const std::lock_guard lock(mutex_);
    for (const std::string& source : announcement_.sources.names()) {
      if (topic(source, rest) == where) return source;
    }
    throw Error("no source is called so");
  }

  std::string last_event_at(const std::string& where) {
    const std::string source = source_at(where, "not_this");
    const std::lock_guard lock(mutex_);
    const auto found = last_event_.find(source);
    if (found == last_event_.end()) throw Error(concat(source, " has had no event yet"));
    return found->second;
  }

  void put(Verdict verdict) {
    if (verdicts_ == nullptr) throw Error("no verdict can be kept: the configuration names no home folder");
    verdict.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    verdicts_->put(verdict);
  }

  const MqttOptions options_;
  VerdictStore* verdicts_;
  DetectionSwitches* switches_;
  Announcement announcement_;  // written under the mutex, by the caller's thread
  std::map<std::string, std::set<std::string>> active_;
  std::map<std::string, Time> last_level_;
  std::set<Component> announced_;
  std::atomic<bool> repeat_ = false;  // Home Assistant has started
  std::mutex mutex_;
  std::map<std::string, std::string> last_event_;
  std::vector<std::pair<std::string, Json>> found_;  // configurations that the broker had kept
  std::unique_ptr<MqttLink> link_;                   // last: its thread uses all of the above
};

}  // namespace

std::unique_ptr<Sink> make_mqtt(const MqttOptions& options, VerdictStore* verdicts,
                                DetectionSwitches* switches, Gauges& gauges, const std::string& version) {
  return std::make_unique<Mqtt>(resolved(options), verdicts, switches, gauges, version);
}

Verdict read_verdict(const std::string& payload) {
  if (payload.size() > kMaxCommandBytes) throw Error("a verdict of more than 4 kB");
  const Json json = parse_json(payload);
  Verdict verdict;
  verdict.id = json.at("id").as_string();
  if (const Json* name = json.find("class"); name != nullptr && !name->is_null())
    verdict.class_name = name->as_string();
  if (const Json* rejected = json.find("rejected")) verdict.rejected = rejected->as_bool();
  if (const Json* reviewer = json.find("reviewer"); reviewer != nullptr && !reviewer->is_null())
    verdict.reviewer = reviewer->as_string();
  if (verdict.id.empty() || verdict.rejected == !verdict.class_name.empty())
    throw Error("a verdict has an id, and either a class or \"rejected\": true");
  return verdict;
}

}  // namespace pupil::listen
