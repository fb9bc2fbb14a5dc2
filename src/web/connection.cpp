// SPDX-License-Identifier: Apache-2.0
#include "web/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pupil::web {
namespace {

constexpr std::int64_t kPieceBytes = 65536;

}  // namespace

Connection::Connection(int socket, std::string address, Clock::time_point now)
    : socket_(socket), address_(std::move(address)), last_progress_(now), request_begin_(now) {}

Connection::~Connection() {
  ::close(socket_);
  if (file_ >= 0) ::close(file_);
}

void Connection::receive(Clock::time_point now) {
  char piece[kPieceBytes];
  const ssize_t count = ::recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close();
  if (in_.empty()) request_begin_ = now;
  in_.append(piece, static_cast<std::size_t>(count));
  last_progress_ = now;
}

void Connection::end_sending() {
  ::shutdown(socket_, SHUT_WR);
  sending_ended_ = true;
}

void Connection::consume(std::size_t bytes) {
  in_.erase(0, bytes);
  continue_sent = false;
  admitted = false;
  request_begin_ = last_progress_;
}

void Connection::put_file(int file, std::int64_t begin, std::int64_t end) {
  file_ = file;
  file_at_ = begin;
  file_end_ = end;
}

// The next piece of the file, where all else is sent. A file that is shorter than it was breaks the promised length:
// only closing tells.
void Connection::refill() {
  if (sent_ < out_.size() || file_ < 0) return;
  out_.resize(static_cast<std::size_t>(std::min(kPieceBytes, file_end_ - file_at_)));
  const ssize_t count = ::pread(file_, out_.data(), out_.size(), file_at_);
  if (count <= 0) return close();
  out_.resize(static_cast<std::size_t>(count));
  sent_ = 0;
  file_at_ += count;
  if (file_at_ < file_end_) return;
  ::close(file_);
  file_ = -1;
}

void Connection::send(Clock::time_point now) {
  while (wants_to_send() && !closed_) {
    refill();
    if (closed_) return;
    const ssize_t count =
        ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return close();
    if (count < 0) {
      if (!stalled_) stall_begin_ = now;
      stalled_ = true;
      return;
    }
    sent_ += static_cast<std::size_t>(count);
    stalled_ = false;
    last_progress_ = now;
  }
  out_.clear();
  sent_ = 0;
}

}  // namespace pupil::web
