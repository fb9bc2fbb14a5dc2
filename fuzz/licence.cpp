// SPDX-License-Identifier: Apache-2.0
// Any text as a licence, as sound libraries and indexes write it: its identifier is the identifier's own, and nothing becomes
// allowed by being understood.

#include "corpus/licences.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pupil::corpus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string id = licence_id(text);
  if (licence_id(id) != id) std::abort();
  if (refusal_to_ship(text).empty() != refusal_to_ship(id).empty()) std::abort();
  const std::vector<std::string> free = {"CC0-1.0", "CC-BY"};
  if (is_allowed(text, free) && (id.find("-NC") != std::string::npos || id.find("-SA") != std::string::npos))
    std::abort();
  return 0;
}
