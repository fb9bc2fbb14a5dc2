// SPDX-License-Identifier: Apache-2.0
// Requests to a real server on this machine that breaks in the ways servers break (flaky_server.py).

#include "fetch/client.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/test_folder.h"
#include "fetch/download.h"
#include "fetch/test_server.h"
#include "fetch/url.h"

namespace pupil::fetch {
namespace {

class Requests : public testing::Test {
 protected:
  Requests()
      : server_(PUPIL_SOURCE_DIR "/src/fetch/flaky_server.py", {served_.path().string()}),
        other_(PUPIL_SOURCE_DIR "/src/fetch/flaky_server.py", {served_.path().string()}) {
    std::ofstream(served_ / "a.json") << content_;
    options_.private_authorities = {server_.authority(), other_.authority()};
    options_.limit_folder = limits_ / "limits";
    options_.retry_wait_s = 0.01;
    options_.stall_s = 1;
  }
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "python3 is not installed: no server to ask";
  }

  std::string get(const std::string& path, Request request = {}) {
    request.url = server_.url(path);
    Client client(options_);
    return client.get(request).text;
  }

  // "gone: http://...": the kind and the message.
  std::string failure_of(const std::string& path, Request request = {}) {
    try {
      get(path, request);
    } catch (const FetchError& error) {
      return std::string(failure_name(error.failure())) + ": " + error.what();
    }
    return "no failure";
  }

  int request_count() const {
    std::ifstream log(served_ / "requests.log");
    int count = 0;
    for (std::string line; std::getline(log, line);) ++count;
    return count;
  }

  const std::string content_ = "{\"results\": []}";
  TestFolder served_, limits_;
  TestServer server_, other_;
  ClientOptions options_;
};

TEST_F(Requests, BringTheBody) {
  EXPECT_EQ(get("/good/a.json"), content_);
  EXPECT_EQ(get("/moved/a.json"), content_);
  EXPECT_EQ(get("/busy/a.json"), content_);
}

TEST_F(Requests, SayWhatKindOfFailureItWas) {
  EXPECT_TRUE(failure_of("/nowhere/a.json").starts_with("gone: ")) << failure_of("/nowhere/a.json");
  EXPECT_TRUE(failure_of("/circle/a.json").starts_with("unusable: ")) << failure_of("/circle/a.json");
  EXPECT_TRUE(failure_of("/good/a.json", {.max_bytes = 3}).starts_with("too large: "));
  options_.attempt_count = 1;
  EXPECT_TRUE(failure_of("/stuck/a.json").starts_with("truncated: ")) << failure_of("/stuck/a.json");
}

TEST_F(Requests, WaitAsLongAsTheServerAsks) {
  EXPECT_EQ(get("/limited/a.json"), content_);
  EXPECT_EQ(request_count(), 2);
}

TEST_F(Requests, DoNotWaitForAnHourNorAskBeforeIt) {
  const std::string failure = failure_of("/later/a.json");
  EXPECT_TRUE(failure.starts_with("limited: ")) << failure;
  EXPECT_NE(failure.find("1 h 00 min"), std::string::npos) << failure;
  // Another process, or the same one started again, knows it too.
  EXPECT_TRUE(failure_of("/good/a.json").starts_with("limited: "));
  EXPECT_EQ(request_count(), 1);
}

TEST_F(Requests, KeepTheLimitOfTheHost) {
  options_.limits[server_.authority()] = {{3, 3600}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/good/a.json"), content_);
  EXPECT_TRUE(failure_of("/good/a.json").starts_with("limited: "));
  EXPECT_EQ(request_count(), 3);
}

TEST_F(Requests, RedirectsCountToo) {
  options_.limits[server_.authority()] = {{1, 3600}};
  EXPECT_TRUE(failure_of("/moved/a.json").starts_with("limited: "));
  EXPECT_EQ(request_count(), 1);
}

TEST_F(Requests, AreNotLedIntoAPrivateNetwork) {
  options_.private_authorities = {server_.authority()};
  for (const std::string& to :
       {other_.url("/good/a.json"), std::string("http://10.0.0.1/x"),
        std::string("http://169.254.169.254/latest/meta-data"), std::string("http://[::1]/x"),
        std::string("http://0x7f.1:1/x"), std::string("http://localhost:1/x")}) {
    const std::string failure = failure_of("/away/a.json?to=" + url_encoded(to));
    EXPECT_TRUE(failure.starts_with("private address: ")) << to << ": " << failure;
  }
  EXPECT_TRUE(failure_of("/away/a.json?to=file:///etc/passwd").starts_with("unusable: "));
  options_.private_authorities.clear();
  EXPECT_TRUE(failure_of("/good/a.json").starts_with("private address: "));
}

TEST_F(Requests, SendKeysToTheirHostAloneAndNameThemNowhere) {
  const Request keyed{.secret_query = "key=SECRET", .secret_header = "Authorization: Token SECRET"};
  EXPECT_EQ(get("/keyed/a.json?n=1", keyed), "n=1&key=SECRET Token SECRET");
  EXPECT_EQ(get("/away/a.json?to=" + url_encoded(other_.url("/keyed/a.json")), keyed).find("SECRET"),
            std::string::npos);
  for (const char* path : {"/nowhere/a.json", "/circle/a.json", "/later/a.json"})
    EXPECT_EQ(failure_of(path, keyed).find("SECRET"), std::string::npos) << failure_of(path, keyed);
}

TEST_F(Requests, DownloadsStopAtTheirSize) {
  std::ofstream(served_ / "long.wav") << std::string(100000, 'x');
  Client client(options_);
  const auto goal = limits_ / "long.wav";
  EXPECT_THROW(download(client, {.url = server_.url("/good/long.wav"), .max_bytes = 50000}, goal),
               FetchError);
  EXPECT_FALSE(std::filesystem::exists(goal.string() + ".part"));
  EXPECT_FALSE(std::filesystem::exists(goal));
}

TEST(RetryAfter, IsANumberOrADate) {
  EXPECT_EQ(retry_after_s("120"), 120);
  EXPECT_EQ(retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
  EXPECT_GT(retry_after_s("Wed, 21 Oct 2099 07:28:00 GMT"), 1e9);
  for (const char* text : {"", "soon", "-5", "nan"}) EXPECT_EQ(retry_after_s(text), -1) << text;
}

}  // namespace
}  // namespace pupil::fetch
