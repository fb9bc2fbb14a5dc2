// SPDX-License-Identifier: Apache-2.0
// Which addresses of the network are nobody's but the own machine's or house's.

#pragma once

#include <sys/socket.h>

#include <string>

namespace pupil::fetch {

/// Whether an address is not for the public: loopback, private (RFC 1918, 4193), link-local (clouds give away keys
/// there), shared (RFC 6598), multicast, reserved, unspecified; IPv4 within IPv6 (mapped, 6to4, NAT64) counts as what
/// is within. Neither IPv4 nor IPv6: yes.
bool is_private_address(const sockaddr& address);

/// The same of a text; a name (not a number) is not private: what it stands for is known when it is connected to.
bool is_private_literal(const std::string& host);

/// "10.0.0.1:80"
std::string address_text(const sockaddr& address);

}  // namespace pupil::fetch
