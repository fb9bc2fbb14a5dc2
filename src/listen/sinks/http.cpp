// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/http.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "listen/sinks/live_page.h"
#include "listen/sinks/metrics.h"

namespace pupil::listen {
namespace {

constexpr std::size_t kShortestToken = 16;

// It also goes into a cookie.
bool is_token(const std::string& text) {
  return text.size() >= kShortestToken && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                  c == '_';
         });
}

web::ServerOptions server_options(const HttpOptions& options) {
  if (!options.token.empty() && !is_token(options.token))
    throw Error("token: 16 or more letters, digits, - and _ are needed; openssl rand -hex 16 makes one");
  for (const std::string& proxy : options.proxies) {
    if (!web::is_numeric_address(proxy))
      throw Error(concat("proxies: \"", proxy, "\" is no numeric address"));
  }
  web::ServerOptions result;
  result.address = options.address;
  result.port = static_cast<std::uint16_t>(options.port);
  result.access = {options.token, options.hosts, options.proxies,
                   options.token.empty() && !options.proxies.empty() && !web::is_loopback(options.address)};
  return result;
}

class Http final : public HttpSink {
 public:
  Http(const HttpOptions& options, const std::filesystem::path& home, VerdictStore* verdicts,
       const Gauges& gauges, const std::string& version)
      : server_(server_options(options)), metrics_(gauges, version) {
    server_.get_open("/health", [this](const web::Request&) { return health(); });
    if (options.metrics) server_.get("/metrics", [this](const web::Request&) { return metrics_text(); });
    if (options.page) page_ = std::make_unique<LivePage>(server_, home, verdicts);
    server_.start();
    log_info(concat(options.page ? "live page" : "metrics", ": http://", options.address, ":", port(),
                    options.page ? "/" : "/metrics"));
  }
  ~Http() override { server_.stop(); }

  std::uint16_t port() const override { return server_.port(); }
  bool wants_frames() const override { return page_ != nullptr; }

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override {
    metrics_.configured(sources, models);
    if (page_) page_->configured(sources, models);
  }
  void source_changed(const SourceStatus& status) override {
    metrics_.source_changed(status);
    if (page_) page_->source_changed(status);
  }
  void window_scored(const ScoredWindow& window) override {
    metrics_.window_scored(window);
    if (page_) page_->window_scored(window);
  }
  void event_started(const Event& event) override {
    metrics_.event_started(event);
    if (page_) page_->event_started(event);
  }
  void event_ended(const Event& event) override {
    metrics_.event_ended(event);
    if (page_) page_->event_ended(event);
  }
  void near_miss(const NearMiss& miss) override {
    metrics_.near_miss(miss);
    if (page_) page_->near_miss(miss);
  }
  void shadow_event(std::string_view model, const Event& event) override {
    metrics_.shadow_event(model, event);
  }
  void tick(Time now) override { metrics_.tick(now); }

 private:
  web::Response health() const {
    bool alive = false;
    web::Response response = web::Response::json(metrics_.health_json(&alive).dump());
    response.status = alive ? 200 : 503;
    return response;
  }

  web::Response metrics_text() const {
    web::Response response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_.text();
    return response;
  }

  web::Server server_;
  Metrics metrics_;
  std::unique_ptr<LivePage> page_;
};

}  // namespace

std::unique_ptr<HttpSink> make_http(const HttpOptions& options, const std::filesystem::path& home,
                                    VerdictStore* verdicts, const Gauges& gauges,
                                    const std::string& version) {
  return std::make_unique<Http>(options, home, verdicts, gauges, version);
}

}  // namespace pupil::listen
