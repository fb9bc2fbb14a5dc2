// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/webhook.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/text.h"
#include "listen/sinks/payload.h"
#include "listen/sinks/test_findings.h"
#include "web/server.h"

namespace pupil::listen {
namespace {

/// Refuses `refusals` requests with `status`, then takes the others.
struct Receiver {
  explicit Receiver(int refusals = 0, int status = 503) : left(refusals) {
    server.post("/hook", [this, status](const web::Request& request) {
      const std::lock_guard lock(mutex);
      if (left-- > 0) return web::Response::text(status, "no");
      requests.push_back(request);
      return web::Response::text(200, "");
    });
    server.start();
  }
  ~Receiver() { server.stop(); }
  std::string url() const { return concat("http://127.0.0.1:", server.port(), "/hook"); }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return requests.size();
  }

  web::Server server{web::ServerOptions{}};
  std::mutex mutex;
  std::atomic<int> left;
  std::vector<web::Request> requests;
};

TEST(Webhook, PostsTheEvent) {
  Receiver receiver;
  const auto sink = make_webhook({.url = receiver.url(), .headers = {"X-Place: yard"}});
  sink->event_ended(test_event());
  ASSERT_TRUE(wait_for([&] { return receiver.count() == 1; }));
  const web::Request& request = receiver.requests[0];
  EXPECT_EQ(request.body, event_json(test_event()).dump());
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("idempotency-key"), test_event().id);
  EXPECT_EQ(request.header("x-place"), "yard");
}

TEST(Webhook, TriesAgainInOrderAndLosesNothing) {
  Receiver receiver(3);
  const auto sink = make_webhook({.url = receiver.url(), .longest_pause_s = 0.1});
  for (int i = 0; i < 20; ++i) sink->event_ended(test_event(concat("e", i)));
  ASSERT_TRUE(wait_for([&] { return receiver.count() == 20; }));
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(receiver.requests[i].header("idempotency-key"), concat("e", i));
}

TEST(Webhook, LetsGoWhatIsRefusedForGood) {
  Receiver receiver(1, 400);
  const auto sink = make_webhook({.url = receiver.url()});
  sink->event_ended(test_event("refused"));
  sink->event_ended(test_event("taken"));
  ASSERT_TRUE(wait_for([&] { return receiver.count() == 1; }));
  EXPECT_EQ(receiver.requests[0].header("idempotency-key"), "taken");
}

TEST(Webhook, SaysWhatIsNoUrl) {
  EXPECT_THROW(make_webhook({.url = "file:///etc/passwd"}), Error);
  EXPECT_THROW(make_webhook({.url = "http://a/", .headers = {"no colon"}}), Error);
  EXPECT_THROW(make_webhook({.url = "http://a/", .headers = {"X: a\r\nY: b"}}), Error);
}

}  // namespace
}  // namespace pupil::listen
