// SPDX-License-Identifier: Apache-2.0
// Any bytes as an HTTP request: incomplete, complete or refused, and what is said of them fits. A request found complete is
// found so again when more bytes follow it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "web/access.h"
#include "web/message.h"
#include "web/request_parser.h"

using namespace pupil::web;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ParsedRequest parsed = parse_request(text, {});
  if (parsed.kind == ParsedRequest::Kind::refused && reason_of(parsed.status).empty()) std::abort();
  if (parsed.kind != ParsedRequest::Kind::complete) return 0;
  if (parsed.used_bytes > size || !parsed.request.path.starts_with('/')) std::abort();
  if (parse_request(std::string(text) + "GET", {}).used_bytes != parsed.used_bytes) std::abort();
  const ByteRange range = read_range(parsed.request.header("range"), 1000);
  if (range.begin < 0 || range.end > 1000 || range.begin > range.end) std::abort();
  parsed.request.form_value("id");
  // Once from somewhere, once through a trusted proxy (the address is empty here).
  for (const char* proxy : {"192.168.1.1", ""}) {
    const AccessOptions options{.token = "0123456789abcdef", .hosts = {"yard.example"}, .proxies = {proxy}};
    Request request = parsed.request;
    const auto refusal = check_access(options, request, false);
    const bool has_word = text.find(options.token) != std::string_view::npos;
    if (*proxy != '\0' && !refusal && !has_word) std::abort();
    take_token(options, request);
  }
  return 0;
}
