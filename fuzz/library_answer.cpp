// SPDX-License-Identifier: Apache-2.0
// Any bytes as a sound library's answer (the first byte says which library's): items that each have a name,
// or a pupil::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "harvest/library.h"

namespace {

void read(const pupil::harvest::Library& library, const pupil::Json& answer) {
  const std::string endpoint(library.endpoint);
  const pupil::harvest::Page page = library.read(endpoint, answer, "2");
  if (page.total < 0) std::abort();
  for (pupil::harvest::WebItem item : page.items) {
    if (!item.url.starts_with(std::string(library.name) + ":")) std::abort();
    if (library.complete != nullptr) library.complete(endpoint, answer, item);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto libraries = pupil::harvest::libraries();
  try {
    read(*libraries[data[0] % libraries.size()],
         pupil::parse_json(std::string(reinterpret_cast<const char*>(data) + 1, size - 1)));
  } catch (const pupil::Error&) {
  }
  return 0;
}
