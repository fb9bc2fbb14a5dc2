// SPDX-License-Identifier: Apache-2.0
// Bytes from a connection -> requests. Strict: what two readers could understand differently is refused, so that no
// proxy in front can be led to see other requests than we do (RFC 9112, section 11).

#pragma once

#include <cstdint>
#include <string_view>

#include "web/message.h"

namespace pupil::web {

struct RequestLimits {
  std::int64_t head_bytes = 16384;  ///< request line and headers
  std::int64_t body_bytes = 65536;
  std::int64_t header_count = 64;
};

/// What the bytes so far are.
struct ParsedRequest {
  enum class Kind {
    incomplete,  ///< more is needed; `wants_continue` may be set
    complete,    ///< `request` is filled, `used_bytes` of the input are its own
    refused,     ///< answer `status` and close: what follows cannot be told apart
  };
  Kind kind = Kind::incomplete;
  int status = 0;            ///< of `refused`: 400, 411, 413, 414, 431, 501, 505
  std::string_view problem;  ///< of `refused`, in words
  std::size_t used_bytes = 0;
  /// Of `incomplete`: only the body is not all here. `request` has everything else, so that it can be refused before its
  /// body has come.
  bool head_complete = false;
  bool wants_continue = false;  ///< the client waits for "100 Continue" before it sends the body
  bool keep_alive = false;
  Request request;
};

/// Looks at all bytes received since the last request's end. Not resumed between calls: the head is at most
/// `head_bytes`, so that looking again is cheap. Any bytes are allowed.
ParsedRequest parse_request(std::string_view bytes, const RequestLimits& limits);

}  // namespace pupil::web
