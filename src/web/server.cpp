// SPDX-License-Identifier: Apache-2.0
// One thread waits for all sockets and a wake-up descriptor. Rules that keep it healthy:
//
// 1. No call blocks: sockets are non-blocking, files are read in pieces of 64 kB as the client takes them.
// 2. A connection has one request in work: while an answer is pending, nothing more is read from it. What a client
//    sends ahead waits in the system's buffers, not in ours.
// 3. Every state has a deadline (expire()): a request that comes in drop by drop, a client that takes no byte, a
//    connection that is idle. Those who hold their places without using them lose them to new ones before that (make_room()).
// 4. Events cross threads through one mailbox; buffers belong to the loop's thread alone.
// 5. Whether it is allowed is asked before any handler runs, for paths that do not exist as well, and before a body is
//    received: who may not send one cannot make us keep it.

#include "web/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/system_error.h"
#include "base/text.h"
#include "web/connection.h"
#include "web/listener.h"

namespace pupil::web {
namespace {

// How long what a client still sends is thrown away after it has been refused.
constexpr double kLingerS = 2;
// How long a request or an answer may take before its connection can lose its place to another one.
constexpr double kGraceS = 2;
// Connections that are taken in between two looks at those that are there.
constexpr int kAcceptedAtOnce = 64;
// Of use_of(): a request that comes in at this many bytes a second keeps its place.
constexpr double kInUse = 2000;
constexpr double kYearS = 366.0 * 86400;

struct Route {
  std::string method;
  std::string path;
  Handler handler;
  bool open_to_all = false;
};

bool matches(const std::string& pattern, const std::string& path) {
  if (!pattern.ends_with("/*")) return pattern == path;
  const std::string_view folder = std::string_view(pattern).substr(0, pattern.size() - 1);
  return path.starts_with(folder) && path.size() > folder.size();
}

// Of every answer. Scripts, styles and requests come from us alone; framing is for ingress, which is the same site.
constexpr std::string_view kSafety =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'\r\n"
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\nReferrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string response_head(const Response& response, int status, std::int64_t length, bool keep_alive) {
  std::string head =
      concat("HTTP/1.1 ", status, " ", reason_of(status), "\r\nContent-Type: ", response.type,
             "\r\nContent-Length: ", length,
             "\r\nCache-Control: ", response.immutable ? "private, max-age=31536000, immutable" : "no-store",
             "\r\n", kSafety);
  for (const auto& [name, value] : response.headers) head += concat(name, ": ", value, "\r\n");
  head += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string stream_head() {
  return concat("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n",
                "X-Accel-Buffering: no\r\nConnection: close\r\n", kSafety, "\r\n");
}

std::string content_range(const ByteRange& range, std::int64_t size) {
  if (range.unsatisfiable) return concat("bytes */", size);
  return concat("bytes ", range.begin, "-", range.end - 1, "/", size);
}

// A descriptor of a regular file and its size, or -1.
int open_regular(const std::filesystem::path& path, std::int64_t* size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status {};
  if (file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    *size = status.st_size;
    return file;
  }
  if (file >= 0) ::close(file);
  return -1;
}

Clock::duration seconds(double value) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

}  // namespace

class Server::Loop {
 public:
  explicit Loop(const ServerOptions& options)
      : options_(checked(options)), listener_(options.address, options.port) {
    options_.access.port = listener_.port();
    wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_ < 0) throw_system_error("eventfd", errno);
  }

  ~Loop() {
    stop();
    ::close(wake_);
  }

  std::uint16_t port() const { return listener_.port(); }
  void add(Route route) { routes_.push_back(std::move(route)); }

  EventStream& add_stream(const std::string& path, Greeting greeting) {
    streams_.push_back(
        std::make_unique<Stream>(*this, path, std::move(greeting), static_cast<int>(streams_.size())));
    return *streams_.back();
  }

  void start() {
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
    for (const auto& stream : streams_) stream->client_count = 0;
    connections_.clear();
  }

 private:
  class Stream : public EventStream {
   public:
    Stream(Loop& loop, std::string path, Greeting greeting, int index)
        : loop_(loop), path_(std::move(path)), greeting_(std::move(greeting)), index_(index) {}

