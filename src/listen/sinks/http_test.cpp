// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/http.h"

#include <gtest/gtest.h>

#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "listen/sinks/live_page.h"
#include "listen/sinks/test_findings.h"
#include "web/test_client.h"

namespace pupil::listen {
namespace {

class HttpTest : public ::testing::Test {
 protected:
  HttpTest() {
    std::filesystem::create_directory(folder_ / "clips");
    write_whole(folder_ / "clips/a.wav", std::string_view("0123456789"));
    HttpOptions options;
    options.port = 0;
    sink_ = make_http(options, folder_.path(), &verdicts_, gauges_, "1.2");
    sink_->configured(std::vector<std::string>{"yard"}, test_models());
  }
  std::string get(std::string_view path, std::string_view headers = "") const {
    return web::get(sink_->port(), path, headers);
  }
  std::string judge(std::string_view form, std::string_view headers = "") const {
    return web::post_form(sink_->port(), "/verdict", form, headers);
  }
  void score() const {
    const float scores[] = {0.9F, 0.1F, 0.5F}, thresholds[] = {0.8F, 0.7F, 0.5F}, frames[] = {-12.0F, 6.0F};
    sink_->window_scored({.source = "yard",
                          .model = "dogs",
                          .end = test_time(),
                          .scores = scores,
                          .thresholds = thresholds,
                          .level_dbfs = -31.5F,
                          .frames = frames,
                          .frame_bins = 2,
                          .inference_s = 0.0015});
  }

