// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON: a value that written and read again is written the same, or a pupil::Error.

#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string written = pupil::parse_json({reinterpret_cast<const char*>(data), size}).dump();
    if (pupil::parse_json(written).dump() != written) std::abort();
  } catch (const pupil::Error&) {
  }
  return 0;
}
