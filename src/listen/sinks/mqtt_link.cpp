// SPDX-License-Identifier: Apache-2.0
// One thread makes all calls of libmosquitto; others leave their wishes under a mutex and wake it.
//
// 1. Why not mosquitto_loop_start(): its thread ends for good on some errors (TLS among them), and its waiting cannot be
//    interrupted from outside without its own threads' locks.
// 2. Kept texts go out with QoS 0: after a broken connection all of them are told again. With QoS 1 libmosquitto would send
//    an old state once more behind the new one.
// 3. Events go out with QoS 1. libmosquitto keeps those that are not confirmed and sends them again after a reconnect; at
//    most kInFlight are handed to it, so that the bound of the queue is ours.

#include "listen/sinks/mqtt_link.h"

#include <mosquitto.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace pupil::listen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kInFlight = 20;
constexpr auto kConnectTime = std::chrono::seconds(15);
constexpr auto kLastMessages = std::chrono::seconds(2);
constexpr double kLongestDelayS = 60;

struct Message {
  std::string topic;
  std::string payload;
};

struct Kept {
  Message message;
  bool told = false;
  bool forgotten = false;
};

void start_library() {
  static const int code = mosquitto_lib_init();
  if (code != MOSQ_ERR_SUCCESS) throw Error(concat("libmosquitto: ", mosquitto_strerror(code)));
}

std::string words_for(int code) {
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
}

}  // namespace

class MqttLink::Loop {
 public:
  Loop(const MqttOptions& options, std::string will_topic, std::vector<std::string> subscriptions,
       Receive receive, Gauges& gauges)
      : options_(options),
        name_(concat(options.host, ":", options.port)),
        will_topic_(std::move(will_topic)),
        subscriptions_(std::move(subscriptions)),
        receive_(std::move(receive)),
        gauges_(gauges) {
    start_library();
    client_ = mosquitto_new(concat("pupil-", slug(options.base)).c_str(), true, this);
    if (client_ == nullptr) throw Error("libmosquitto: out of memory");
    try {
      set_up();
    } catch (const Error&) {
      mosquitto_destroy(client_);
      throw;
    }
    wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    note_connected(false);
  }

  ~Loop() {
    stopping_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    mosquitto_destroy(client_);
    ::close(wake_);
  }

  void start() {
    std::call_once(started_, [this] { thread_ = std::thread([this] { run(); }); });
  }

