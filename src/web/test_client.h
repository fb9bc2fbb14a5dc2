// SPDX-License-Identifier: Apache-2.0
// For tests: a blocking connection to a server on this machine.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pupil::web {

class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view text) const {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  void end() const { ::shutdown(socket_, SHUT_WR); }

  /// Everything up to `end`, included, or up to the connection's end.
  std::string read_until(std::string_view end) {
    for (;;) {
      const std::size_t found = rest_.find(end);
      if (found != std::string::npos && !end.empty()) {
        const std::string text = rest_.substr(0, found + end.size());
        rest_.erase(0, text.size());
        return text;
      }
      char piece[65536];
      const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
      if (count <= 0) return std::move(rest_);
      rest_.append(piece, static_cast<std::size_t>(count));
    }
  }
  std::string read_all() { return read_until(""); }

 private:
  int socket_;
  bool connected_ = false;
  std::string rest_;
};

/// The whole answer to one request whose connection is closed behind it.
inline std::string ask(std::uint16_t port, std::string_view text) {
  TestClient client(port);
  client.send(text);
  return client.read_all();
}

inline std::string get(std::uint16_t port, std::string_view path, std::string_view headers = "") {
  return ask(port, std::string("GET ")
                       .append(path)
                       .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
                       .append(headers)
                       .append("\r\n"));
}

inline std::string post_form(std::uint16_t port, std::string_view path, std::string_view form,
                             std::string_view headers = "") {
  return ask(port, std::string("POST ")
                       .append(path)
                       .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                               "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
                       .append(std::to_string(form.size()))
                       .append("\r\n")
                       .append(headers)
                       .append("\r\n")
                       .append(form));
}

}  // namespace pupil::web
