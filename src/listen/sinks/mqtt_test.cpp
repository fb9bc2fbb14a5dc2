// SPDX-License-Identifier: Apache-2.0
// Against a real broker, mosquitto, on a free port of this machine: killed, stopped and started again.
#include "listen/sinks/mqtt.h"

#include <gtest/gtest.h>
#include <mosquitto.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>

#include "base/json.h"
#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "listen/sinks/test_findings.h"
#include "web/listener.h"
#include "web/test_client.h"

namespace pupil::listen {
namespace {

std::string broker_program() {
  for (const char* path : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

std::uint16_t free_port() {
  return web::Listener("127.0.0.1", 0).port();
}

/// A mosquitto of our own; ends with the test.
class Broker {
 public:
  explicit Broker(const std::string& settings = "allow_anonymous true\n") : port_(free_port()) {
    write_whole(
        folder_ / "conf",
        concat("listener ", port_, " 127.0.0.1\npersistence false\nlog_type none\nuser root\n", settings));
  }
  ~Broker() { kill(); }

  void start() {
    child_ = ::fork();
    if (child_ == 0) {
      ::execl(broker_program().c_str(), "mosquitto", "-c", (folder_ / "conf").c_str(), nullptr);
      ::_exit(127);
    }
    ASSERT_TRUE(wait_for([this] { return web::TestClient(port_).connected(); }));
  }
  void signal(int number) const { ::kill(child_, number); }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  std::uint16_t port() const { return port_; }
  std::string url() const { return concat("mqtt://127.0.0.1:", port_, ",base=pupil/test"); }
  const TestFolder& folder() const { return folder_; }

 private:
  TestFolder folder_;
  std::uint16_t port_;
  pid_t child_ = -1;
};

/// Whoever listens in: every message of every topic; keeps its session over reconnects.
class Subscriber {
 public:
  struct Message {
    std::string topic, payload;
    bool retained;
  };

  explicit Subscriber(std::uint16_t port) {
    mosquitto_lib_init();
    client_ = mosquitto_new("subscriber", false, this);
    mosquitto_connect_callback_set(client_, [](mosquitto* client, void* self, int) {
      mosquitto_subscribe(client, nullptr, "#", 1);
      static_cast<Subscriber*>(self)->connected_ = true;
    });
    mosquitto_subscribe_callback_set(client_, [](mosquitto*, void* self, int, int, const int*) {
      static_cast<Subscriber*>(self)->subscribed_ = true;
    });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
      static_cast<Subscriber*>(self)->take(*message);
    });
    mosquitto_reconnect_delay_set(client_, 1, 1, false);
    mosquitto_connect_async(client_, "127.0.0.1", port, 30);
    mosquitto_loop_start(client_);
  }
  ~Subscriber() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, true);
    mosquitto_destroy(client_);
  }

  bool wait_subscribed() {
    return wait_for([this] { return subscribed_.load(); });
  }
  void publish(const std::string& topic, const std::string& payload, bool retained = false) {
    mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1,
                      retained);
  }
  std::vector<std::string> payloads(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const Message& message : messages_) {
      if (message.topic == topic) found.push_back(message.payload);
    }
    return found;
  }
  std::string last(const std::string& topic) {
    const auto all = payloads(topic);
    return all.empty() ? "" : all.back();
  }
  bool any_retained(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        messages_, [&](const Message& message) { return message.topic == topic && message.retained; });
  }

 private:
  void take(const mosquitto_message& message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(
        {message.topic,
         std::string(static_cast<const char*>(message.payload), static_cast<std::size_t>(message.payloadlen)),
         message.retain});
  }

  mosquitto* client_;
  std::atomic<bool> connected_ = false, subscribed_ = false;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

class MqttTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (broker_program().empty()) GTEST_SKIP() << "mosquitto is not installed (scripts/setup.sh)";
  }
  void start_sink(const std::string& url) {
    sink_ = make_mqtt({.url = url}, &verdicts_, &switches_, gauges_, "1.2");
    sink_->configured(std::vector<std::string>{"yard"}, test_models());
    sink_->source_changed({"yard", SourceState::listening, "", test_time(), 0, 0});
  }
  bool connected() const { return gauges_.text().find("pupil_mqtt_connected 1\n") != std::string::npos; }
  void send_events(int begin, int end) {
    for (int i = begin; i < end; ++i) {
      sink_->event_started(test_event(concat("e", i)));
      sink_->event_ended(test_event(concat("e", i)));
    }
  }
  // Every one is there; repeats only as QoS 1 allows them: of what was on its way when the connection broke.
  static bool holds_all(const std::vector<std::string>& payloads, int count, std::size_t* repeats) {
    std::map<std::string, int> seen;
    for (const std::string& payload : payloads) ++seen[parse_json(payload).at("id").as_string()];
    *repeats = payloads.size() - seen.size();
    for (int i = 0; i < count; ++i) {
      if (!seen.contains(concat("e", i))) return false;
    }
    return true;
  }

  TestVerdicts verdicts_;
  DetectionSwitches switches_;
  Gauges gauges_;
  std::unique_ptr<Sink> sink_;
};

