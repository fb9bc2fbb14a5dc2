// SPDX-License-Identifier: Apache-2.0
// Any text as an address, and as one that a redirect or a page names (behind the first line break): http or https with a host,
// which put together again means the same, or a pupil::Error.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "fetch/url.h"

namespace {

void check(const pupil::fetch::Url& url) {
  if ((url.scheme != "http" && url.scheme != "https") || url.host.empty() || url.port.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pupil::fetch;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  try {
    check(parse_url(text.substr(0, line)));
    const std::string there = resolve_url(text.substr(0, line), text.substr(std::min(line + 1, size)));
    const Url url = parse_url(there);
    check(url);
    if (parse_url(with_query(there, {{"q", text}})).authority() != url.authority()) std::abort();
  } catch (const pupil::Error&) {
  }
  return 0;
}