    bool has_clients() const override { return client_count > 0; }
    void send(std::string_view event, std::string_view data, bool may_skip) override {
      if (has_clients()) loop_.post({index_, concat("event: ", event, "\ndata: ", data, "\n\n"), may_skip});
    }
    const std::string& path() const { return path_; }
    int index() const { return index_; }
    std::string hello() const { return concat("retry: 2000\nevent: hello\ndata: ", greeting_(), "\n\n"); }

    std::atomic<int> client_count = 0;

   private:
    Loop& loop_;
    std::string path_;
    Greeting greeting_;
    int index_;
  };

  struct Mail {
    int stream;
    std::string text;
    bool may_skip;
  };

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }

  // From any thread. A loop that is held up by a handler must not let the mailbox grow without end.
  void post(Mail mail) {
    {
      const std::lock_guard lock(mutex_);
      if (mail.may_skip && mail_bytes_ > options_.lost_bytes) return;
      mail_bytes_ += static_cast<std::int64_t>(mail.text.size());
      mail_.push_back(std::move(mail));
    }
    wake();
  }

  void run() {
    last_heartbeat_ = Clock::now();
    while (!stopping_) {
      wait();
      const auto now = Clock::now();
      read_mail();
      heartbeat(now);
      for (const auto& connection : connections_) serve(*connection, now);
      accept_all(now);
      for (const auto& connection : connections_) expire(*connection, now);
      drop_closed();
    }
  }

  // Up to a second: deadlines are looked at then.
  void wait() {
    polled_.clear();
    polled_.push_back({wake_, POLLIN, 0});
    polled_.push_back({listener_.socket(), POLLIN, 0});
    for (const auto& connection : connections_) {
      const bool sends = connection->wants_to_send();
      const bool reads = !sends || connection->stream >= 0;  // a stream is read to notice its end
      polled_.push_back(
          {connection->socket(), static_cast<short>((sends ? POLLOUT : 0) | (reads ? POLLIN : 0)), 0});
    }
    ::poll(polled_.data(), polled_.size(), 1000);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = ::read(wake_, &count, sizeof count);
    for (std::size_t i = 0; i < connections_.size(); ++i)
      connections_[i]->readable = (polled_[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  }

  void read_mail() {
    std::vector<Mail> mail;
    {
      const std::lock_guard lock(mutex_);
      mail.swap(mail_);
      mail_bytes_ = 0;
    }
    for (const Mail& letter : mail) {
      for (const auto& connection : connections_) {
        if (connection->stream == letter.stream) deliver(*connection, letter);
      }
    }
  }

  void deliver(Connection& connection, const Mail& letter) const {
    if (letter.may_skip && connection.pending_bytes() > options_.slow_bytes) return;
    if (connection.pending_bytes() > options_.lost_bytes) return connection.close();
    connection.put(letter.text);
  }

  void serve(Connection& connection, Clock::time_point now) {
    if (connection.readable) connection.receive(now);
    if (connection.stream >= 0 || connection.sending_ended())
      connection.consume(connection.received().size());
    flush(connection, now);
    while (may_answer(connection) && answer(connection)) flush(connection, now);
    flush(connection, now);  // "100 Continue"
  }

  static bool may_answer(const Connection& connection) {
    return connection.stream < 0 && !connection.closing && !connection.closed() &&
           !connection.wants_to_send() && !connection.received().empty();
  }

  static void flush(Connection& connection, Clock::time_point now) {
    connection.send(now);
    if (connection.closing && !connection.wants_to_send() && !connection.sending_ended())
      connection.end_sending();
  }

  // False: more bytes are needed.
  bool answer(Connection& connection) {
    ParsedRequest parsed = parse_request(connection.received(), options_.limits);
    if (parsed.kind == ParsedRequest::Kind::incomplete) {
      if (!parsed.head_complete || connection.admitted) return false;
      parsed.request.address = connection.address();
      if (auto refusal = refuse(parsed.request)) {
        send(connection, {}, std::move(*refusal), false);
        return true;
      }
      connection.admitted = true;
      if (parsed.wants_continue && !connection.continue_sent) connection.put("HTTP/1.1 100 Continue\r\n\r\n");
      connection.continue_sent |= parsed.wants_continue;
      return false;
    }
    if (parsed.kind == ParsedRequest::Kind::refused) {
      send(connection, {}, Response::text(parsed.status, std::string(parsed.problem)), false);
      return true;
    }
    connection.consume(parsed.used_bytes);
    parsed.request.address = connection.address();
    respond(connection, parsed.request, parsed.keep_alive);
    return true;
  }

  // What is wrong with a request whose body has not come yet: the same as is said of it in respond().
  std::optional<Response> refuse(Request& request) const {
    const Route* route = find_route(request);
    if (auto refusal = check_access(options_.access, request, route != nullptr && route->open_to_all))
      return refusal;
    if (route == nullptr && find_stream(request) == nullptr) return no_route(request);
    return std::nullopt;
  }

  void respond(Connection& connection, Request& request, bool keep_alive) {
    const Route* route = find_route(request);
    const auto refusal = check_access(options_.access, request, route != nullptr && route->open_to_all);
    if (refusal && refusal->status != 401) return send(connection, request, *refusal, keep_alive);
    if (const auto granted = take_token(options_.access, request))
      return send(connection, request, *granted, keep_alive);
    if (refusal) return send(connection, request, *refusal, keep_alive);
    if (Stream* stream = find_stream(request)) return open_stream(connection, *stream);
    send(connection, request, route != nullptr ? run_handler(*route, request) : no_route(request),
         keep_alive);
  }

  const Route* find_route(const Request& request) const {
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
      return route.method == method && matches(route.path, request.path);
    });
    return found == routes_.end() ? nullptr : &*found;
  }