  void keep(const std::string& topic, const std::string& payload, bool forgotten) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(kept_, topic, [](const Kept& kept) { return kept.message.topic; });
    if (found == kept_.end())
      kept_.push_back({{topic, payload}, false, forgotten});
    else if (found->message.payload != payload || found->forgotten != forgotten)
      *found = {{topic, payload}, false, forgotten};
    wake();
  }

  void send(Message message) {
    const std::lock_guard lock(mutex_);
    if (static_cast<std::int64_t>(events_.size()) >= options_.queue) {
      events_.pop_front();
      gauges_.add("pupil_mqtt_dropped_events_total", "Events dropped while the broker was away.", 1);
      if (!overflowing_)
        log_info(
            concat("MQTT ", name_, ": ", options_.queue, " events wait already: the oldest are dropped"));
      overflowing_ = true;
    }
    events_.push_back(std::move(message));
    wake();
  }

  void send_now(Message message) {
    const std::lock_guard lock(mutex_);
    if (!connected_) return;
    passing_.push_back(std::move(message));
    wake();
  }

  void repeat_kept() {
    const std::lock_guard lock(mutex_);
    for (Kept& kept : kept_) kept.told = false;
    wake();
  }

 private:
  void set_up() {
    mosquitto_connect_callback_set(
        client_, [](mosquitto*, void* self, int code) { static_cast<Loop*>(self)->connected(code); });
    mosquitto_publish_callback_set(
        client_, [](mosquitto*, void* self, int id) { static_cast<Loop*>(self)->in_flight_.erase(id); });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
      static_cast<Loop*>(self)->received(*message);
    });
    if (!options_.user.empty())
      mosquitto_username_pw_set(client_, options_.user.c_str(),
                                options_.password.empty() ? nullptr : options_.password.c_str());
    mosquitto_will_set(client_, will_topic_.c_str(), 7, "offline", 1, true);
    if (options_.tls) set_up_tls();
  }

  void set_up_tls() {
    const auto or_null = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
    const char* authorities = options_.tls_ca_cert.empty() ? "/etc/ssl/certs" : nullptr;
    const int code = mosquitto_tls_set(client_, or_null(options_.tls_ca_cert), authorities,
                                       or_null(options_.tls_cert), or_null(options_.tls_key), nullptr);
    if (code != MOSQ_ERR_SUCCESS)
      throw Error(concat("TLS: ", words_for(code), "; check tls_ca_cert, tls_cert and tls_key"));
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }

  void run() {
    double delay_s = 1;
    while (!stopping_) {
      if (connect()) {
        delay_s = 1;
        serve();
        lost();
        if (stopping_) return;
      }
      wait_to_retry(delay_s);
      delay_s = std::min((delay_s + 1) * 1.5, kLongestDelayS);
    }
  }

  // True: the broker has let us in.
  bool connect() {
    answered_ = false;
    const int code = tried_ ? mosquitto_reconnect_async(client_)
                            : mosquitto_connect_async(client_, options_.host.c_str(), options_.port,
                                                      static_cast<int>(options_.keep_alive_s));
    tried_ = true;
    if (code != MOSQ_ERR_SUCCESS) return problem(words_for(code));
    const auto deadline = Clock::now() + kConnectTime;
    while (!answered_ && Clock::now() < deadline && !stopping_) {
      const int result = mosquitto_loop(client_, 100, 1);
      if (result != MOSQ_ERR_SUCCESS && !answered_) return problem(words_for(result));
    }
    if (!answered_) return stopping_ ? false : problem("no answer");
    if (answer_ != 0) return problem(refusal());
    note_connected(true);
    if (!last_problem_.empty()) log_info(concat("MQTT ", name_, ": connected"));
    last_problem_.clear();
    return true;
  }

  std::string refusal() const {
    const bool user = answer_ == 4 || answer_ == 5;
    return concat(
        "the broker refuses: ", mosquitto_connack_string(answer_),
        user ? concat(options_.user.empty() ? std::string("; it wants a user and a password")
                                            : concat("; check user \"", options_.user, "\" and its password"))
             : "");
  }

  // The same one is said once; always false.
  bool problem(const std::string& words) {
    if (words != last_problem_)
      log_info(concat("MQTT ", name_, ": ", words, "; tried again, events wait until then"));
    last_problem_ = words;
    return false;
  }

  void connected(int code) {
    answered_ = true;
    answer_ = code;
  }

  void received(const mosquitto_message& message) {
    const auto* bytes = static_cast<const char*>(message.payload);
    const auto size = static_cast<std::size_t>(std::max(message.payloadlen, 0));
    try {
      receive_(message.topic, std::string(bytes != nullptr ? bytes : "", bytes != nullptr ? size : 0),
               message.retain);
    } catch (const Error& error) {
      log_info(concat("MQTT ", message.topic, ": ", error.what()));
    }
  }

  // Until the connection ends, or what waits is delivered and the program is to stop.
  void serve() {
    publish(will_topic_, "online", 1, true);
    for (const std::string& topic : subscriptions_) mosquitto_subscribe(client_, nullptr, topic.c_str(), 1);
    repeat_kept();
    for (Clock::time_point deadline{}; step();) {
      if (!stopping_) continue;
      if (deadline == Clock::time_point{}) deadline = Clock::now() + kLastMessages;
      if (Clock::now() < deadline && has_work()) continue;
      return say_goodbye();
    }
  }

  bool has_work() {
    const std::lock_guard lock(mutex_);
    return !events_.empty() || !in_flight_.empty();
  }

  void say_goodbye() {
    publish(will_topic_, "offline", 1, true);
    const auto deadline = Clock::now() + kLastMessages;
    while (mosquitto_want_write(client_) && Clock::now() < deadline && wait_and_read()) {
    }
    mosquitto_disconnect(client_);
    wait_and_read();
  }

  // False: the connection is broken.
  bool step() {
    publish_kept();
    publish_events();
    return wait_and_read();
  }

  bool wait_and_read() {
    pollfd polled[] = {{wake_, POLLIN, 0},
                       {mosquitto_socket(client_),
                        static_cast<short>(POLLIN | (mosquitto_want_write(client_) ? POLLOUT : 0)), 0}};
    ::poll(polled, 2, stopping_ ? 50 : 1000);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = ::read(wake_, &count, sizeof count);
    int code = mosquitto_loop_read(client_, 10);
    if (code == MOSQ_ERR_SUCCESS && mosquitto_want_write(client_)) code = mosquitto_loop_write(client_, 10);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_loop_misc(client_);
    if (code != MOSQ_ERR_SUCCESS && !stopping_) problem(words_for(code));
    return code == MOSQ_ERR_SUCCESS;
  }

  int publish(const std::string& topic, const std::string& payload, int quality, bool retained) {
    int id = 0;
    const int code = mosquitto_publish(client_, &id, topic.c_str(), static_cast<int>(payload.size()),
                                       payload.data(), quality, retained);
    if (code == MOSQ_ERR_PAYLOAD_SIZE || code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8)
      log_warning(concat("MQTT ", topic, ": ", mosquitto_strerror(code)));
    return id;
  }

  void publish_kept() {
    std::vector<Kept> untold;
    std::deque<Message> passing;
    {
      const std::lock_guard lock(mutex_);
      for (Kept& kept : kept_) {
        if (!kept.told) untold.push_back(kept);
        kept.told = true;
      }
      std::erase_if(kept_, [](const Kept& kept) { return kept.forgotten; });
      passing.swap(passing_);
    }
    for (const Kept& kept : untold) publish(kept.message.topic, kept.message.payload, 0, true);
    for (const Message& message : passing) publish(message.topic, message.payload, 0, false);
  }

  void publish_events() {
    while (in_flight_.size() < kInFlight) {
      Message next;
      {
        const std::lock_guard lock(mutex_);
        if (events_.empty()) {
          overflowing_ = false;
          return;
        }
        next = std::move(events_.front());
        events_.pop_front();
      }
      in_flight_.insert(publish(next.topic, next.payload, 1, false));
    }
  }

  void lost() {
    note_connected(false);
    if (!stopping_)
      gauges_.add("pupil_mqtt_reconnects_total", "Connections to the broker that were lost.", 1);
  }

  void note_connected(bool value) {
    {
      const std::lock_guard lock(mutex_);
      connected_ = value;
    }
    gauges_.set("pupil_mqtt_connected", "Whether the broker is connected.", value ? 1 : 0);
  }

  // Up to a fifth more, so that all of a house do not come back to a restarted broker at once.
  void wait_to_retry(double delay_s) {
    std::uniform_real_distribution<double> jitter(1.0, 1.2);
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(delay_s * jitter(random_)));
    while (!stopping_ && Clock::now() < deadline) {
      pollfd polled{wake_, POLLIN, 0};
      ::poll(&polled, 1, 100);
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t bytes = ::read(wake_, &count, sizeof count);
    }
  }

  const MqttOptions options_;
  const std::string name_;
  const std::string will_topic_;
  const std::vector<std::string> subscriptions_;
  const Receive receive_;
  Gauges& gauges_;
  mosquitto* client_ = nullptr;
  int wake_ = -1;
  std::once_flag started_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;

  // The thread's own.
  bool tried_ = false;
  bool answered_ = false;
  int answer_ = 0;
  std::set<int> in_flight_;  // libmosquitto's numbers of events that the broker has not confirmed
  std::string last_problem_;
  std::mt19937 random_{std::random_device{}()};

  std::mutex mutex_;  // of what follows
  std::vector<Kept> kept_;
  std::deque<Message> events_;
  std::deque<Message> passing_;
  bool overflowing_ = false;
  bool connected_ = false;
};

MqttLink::MqttLink(const MqttOptions& options, std::string will_topic, std::vector<std::string> subscriptions,
                   Receive receive, Gauges& gauges)
    : loop_(std::make_unique<Loop>(options, std::move(will_topic), std::move(subscriptions),
                                   std::move(receive), gauges)) {}
MqttLink::~MqttLink() = default;

void MqttLink::start() {
  loop_->start();
}
void MqttLink::keep(const std::string& topic, const std::string& payload) {
  loop_->keep(topic, payload, false);
}
void MqttLink::forget(const std::string& topic) {
  loop_->keep(topic, "", true);
}
void MqttLink::send(const std::string& topic, const std::string& payload) {
  loop_->send({topic, payload});
}
void MqttLink::send_now(const std::string& topic, const std::string& payload) {
  loop_->send_now({topic, payload});
}
void MqttLink::repeat_kept() {
  loop_->repeat_kept();
}

}  // namespace pupil::listen