TEST_F(MqttTest, TellsStatesEventsAndHomeAssistant) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  start_sink(broker.url());
  sink_->event_started(test_event());
  ASSERT_TRUE(wait_for([&] { return subscriber.last("pupil/test/yard/audio/dog_barking") == "ON"; }));
  ASSERT_TRUE(wait_for([&] { return subscriber.payloads("pupil/test/yard/event").size() == 1; }));
  EXPECT_EQ(
      subscriber.last("pupil/test/yard/event"),
      R"({"event_type":"dog barking","id":"20261129T130406.120Z-yard-dog_barking","source":"yard","score":0.91,"threshold":0.8,)"
      R"("onset":"2026-11-29T13:04:06.120Z"})");
  sink_->event_ended(test_event());
  EXPECT_TRUE(wait_for([&] { return subscriber.payloads("pupil/test/events").size() == 1; }));
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/yard/audio/dog_barking") == "OFF"; }));
  EXPECT_EQ(subscriber.last("pupil/test/available"), "online");
  EXPECT_EQ(subscriber.last("pupil/test/yard/available"), "online");
  EXPECT_EQ(subscriber.last("pupil/test/yard/audio/glass_breaking"), "OFF");
  EXPECT_NE(subscriber.last("homeassistant/device/pupil_test_yard/config"), "");
  sink_.reset();
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/available") == "offline"; }));

  // Whoever comes later finds the states, and no event.
  Subscriber later(broker.port());
  ASSERT_TRUE(wait_for([&] { return later.last("pupil/test/yard/audio/dog_barking") == "OFF"; }));
  EXPECT_TRUE(later.any_retained("homeassistant/device/pupil_test/config"));
  EXPECT_TRUE(later.payloads("pupil/test/yard/event").empty());
  EXPECT_TRUE(later.payloads("pupil/test/events").empty());
}

TEST_F(MqttTest, ComesBackToABrokerThatWasAwayAtFirstAndIsKilled) {
  Broker broker;
  start_sink(broker.url());
  send_events(0, 50);
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  // The events of before may have arrived before the subscriber did: from here on they count.
  ASSERT_TRUE(wait_for([this] { return connected(); }));
  broker.kill();
  ASSERT_TRUE(wait_for([this] { return !connected(); }));
  send_events(50, 100);
  broker.start();
  ASSERT_TRUE(wait_for([this] { return connected(); }));
  ASSERT_TRUE(wait_for([&] { return subscriber.last("pupil/test/available") == "online"; }));
  send_events(100, 150);
  EXPECT_TRUE(wait_for([&] {
    const auto found = subscriber.payloads("pupil/test/events");
    return !found.empty() && parse_json(found.back()).at("id").as_string() == "e149";
  }));
}

TEST_F(MqttTest, LosesNothingWhileTheBrokerStandsStill) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  start_sink(broker.url());
  ASSERT_TRUE(wait_for([this] { return connected(); }));
  send_events(0, 50);
  broker.signal(SIGSTOP);
  send_events(50, 250);
  ::usleep(300000);
  broker.signal(SIGCONT);
  send_events(250, 300);
  std::size_t repeats = 0;
  EXPECT_TRUE(wait_for([&] { return holds_all(subscriber.payloads("pupil/test/events"), 300, &repeats); }));
  EXPECT_EQ(repeats, 0u);
}

TEST_F(MqttTest, DropsTheOldestBeyondItsQueue) {
  Broker broker;
  sink_ = make_mqtt({.url = broker.url(), .queue = 10}, &verdicts_, &switches_, gauges_, "1.2");
  send_events(0, 50);
  EXPECT_NE(gauges_.text().find("pupil_mqtt_dropped_events_total 90\n"), std::string::npos);
  sink_.reset();
}

TEST_F(MqttTest, LeavesALastWillWhenItDies) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  const pid_t child = ::fork();
  if (child == 0) {
    Gauges gauges;
    const auto sink = make_mqtt({.url = broker.url()}, nullptr, nullptr, gauges, "1");
    sink->tick(test_time());
    ::pause();
    ::_exit(0);
  }
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/available") == "online"; }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/available") == "offline"; }));
}