  Response no_route(const Request& request) const {
    std::string allowed;
    for (const Route& route : routes_) {
      if (!matches(route.path, request.path)) continue;
      allowed += concat(allowed.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
    }
    if (allowed.empty()) return Response::text(404, "there is nothing of that name");
    Response response = Response::text(405, concat("only ", allowed));
    response.headers.emplace_back("Allow", allowed);
    return response;
  }

  static Response run_handler(const Route& route, const Request& request) {
    try {
      return route.handler(request);
    } catch (const std::exception& error) {
      log_warning(concat(route.path, ": ", error.what()));
      return Response::text(500, error.what());
    }
  }

  Stream* find_stream(const Request& request) const {
    for (const auto& stream : streams_) {
      if (request.method == "GET" && stream->path() == request.path) return stream.get();
    }
    return nullptr;
  }

  void open_stream(Connection& connection, Stream& stream) {
    int open = 0;
    for (const auto& each : streams_) open += each->client_count;
    if (open >= options_.max_event_streams)
      return send(connection, {}, Response::text(503, "too many pages are open"), false);
    connection.put(stream_head());
    connection.stream = stream.index();
    ++stream
          .client_count;  // before the greeting: whatever is sent from now on comes behind it, nothing is missed
    connection.put(stream.hello());
  }

  void send(Connection& connection, const Request& request, Response response, bool keep_alive) {
    connection.closing = !keep_alive;
    if (!response.file.empty()) return send_file(connection, request, std::move(response));
    const auto size = static_cast<std::int64_t>(response.body.size());
    const ByteRange range =
        response.ranged ? add_range(request, response, size) : ByteRange{.begin = 0, .end = size};
    connection.put(response_head(response, response.status, range.end - range.begin, keep_alive));
    if (request.method != "HEAD")
      connection.put(std::string_view(response.body)
                         .substr(static_cast<std::size_t>(range.begin),
                                 static_cast<std::size_t>(range.end - range.begin)));
  }

  // What is asked for of `size` bytes, with the answer's status and headers.
  static ByteRange add_range(const Request& request, Response& response, std::int64_t size) {
    // If-Range would need a validator, and we give none: the whole is right then.
    ByteRange range = read_range(request.header("if-range").empty() ? request.header("range") : "", size);
    response.headers.emplace_back("Accept-Ranges", "bytes");
    if (!range.whole) response.headers.emplace_back("Content-Range", content_range(range, size));
    response.status = range.unsatisfiable ? 416 : range.whole ? 200 : 206;
    return range;
  }

  void send_file(Connection& connection, const Request& request, Response response) {
    const bool keep_alive = !connection.closing;
    std::int64_t size = 0;
    const int file = open_regular(response.file, &size);
    if (file < 0) return send(connection, request, Response::text(404, "the file is gone"), keep_alive);
    const ByteRange range = add_range(request, response, size);
    connection.put(response_head(response, response.status, range.end - range.begin, keep_alive));
    if (request.method == "HEAD" || range.begin == range.end)
      ::close(file);
    else
      connection.put_file(file, range.begin, range.end);
  }

  void accept_all(Clock::time_point now) {
    for (int count = 0; count < kAcceptedAtOnce; ++count) {
      auto accepted = listener_.accept();
      if (!accepted) return;
      auto connection = std::make_unique<Connection>(accepted->socket, accepted->address, now);
      if (static_cast<std::int64_t>(connections_.size()) < options_.max_connections || make_room(now)) {
        connections_.push_back(std::move(connection));
      } else {
        send(*connection, {}, Response::text(503, "too many connections"), false);
        flush(*connection, now);
      }
    }
  }

  // Closes the connection that misses its place least; false: all are in use.
  bool make_room(Clock::time_point now) {
    auto least = connections_.end();
    double least_use = kInUse;
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
      const double use = use_of(**each, now);
      if (use < least_use) {
        least = each;
        least_use = use;
      }
    }
    if (least == connections_.end()) return false;
    if ((*least)->stream >= 0) --streams_[static_cast<std::size_t>((*least)->stream)]->client_count;
    connections_.erase(least);
    return true;
  }

