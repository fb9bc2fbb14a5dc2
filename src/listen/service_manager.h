// SPDX-License-Identifier: Apache-2.0
// What systemd is told (sd_notify(3)), written out: one datagram, no library.

#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace pupil::listen {

/// Does nothing where no manager asked for it ($NOTIFY_SOCKET). Threads: one.
class ServiceManager {
 public:
  ServiceManager();

  void ready();  ///< once; again does nothing
  void status(std::string_view text);
  void stopping();
  /// Called when work was done, or is knowingly absent; pings when half of the manager's time is over.
  void alive(std::chrono::milliseconds steady);

 private:
  void send(std::string_view text) const;

  std::string socket_;
  std::string status_;
  bool ready_ = false;
  std::chrono::milliseconds ping_every_{0};  // 0: no watchdog
  std::chrono::milliseconds pinged_{0};
};

}  // namespace pupil::listen
