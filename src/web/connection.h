// SPDX-License-Identifier: Apache-2.0
// One connection's bytes: what came in and has not been read as a request, what waits to go out. Inside this module.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pupil::web {

using Clock = std::chrono::steady_clock;

/// A socket and its buffers. Owns both. Never blocks. Once closed() it stays so, and every call does nothing.
class Connection {
 public:
  Connection(int socket, std::string address, Clock::time_point now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  const std::string& address() const { return address_; }

  /// Takes what has arrived, up to 64 kB.
  void receive(Clock::time_point now);
  /// Sends what can be sent without waiting, the file's part included.
  void send(Clock::time_point now);
  void close() { closed_ = true; }
  bool closed() const { return closed_; }
  /// Tells the other end that nothing more comes; what it still sends is to be received and thrown away. Closing at once
  /// would reset the connection, and the answer with it.
  void end_sending();
  bool sending_ended() const { return sending_ended_; }

  std::string_view received() const { return in_; }
  void consume(std::size_t bytes);
  /// Text to go out.
  void put(std::string_view text) { out_ += text; }
  /// Bytes [begin, end) of an open file to go out behind that text; takes the descriptor.
  void put_file(int file, std::int64_t begin, std::int64_t end);

  bool wants_to_send() const { return sent_ < out_.size() || file_ >= 0; }
  std::int64_t pending_bytes() const { return static_cast<std::int64_t>(out_.size() - sent_); }

  Clock::time_point last_progress() const { return last_progress_; }  ///< a byte was received or sent
  Clock::time_point request_begin() const { return request_begin_; }  ///< of the first byte in received()
  /// Since when the other end has taken nothing of what waits; `now` when nothing does.
  Clock::time_point stalled_since(Clock::time_point now) const { return stalled_ ? stall_begin_ : now; }

  bool readable = false;       ///< poll() says so
  bool closing = false;        ///< once all is sent
  bool continue_sent = false;  ///< "100 Continue" for the request that is being received
  bool admitted = false;       ///< the head of that request is complete, and it may go on
  int stream = -1;             ///< index of the event stream it listens to

 private:
  void refill();

  int socket_;
  std::string address_;
  std::string in_;
  std::string out_;
  std::size_t sent_ = 0;
  int file_ = -1;
  std::int64_t file_at_ = 0;
  std::int64_t file_end_ = 0;
  bool closed_ = false;
  bool sending_ended_ = false;
  bool stalled_ = false;
  Clock::time_point last_progress_;
  Clock::time_point request_begin_;
  Clock::time_point stall_begin_;
};

}  // namespace pupil::web
