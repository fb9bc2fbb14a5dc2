// SPDX-License-Identifier: Apache-2.0
// Any bytes as a list of addresses and as AudioSet's segments: items whose stretch has a length, or a pupil::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "harvest/lists.h"

namespace {

template <typename Read>
void check(Read read) {
  try {
    for (const pupil::corpus::WebItem& item : read()) {
      if (item.url.empty()) std::abort();
      if (item.end_s != 0 && !(item.end_s > item.begin_s)) std::abort();
    }
  } catch (const pupil::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view half = text.substr(0, size / 2);
  check([&] { return pupil::harvest::read_url_list(text, "list.txt"); });
  check([&] { return pupil::harvest::read_segments(text, "list.csv", {}); });
  check([&] { return pupil::harvest::read_segments(text.substr(size / 2), "list.csv", half); });
  return 0;
}
