// SPDX-License-Identifier: Apache-2.0
// Who may ask. A page on 127.0.0.1 is within reach of every web site that the same browser shows: by another site's name
// for our address (DNS rebinding; the Host header tells) and by requests from another site's page (Origin and
// Sec-Fetch-Site tell).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/message.h"

namespace pupil::web {

struct AccessOptions {
  /// What whoever is not on this machine must know: as "Authorization: Bearer TOKEN", or once as "?token=TOKEN", which
  /// the browser then keeps as a cookie. Empty: none is asked for.
  std::string token;
  /// Names by which the page may be reached besides "localhost", numeric addresses and this machine's own name.
  std::vector<std::string> hosts;
  /// Numeric addresses of reverse proxies that have checked the user: asked for no token; their X-Ingress-Path,
  /// X-Forwarded-Host and X-Remote-User-* are believed. One on this machine (127.0.0.1) has an address that every program
  /// here has: what it passes on as Host must be among `hosts`.
  std::vector<std::string> proxies;
  /// Only proxies may ask (what is `open_to_all` aside).
  bool proxies_only = false;
  /// The server's own, set by it: cookies know no ports, so that of each port on this machine has a name of its own.
  std::uint16_t port = 0;
};

/// The answer to a request that is not allowed (401, 403, 421), or none. A path that is `open_to_all` needs no token.
/// On the way it fills the request's `user` and `prefix`, where a proxy is believed.
std::optional<Response> check_access(const AccessOptions& options, Request& request, bool open_to_all);

/// Answers "?token=TOKEN" with a cookie and the same page without it in its address, so that it is not in the browser's
/// history or in a screenshot. None where no right token was given so.
std::optional<Response> take_token(const AccessOptions& options, const Request& request);

/// 32 hexadecimal digits that nobody can guess.
std::string random_token();

/// Whether `text` is an IPv4 or IPv6 address (brackets allowed), and whether it is one of this machine alone (127/8, ::1).
bool is_numeric_address(std::string_view text);
bool is_loopback(std::string_view address);

}  // namespace pupil::web
