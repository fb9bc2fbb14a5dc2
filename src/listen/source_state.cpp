// SPDX-License-Identifier: Apache-2.0
#include "listen/sink.h"

namespace pupil::listen {

std::string_view name_of(SourceState state) {
  constexpr std::string_view kNames[] = {"starting", "listening", "silent", "stalled", "waiting", "ended"};
  return kNames[static_cast<int>(state)];
}

}  // namespace pupil::listen
