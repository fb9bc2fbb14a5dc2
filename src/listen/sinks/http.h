// SPDX-License-Identifier: Apache-2.0
// Sink: one port with the live page (live_page.h), /metrics and /health (metrics.h).

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/range.h"
#include "listen/sink.h"
#include "listen/sinks/gauges.h"
#include "listen/verdict.h"
#include "web/server.h"

namespace pupil::listen {

/// [[sink]] kind = "http".
struct HttpOptions {
  std::string address = "127.0.0.1";
  std::int64_t port = 8098;
  std::string token;
  std::vector<std::string> hosts;
  std::vector<std::string> proxies;
  bool page = true;
  bool metrics = true;

  template <typename Visitor>
  void visit(Visitor& v) {
    v("address", address,
      "127.0.0.1: this machine alone; 0.0.0.0: all networks, which needs a token or proxies.");
    v("port", port, Range{0, 65535}, "0: any that is free, which the log tells.");
    v("token", token,
      "What others must know: 16 or more letters, digits, - and _. Open the page once with ?token=TOKEN.");
    v("hosts", hosts,
      "Names by which the page is reached, besides addresses, localhost and this machine's own.");
    v("proxies", proxies,
      "Addresses of reverse proxies that have checked the user (Home Assistant's: 172.30.32.2).");
    v("page", page, "The live page.");
    v("metrics", metrics, "/metrics for Prometheus.");
  }
};

class HttpSink : public Sink {
 public:
  virtual std::uint16_t port() const = 0;
};

/// `home`: where the paths of clips begin. `verdicts` may be null; it and `gauges` outlive the sink. `version`: this program's.
/// Error: the port is in use, the token is weak, others could reach the page without one.
std::unique_ptr<HttpSink> make_http(const HttpOptions& options, const std::filesystem::path& home,
                                    VerdictStore* verdicts, const Gauges& gauges, const std::string& version);

}  // namespace pupil::listen