TEST_F(MqttTest, AnnouncesAgainWhenHomeAssistantStarts) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  start_sink(broker.url());
  const std::string config = "homeassistant/device/pupil_test_yard/config";
  ASSERT_TRUE(wait_for([&] { return subscriber.payloads(config).size() == 1; }));
  subscriber.publish("homeassistant/status", "online");
  EXPECT_TRUE(wait_for([&] {
    sink_->tick(test_time());
    return subscriber.payloads(config).size() == 2;
  }));
  EXPECT_TRUE(wait_for([&] { return subscriber.payloads("pupil/test/yard/audio/dog_barking").size() == 2; }));
}

TEST_F(MqttTest, SwitchesSourcesOffAndOn) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  // A command that was kept by mistake is not carried out.
  subscriber.publish("pupil/test/yard/audio/set", "OFF", true);
  start_sink(broker.url());
  ASSERT_TRUE(wait_for([&] { return subscriber.last("pupil/test/yard/audio/state") == "ON"; }));
  EXPECT_TRUE(switches_.is_on("yard"));
  for (const char* nonsense : {"", "off", "0"}) subscriber.publish("pupil/test/yard/audio/set", nonsense);
  subscriber.publish("pupil/test/shed/audio/set", "OFF");
  subscriber.publish("pupil/test/yard/audio/set", "OFF");
  ASSERT_TRUE(wait_for([&] { return !switches_.is_on("yard"); }));
  EXPECT_TRUE(switches_.is_on("shed")) << "no source is called so";
  SourceStatus off{"yard", SourceState::listening, "", test_time(), 0, 0};
  off.detecting = false;
  sink_->source_changed(off);
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/yard/audio/state") == "OFF"; }));
  EXPECT_EQ(subscriber.last("pupil/test/yard/available"), "online") << "else nobody could switch it on";
  subscriber.publish("pupil/test/yard/audio/set", "ON");
  EXPECT_TRUE(wait_for([&] { return switches_.is_on("yard"); }));
  const std::string config = subscriber.last("homeassistant/device/pupil_test_yard/config");
  EXPECT_NE(config.find(R"("command_topic":"pupil/test/yard/audio/set")"), std::string::npos);
  EXPECT_NE(config.find(R"("state_topic":"pupil/test/yard/audio/state")"), std::string::npos);
}

TEST_F(MqttTest, TakesBackWhatAnotherModelNoLongerReports) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  start_sink(broker.url());
  const std::string config = "homeassistant/device/pupil_test_yard/config";
  ASSERT_TRUE(wait_for([&] { return subscriber.payloads(config).size() == 1; }));
  sink_->configured(std::vector<std::string>{"yard"},
                    std::vector<ListenedModel>{{"dogs", "cd34", {"dog barking"}, false}});
  // The kept configuration comes first; then the class is named by its platform alone, then left out.
  const auto is_removal = [](const std::string& payload) {
    return payload.find(R"("class_glass_breaking":{"p":"binary_sensor"})") != std::string::npos;
  };
  EXPECT_TRUE(wait_for([&] { return std::ranges::count_if(subscriber.payloads(config), is_removal) >= 1; }));
  EXPECT_TRUE(wait_for([&] {
    return subscriber.last(config).find("class_dog_barking") != std::string::npos &&
           subscriber.last(config).find("glass_breaking") == std::string::npos;
  }));
  EXPECT_TRUE(wait_for([&] { return subscriber.last("pupil/test/yard/audio/glass_breaking").empty(); }));
  sink_->configured({}, {});
  EXPECT_TRUE(wait_for([&] { return subscriber.last(config).empty(); }));
}

