// SPDX-License-Identifier: Apache-2.0
// Any bytes as a device's configuration that the broker kept: this program's or not, and if it is, its components and topics or a
// pupil::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "listen/sinks/home_assistant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pupil::listen;
  static const Announcement announcement = [] {
    Announcement made;
    made.base = "pupil/yard";
    return made;
  }();
  try {
    const pupil::Json payload = pupil::parse_json({reinterpret_cast<const char*>(data), size});
    if (!is_own_message(announcement, payload)) return 0;
    components_of("homeassistant/device/yard/config", payload);
    state_topics_of(payload);
  } catch (const pupil::Error&) {
  }
  return 0;
}
