// SPDX-License-Identifier: Apache-2.0
// pupil.toml: any bytes give a Project or an Error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "project/project_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    pupil::parse_project({reinterpret_cast<const char*>(data), size}, "pupil.toml");
  } catch (const pupil::Error&) {
  }
  return 0;
}