  // Who waits between two requests goes first, the longest waiting before others; then who has not taken a byte of an answer
  // for longest; then whose request comes in slowest, in bytes a second. A dripping request takes a place from nobody
  // whose request comes in at the speed of a network.
  static double use_of(const Connection& connection, Clock::time_point now) {
    const auto passed = [&](Clock::time_point since) {
      return std::chrono::duration<double>(now - since).count();
    };
    if (connection.stream < 0 && !connection.wants_to_send() && connection.received().empty())
      return -kYearS - passed(connection.last_progress());
    const double stalled_s = passed(connection.stalled_since(now));
    if (stalled_s > kGraceS) return -stalled_s;
    const double request_s = passed(connection.request_begin());
    if (connection.stream >= 0 || connection.wants_to_send() || request_s <= kGraceS) return kInUse;
    return static_cast<double>(connection.received().size()) / request_s;
  }

  void heartbeat(Clock::time_point now) {
    if (now - last_heartbeat_ < seconds(options_.heartbeat_s)) return;
    last_heartbeat_ = now;
    for (const auto& connection : connections_) {
      if (connection->stream >= 0) connection->put(": heartbeat\n\n");
    }
  }

  void expire(Connection& connection, Clock::time_point now) {
    if (now - connection.stalled_since(now) > seconds(options_.idle_s)) return connection.close();
    if (connection.sending_ended() && now - connection.last_progress() > seconds(kLingerS))
      return connection.close();
    if (connection.stream >= 0 || connection.wants_to_send() || connection.closing) return;
    if (connection.received().empty()) {
      if (now - connection.last_progress() > seconds(options_.idle_s)) connection.close();
    } else if (now - connection.request_begin() >
               seconds(connection.admitted ? options_.request_s
                                           : std::min(options_.head_s, options_.request_s))) {
      send(connection, {}, Response::text(408, "the request took too long"), false);
      flush(connection, now);
    }
  }

  void drop_closed() {
    for (const auto& connection : connections_) {
      if (connection->closed() && connection->stream >= 0)
        --streams_[static_cast<std::size_t>(connection->stream)]->client_count;
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->closed(); });
  }

  static const ServerOptions& checked(const ServerOptions& options) {
    const bool guarded = !options.access.token.empty() || options.access.proxies_only;
    if (is_numeric_address(options.address) && !is_loopback(options.address) && !guarded)
      throw Error(concat(options.address, " is open to other machines: give a token, or take 127.0.0.1"));
    return options;
  }

  ServerOptions options_;
  Listener listener_;
  int wake_ = -1;
  std::vector<Route> routes_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<pollfd> polled_;
  Clock::time_point last_heartbeat_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  // of the mailbox
  std::vector<Mail> mail_;
  std::int64_t mail_bytes_ = 0;
};

Server::Server(const ServerOptions& options) : loop_(std::make_unique<Loop>(options)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return loop_->port();
}
void Server::get(const std::string& path, Handler handler) {
  loop_->add({"GET", path, std::move(handler)});
}
void Server::post(const std::string& path, Handler handler) {
  loop_->add({"POST", path, std::move(handler)});
}
void Server::get_open(const std::string& path, Handler handler) {
  loop_->add({"GET", path, std::move(handler), true});
}
EventStream& Server::event_stream(const std::string& path, Greeting greeting) {
  return loop_->add_stream(path, std::move(greeting));
}
void Server::start() {
  loop_->start();
}
void Server::stop() {
  loop_->stop();
}

}  // namespace pupil::web
