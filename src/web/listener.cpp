// SPDX-License-Identifier: Apache-2.0
#include "web/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace pupil::web {
namespace {

/// An IPv4 or IPv6 address.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
};

SocketAddress read_address(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  if (::inet_pton(AF_INET, address.c_str(), &result.v4().sin_addr) == 1) {
    result.v4().sin_family = AF_INET;
    result.v4().sin_port = htons(port);
    result.size = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, address.c_str(), &result.v6().sin6_addr) == 1) {
    result.v6().sin6_family = AF_INET6;
    result.v6().sin6_port = htons(port);
    result.size = sizeof(sockaddr_in6);
  } else {
    throw Error(
        concat(address, ": not a numeric address (127.0.0.1: this machine alone; 0.0.0.0: every network)"));
  }
  return result;
}

std::string text_of(SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.storage.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &address.v4().sin_addr, text, sizeof text);
  else
    ::inet_ntop(AF_INET6, &address.v6().sin6_addr, text, sizeof text);
  constexpr std::string_view kMapped = "::ffff:";  // IPv4 that came in by an IPv6 socket
  const std::string_view found = text;
  return std::string(found.starts_with(kMapped) ? found.substr(kMapped.size()) : found);
}

std::string_view advice_for(int reason) {
  switch (reason) {
    case EADDRINUSE: return "; another program has it: choose another port";
    case EACCES: return "; ports below 1024 need a privilege: choose another port";
    case EADDRNOTAVAIL: return "; this machine has no such address";
    default: return "";
  }
}

}  // namespace

Listener::Listener(const std::string& address, std::uint16_t port) {
  SocketAddress wanted = read_address(address, port);
  socket_ = ::socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (socket_ < 0 || ::bind(socket_, wanted.get(), wanted.size) != 0 || ::listen(socket_, 64) != 0) {
    const int reason = errno;
    if (socket_ >= 0) ::close(socket_);
    throw Error(concat(address, ":", port, ": ", std::strerror(reason), advice_for(reason)));
  }
  spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

Listener::~Listener() {
  ::close(socket_);
  if (spare_ >= 0) ::close(spare_);
}

std::uint16_t Listener::port() const {
  SocketAddress own;
  ::getsockname(socket_, own.get(), &own.size);
  return ntohs(own.storage.ss_family == AF_INET ? own.v4().sin_port : own.v6().sin6_port);
}

std::optional<Accepted> Listener::accept() {
  for (;;) {
    SocketAddress other;
    const int socket = ::accept4(socket_, other.get(), &other.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return Accepted{socket, text_of(other)};
    }
    const bool no_descriptor_left = errno == EMFILE || errno == ENFILE;
    if (errno != ECONNABORTED && errno != EINTR && !(no_descriptor_left && turn_away())) return std::nullopt;
  }
}

// No descriptor is left: the connection that waits would wake up poll() for ever. The spare one takes it in and closes it.
bool Listener::turn_away() {
  if (spare_ < 0) return false;
  ::close(spare_);
  const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket >= 0) ::close(socket);
  spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return socket >= 0;
}

}  // namespace pupil::web