  TestFolder folder_;
  TestVerdicts verdicts_;
  Gauges gauges_;
  std::unique_ptr<HttpSink> sink_;
};

TEST_F(HttpTest, ServesThePageWithRelativeLinks) {
  const std::string page = get("/");
  EXPECT_NE(page.find("<script src=\"live.js\" defer>"), std::string::npos);
  EXPECT_EQ(page.find("=\"/"), std::string::npos);
  EXPECT_NE(get("/live.js").find("text/javascript"), std::string::npos);
  EXPECT_NE(get("/live.css").find("text/css"), std::string::npos);
}

TEST_F(HttpTest, ServesClipsOfFindingsAlone) {
  EXPECT_TRUE(get("/clips/e1").starts_with("HTTP/1.1 404 "));
  sink_->event_ended(test_event("e1"));
  EXPECT_TRUE(get("/clips/e1", "Range: bytes=2-3\r\n").ends_with("\r\n\r\n23"));
  for (const char* path : {"/clips/a.wav", "/clips/clips/a.wav", "/clips/..%2fclips%2fa.wav"})
    EXPECT_TRUE(get(path).starts_with("HTTP/1.1 40")) << path;
}

TEST_F(HttpTest, KeepsVerdicts) {
  sink_->event_ended(test_event("e1"));
  EXPECT_TRUE(judge("id=e1&rejected=1").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(judge("id=e1&class=glass%20breaking").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(judge("id=e1").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(judge("id=e1&class=a&rejected=1").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(judge("rejected=1").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(judge("id=gone&rejected=1").starts_with("HTTP/1.1 409 "));
  EXPECT_TRUE(judge("id=e1&rejected=1", "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403 "));
  const auto taken = verdicts_.taken();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_TRUE(taken[0].rejected);
  EXPECT_EQ(taken[1].class_name, "glass breaking");
}

TEST_F(HttpTest, TellsAPageWhatComes) {
  sink_->source_changed({"yard", SourceState::listening, "", test_time(), 0, 0});
  sink_->event_ended(test_event("before"));
  web::TestClient client(sink_->port());
  client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_until("event: hello\n");
  const std::string hello = client.read_until("\n\n");
  EXPECT_NE(hello.find("\"id\":\"before\""), std::string::npos);
  EXPECT_NE(hello.find("\"state\":\"listening\""), std::string::npos);
  score();
  sink_->event_started(test_event("e2"));
  sink_->event_ended(test_event("e2"));
  EXPECT_NE(
      client.read_until(
          "event: window\ndata: {\"source\":\"yard\",\"model\":\"dogs\",\"end\":\"2026-11-29T13:04:06.120Z\",\"level\":-31.5,"
          "\"scores\":[0.9,0.1],\"thresholds\":[0.8,0.7],\"bins\":2,\"frames\":\"AP8=\"}\n\n"),
      "");
  EXPECT_NE(client.read_until("event: started\n").find("event: started"), std::string::npos);
  EXPECT_NE(client.read_until("event: ended\n").find("event: ended"), std::string::npos);
  judge("id=e2&rejected=1");
  EXPECT_NE(client.read_until("data: {\"id\":\"e2\",\"verdict\":\"not this\"}\n\n").find("event: verdict"),
            std::string::npos);
}

TEST_F(HttpTest, PublishesMetricsAndHealth) {
  sink_->source_changed({"yard", SourceState::waiting, "no such \"device\"", test_time(), 2, 10});
  score();
  sink_->event_started(test_event());
  sink_->event_ended(test_event());
  gauges_.set("pupil_clips_bytes", "Bytes of all clips.", 123);
  const std::string text = get("/metrics");
  EXPECT_NE(text.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  for (const char* line :
       {"pupil_build_info{version=\"1.2\",model=\"dogs\",model_sha256=\"ab12\"} 1\n",
        "pupil_events_total{source=\"yard\",class=\"dog barking\"} 1\n",
        "pupil_event_active{source=\"yard\",class=\"dog barking\"} 0\n",
        "pupil_score_ratio{model=\"dogs\",source=\"yard\",class=\"dog barking\"} 0.9\n",
        "pupil_source_up{source=\"yard\"} 0\n", "pupil_source_restarts_total{source=\"yard\"} 2\n",
        "pupil_source_last_audio_timestamp_seconds{source=\"yard\"} 1795957446.12\n",
        "pupil_inference_seconds_bucket{le=\"0.001\"} 0\n",
        "pupil_inference_seconds_bucket{le=\"0.002\"} 1\n", "pupil_inference_seconds_count 1\n",
        "# TYPE pupil_windows_total counter\n", "pupil_clips_bytes 123\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  const std::string health = get("/health");
  EXPECT_TRUE(health.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(health.find("\"status\":\"degraded\""), std::string::npos);
}

TEST(Http, GivesIngressItsBase) {
  HttpOptions options;
  options.port = 0;
  options.proxies = {"127.0.0.1"};
  TestVerdicts verdicts;
  Gauges gauges;
  const auto sink = make_http(options, "/nowhere", &verdicts, gauges, "1");
  sink->event_ended(test_event("e1"));
  EXPECT_NE(web::get(sink->port(), "/", "X-Ingress-Path: /api/hassio_ingress/abc\r\n")
                .find("<head><base href=\"/api/hassio_ingress/abc/\">"),
            std::string::npos);
  web::post_form(sink->port(), "/verdict", "id=e1&rejected=1", "X-Remote-User-Display-Name: Ada\r\n");
  ASSERT_EQ(verdicts.taken().size(), 1u);
  EXPECT_EQ(verdicts.taken()[0].reviewer, "Ada");
}

TEST(Http, RefusesAWeakTokenAndAnOpenPort) {
  const Gauges gauges;
  HttpOptions options;
  options.port = 0;
  options.token = "short";
  EXPECT_THROW(make_http(options, "", nullptr, gauges, ""), Error);
  options.token = "";
  options.address = "0.0.0.0";
  EXPECT_THROW(make_http(options, "", nullptr, gauges, ""), Error);
}

TEST(Gauges, EscapesLabels) {
  EXPECT_EQ(label("source", "a\\b\"c\nd"), "source=\"a\\\\b\\\"c\\nd\"");
}

}  // namespace
}  // namespace pupil::listen