TEST_F(MqttTest, TakesBackWhatAnEarlierRunAnnounced) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  // Others' devices, and texts that are no configuration at all, stay as they are.
  subscriber.publish("homeassistant/device/lamp/config",
                     R"({"availability":[{"topic":"pupil/other/available"}],"cmps":{}})", true);
  subscriber.publish("homeassistant/device/pupil_test_x/config", "pupil {", true);
  sink_ = make_mqtt({.url = broker.url()}, &verdicts_, &switches_, gauges_, "1.2");
  sink_->configured(std::vector<std::string>{"yard", "attic"}, test_models());
  sink_->source_changed({"yard", SourceState::listening, "", test_time(), 0, 0});
  const std::string config = "homeassistant/device/pupil_test_yard/config";
  const std::string attic = "homeassistant/device/pupil_test_attic/config";
  ASSERT_TRUE(wait_for([&] { return subscriber.payloads(attic).size() == 1; }));
  ASSERT_TRUE(wait_for([&] { return subscriber.last("pupil/test/attic/audio/glass_breaking") == "OFF"; }));
  sink_.reset();

  sink_ = make_mqtt({.url = broker.url()}, &verdicts_, &switches_, gauges_, "1.2");
  sink_->configured(std::vector<std::string>{"yard"},
                    std::vector<ListenedModel>{{"dogs", "cd34", {"dog barking"}, false, {}}});
  const auto is_removal = [](const std::string& payload) {
    return payload.find(R"("class_glass_breaking":{"p":"binary_sensor"})") != std::string::npos;
  };
  EXPECT_TRUE(wait_for([&] {
    sink_->tick(test_time());
    return subscriber.last(attic).empty() && std::ranges::any_of(subscriber.payloads(config), is_removal) &&
           subscriber.last("pupil/test/attic/audio/glass_breaking").empty() &&
           subscriber.last("pupil/test/attic/audio/all").empty() &&
           subscriber.last("pupil/test/yard/audio/glass_breaking").empty();
  }));
  EXPECT_TRUE(
      wait_for([&] { return !is_removal(subscriber.last(config)) && !subscriber.last(config).empty(); }));
  EXPECT_EQ(subscriber.payloads("homeassistant/device/lamp/config").size(), 1u);
  EXPECT_EQ(subscriber.payloads("homeassistant/device/pupil_test_x/config").size(), 1u);
}

TEST_F(MqttTest, AsksNoBrokerBeforeItListens) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  sink_ = make_mqtt({.url = broker.url()}, &verdicts_, &switches_, gauges_, "1.2");
  sink_->configured(std::vector<std::string>{"yard"}, test_models());  // as --check does
  ::usleep(300000);
  EXPECT_FALSE(connected());
  sink_.reset();
  EXPECT_TRUE(subscriber.payloads("pupil/test/available").empty());
}

TEST_F(MqttTest, TakesVerdicts) {
  Broker broker;
  broker.start();
  Subscriber subscriber(broker.port());
  ASSERT_TRUE(subscriber.wait_subscribed());
  start_sink(broker.url());
  sink_->event_started(test_event("e1"));
  ASSERT_TRUE(wait_for([&] { return subscriber.payloads("pupil/test/yard/event").size() == 1; }));
  subscriber.publish("pupil/test/verdict", "not JSON");
  subscriber.publish("pupil/test/verdict", R"({"id":"gone","rejected":true})");
  subscriber.publish("pupil/test/verdict", R"({"id":"e0","class":"glass breaking","reviewer":"Ada"})");
  subscriber.publish("pupil/test/yard/not_this", "PRESS");
  ASSERT_TRUE(wait_for([&] { return verdicts_.taken().size() == 2; }));
  EXPECT_EQ(verdicts_.taken()[0].class_name, "glass breaking");
  EXPECT_EQ(verdicts_.taken()[0].reviewer, "Ada");
  EXPECT_EQ(verdicts_.taken()[1].id, "e1");
  EXPECT_TRUE(verdicts_.taken()[1].rejected);
}

TEST_F(MqttTest, SpeaksTlsAndNoOtherThanTheNamedAuthority) {
  const TestFolder folder;
  const std::string make = concat(
      "cd ", folder.path().string(),
      " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
      "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert 2>/dev/null && "
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=other -keyout k2 -out other 2>/dev/null");
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl is not installed";
  Broker broker(concat("allow_anonymous true\ncertfile ", (folder / "cert").string(), "\nkeyfile ",
                       (folder / "key").string(), "\n"));
  broker.start();
  const std::string url = concat("mqtts://127.0.0.1:", broker.port(), ",base=pupil/test,tls_ca_cert=");
  start_sink(url + (folder / "other").string());
  ::usleep(1500000);
  EXPECT_FALSE(connected());
  start_sink(url + (folder / "cert").string());
  EXPECT_TRUE(wait_for([this] { return connected(); }));
}

TEST_F(MqttTest, GoesOnWhenItIsRefused) {
  Broker broker("allow_anonymous false\n");
  broker.start();
  start_sink(broker.url() + ",user=ada,pass=wrong");
  ::usleep(500000);
  EXPECT_FALSE(connected());
  send_events(0, 1);
}

TEST(ReadVerdict, RefusesAllElse) {
  for (const char* payload : {"", "{}", "[]", "{\"id\":\"a\"}", "{\"id\":\"\",\"rejected\":true}",
                              "{\"id\":\"a\",\"class\":\"b\",\"rejected\":true}",
                              "{\"id\":1,\"rejected\":true}", "{\"id\":\"a\",\"rejected\":\"yes\"}"})
    EXPECT_THROW(read_verdict(payload), Error) << payload;
  EXPECT_THROW(read_verdict(std::string(5000, ' ')), Error);
}

}  // namespace
}  // namespace pupil::listen
