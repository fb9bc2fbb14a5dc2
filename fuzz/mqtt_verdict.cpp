// SPDX-License-Identifier: Apache-2.0
// Any bytes as a verdict by MQTT: one that can be kept, or a pupil::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "listen/sinks/mqtt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const pupil::listen::Verdict verdict =
        pupil::listen::read_verdict(std::string(reinterpret_cast<const char*>(data), size));
    if (verdict.id.empty() || verdict.rejected == !verdict.class_name.empty()) std::abort();
  } catch (const pupil::Error&) {
  }
  return 0;
}
