// SPDX-License-Identifier: Apache-2.0
// The socket that connections come in by. Inside this module.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pupil::web {

struct Accepted {
  int socket = -1;      ///< non-blocking; the caller's
  std::string address;  ///< of the other end
};

class Listener {
 public:
  /// `address` is numeric; port 0: any that is free. Error: cannot be bound, and what to do.
  Listener(const std::string& address, std::uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int socket() const { return socket_; }
  std::uint16_t port() const;
  /// The next connection that waits. None: no more, for now.
  std::optional<Accepted> accept();

 private:
  bool turn_away();

  int socket_ = -1;
  int spare_ = -1;
};

}  // namespace pupil::web
