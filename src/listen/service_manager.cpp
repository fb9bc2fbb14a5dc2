// SPDX-License-Identifier: Apache-2.0
#include "listen/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/environment.h"
#include "base/text.h"

namespace pupil::listen {

ServiceManager::ServiceManager() : socket_(environment("NOTIFY_SOCKET")) {
  const std::string process = environment("WATCHDOG_PID");
  if (!process.empty() && process != concat(::getpid())) return;  // meant for another one
  ping_every_ = std::chrono::milliseconds(std::atoll(environment("WATCHDOG_USEC").c_str()) / 2000);
}

void ServiceManager::send(std::string_view text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';  // a name that is in no folder
  const int handle = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return;
  ::sendto(handle, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
  ::close(handle);
}

void ServiceManager::ready() {
  if (!ready_) send("READY=1\n");
  ready_ = true;
}

void ServiceManager::status(std::string_view text) {
  if (text != status_) send(concat("STATUS=", text, "\n"));
  status_ = text;
}

void ServiceManager::stopping() {
  send("STOPPING=1\n");
}

void ServiceManager::alive(std::chrono::milliseconds steady) {
  if (ping_every_.count() == 0 || steady - pinged_ < ping_every_) return;
  pinged_ = steady;
  send("WATCHDOG=1\n");
}

}  // namespace pupil::listen
