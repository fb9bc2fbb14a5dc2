// SPDX-License-Identifier: Apache-2.0
// One worker, one event at a time: the order is kept, and a receiver that is away holds up later events, not the listening.
// The transfer is asked through its progress callback whether to stop, so that ending does not wait for a timeout.

#include "listen/sinks/webhook.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/sinks/delivery_queue.h"
#include "listen/sinks/payload.h"

namespace pupil::listen {
namespace {

constexpr double kFirstPauseS = 1;

// "https://user:word@host/path?key=x" -> "host": what may be in a log.
std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  return authority.substr(authority.find('@') + 1);
}

const WebhookOptions& checked(const WebhookOptions& options) {
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    throw Error(concat("url: \"", options.url, "\" does not begin with http:// or https://"));
  for (const std::string& header : options.headers) {
    if (header.find(':') == std::string::npos || header.find_first_of("\r\n") != std::string::npos)
      throw Error("headers: each is \"NAME: VALUE\"");
  }
  return options;
}

struct Outcome {
  bool delivered = false;
  bool again = false;
  std::string problem;
};

/// One handle, used by the queue's one worker.
class Poster {
 public:
  explicit Poster(const WebhookOptions& options) : options_(options) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    curl_ = curl_easy_init();
    if (started != CURLE_OK || curl_ == nullptr) throw Error("libcurl does not start");
  }
  ~Poster() { curl_easy_cleanup(curl_); }
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  Outcome post(const Delivery& delivery, std::stop_token& stop) {
    curl_easy_reset(curl_);
    curl_slist* headers = make_headers(delivery.id);
    curl_easy_setopt(curl_, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, delivery.body.c_str());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(delivery.body.size()));
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout_s * 1000));
    curl_easy_setopt(
        curl_, CURLOPT_WRITEFUNCTION,
        +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, &stop);
    curl_easy_setopt(
        curl_, CURLOPT_XFERINFOFUNCTION, +[](void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
          return static_cast<std::stop_token*>(token)->stop_requested() ? 1 : 0;
        });
    const CURLcode code = curl_easy_perform(curl_);
    curl_slist_free_all(headers);
    return outcome_of(code);
  }

 private:
  curl_slist* make_headers(const std::string& id) const {
    curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
    list = curl_slist_append(list, concat("Idempotency-Key: ", id).c_str());
    list = curl_slist_append(list, "User-Agent: pupil");
    for (const std::string& header : options_.headers) list = curl_slist_append(list, header.c_str());
    return list;
  }

  Outcome outcome_of(CURLcode code) const {
    if (code != CURLE_OK) return {false, true, curl_easy_strerror(code)};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {true, false, ""};
    return {false, status == 408 || status == 429 || status >= 500, concat("answers ", status)};
  }

  const WebhookOptions options_;
  CURL* curl_ = nullptr;
};

class Webhook final : public Sink {
 public:
  explicit Webhook(const WebhookOptions& options)
      : options_(checked(options)),
        name_(concat("webhook ", host_of(options.url))),
        poster_(options),
        queue_(name_, static_cast<std::size_t>(options.queue), 1,
               [this](const Delivery& delivery, std::stop_token stop) { deliver(delivery, stop); }) {}

  void event_ended(const Event& event) override { queue_.push({event.id, event_json(event).dump()}); }

 private:
  void deliver(const Delivery& delivery, std::stop_token& stop) {
    for (double pause_s = kFirstPauseS; !stop.stop_requested();
         pause_s = std::min(pause_s * 2, options_.longest_pause_s)) {
      const Outcome outcome = poster_.post(delivery, stop);
      if (stop.stop_requested() && !outcome.delivered) break;
      report(outcome, delivery.id);
      if (!outcome.again) return;
      wait(std::min(pause_s, options_.longest_pause_s), stop);
    }
    log_info(concat(name_, ": stopped before ", delivery.id, " was delivered"));
  }

  // Once per outage.
  void report(const Outcome& outcome, const std::string& id) {
    if (outcome.problem == last_problem_ && outcome.again) return;
    if (outcome.again)
      log_info(concat(name_, ": ", outcome.problem, "; tried again, events wait until then"));
    if (!outcome.again && !outcome.delivered)
      log_info(concat(name_, ": ", outcome.problem, "; ", id, " is not sent again"));
    if (outcome.delivered && !last_problem_.empty()) log_info(concat(name_, ": takes events again"));
    last_problem_ = outcome.again ? outcome.problem : "";
  }

  void wait(double pause_s, std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::chrono::duration<double>(pause_s), [] { return false; });
  }

  const WebhookOptions options_;
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string last_problem_;  // the worker's own
  Poster poster_;
  DeliveryQueue queue_;  // last: its worker uses all of the above
};

}  // namespace

std::unique_ptr<Sink> make_webhook(const WebhookOptions& options) {
  return std::make_unique<Webhook>(options);
}

}  // namespace pupil::listen
