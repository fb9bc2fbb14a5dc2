// SPDX-License-Identifier: Apache-2.0
// listen.toml: any bytes give a configuration or an Error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "listen/listen_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    pupil::listen::parse_listen_config({reinterpret_cast<const char*>(data), size}, "listen.toml");
  } catch (const pupil::Error&) {
  }
  return 0;
}
