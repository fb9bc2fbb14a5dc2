// SPDX-License-Identifier: Apache-2.0
#include "base/system_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace pupil {

bool is_machine_failure(int reason) noexcept {
  static constexpr std::array kReasons = {EAGAIN,   EDQUOT,    EHOSTDOWN, EHOSTUNREACH, EIO,      EMFILE,
                                          ENETDOWN, ENFILE,    ENOBUFS,   ENOLCK,       ENOMEM,   ENOSPC,
                                          ENOTCONN, EREMOTEIO, EROFS,     ESTALE,       ETIMEDOUT};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

void throw_system_error(const std::string& message, int reason) {
  const std::string text = message + ": " + std::strerror(reason);
  if (is_machine_failure(reason)) throw DiskError(text);
  throw Error(text);
}

}  // namespace pupil
