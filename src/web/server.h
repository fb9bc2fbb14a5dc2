// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server for our own local pages and metrics: one thread, one poll loop, no TLS (a reverse proxy does
// that). Why not a library: docs/decisions/012-http-server.md.
//
//   Server server({.port = 8080});
//   server.get("/", [](const Request&) { ... });
//   EventStream& events = server.event_stream("/events", greeting);
//   server.start();
//   events.send("level", "{...}");

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "web/access.h"
#include "web/message.h"
#include "web/request_parser.h"

namespace pupil::web {

struct ServerOptions {
  /// Numeric. Any but this machine's own needs access.token or access.proxies.
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free (port())
  AccessOptions access;
  RequestLimits limits;
  /// One more takes the place of one that does not use its own: that waits between two requests, or whose request or answer
  /// has been dripping for some seconds. Where there is none it is answered 503.
  std::int64_t max_connections = 64;
  std::int64_t max_event_streams = 32;  ///< of them
  double head_s = 10;                   ///< from a request's first byte to the end of its headers
  double request_s = 10;                ///< from a request's first byte to its last
  double idle_s = 60;                   ///< without a request, or without taking a byte of the answer
  double heartbeat_s =
      15;  ///< a comment to every event stream, so that proxies and browsers see that it lives
  /// Of an event stream that does not keep up: from the first on, events that may be left out are; at the second the
  /// connection is closed, and the browser comes again.
  std::int64_t slow_bytes = 65536;
  std::int64_t lost_bytes = 1048576;
};

/// Server-sent events to everyone who has opened a path. Threads: any.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// Nobody listens: making the text can be saved.
  virtual bool has_clients() const = 0;
  /// `data` is one line. Returns at once. `may_skip`: a client that does not keep up goes without it.
  virtual void send(std::string_view event, std::string_view data, bool may_skip = false) = 0;
};

/// Called on the server's thread, one request at a time; must not block for long. An exception becomes 500 and a
/// warning in the log.
using Handler = std::function<Response(const Request&)>;

/// The first event ("hello") of everyone who opens a stream: what has to be known before further events make sense.
using Greeting = std::function<std::string()>;

class Server {
 public:
  /// Binds the port. Error: the address is none of this machine, the port is in use or not permitted, or an address
  /// that others can reach without a token.
  explicit Server(const ServerOptions& options);
  /// Stops; open connections are closed.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

  /// Before start(). `path` is compared whole; one that ends with "/*" matches everything below, "/" aside. GET answers HEAD
  /// as well.
  void get(const std::string& path, Handler handler);
  void post(const std::string& path, Handler handler);
  /// A GET for which no token is asked for.
  void get_open(const std::string& path, Handler handler);
  /// The stream lives as long as the server.
  EventStream& event_stream(const std::string& path, Greeting greeting);

  void start();
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pupil::web
