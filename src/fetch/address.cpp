// SPDX-License-Identifier: Apache-2.0
#include "fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace pupil::fetch {
namespace {

struct Block {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0, std::uint32_t d = 0) {
  return a << 24 | b << 16 | c << 8 | d;
}

// The IANA's register of special purposes, IPv4.
constexpr std::array kNotPublic = {
    Block{ip(0, 0), 8},      Block{ip(10, 0), 8},    Block{ip(100, 64), 10},      Block{ip(127, 0), 8},
    Block{ip(169, 254), 16}, Block{ip(172, 16), 12}, Block{ip(192, 0, 0), 24},    Block{ip(192, 0, 2), 24},
    Block{ip(192, 168), 16}, Block{ip(198, 18), 15}, Block{ip(198, 51, 100), 24}, Block{ip(203, 0, 113), 24},
    Block{ip(224, 0), 4},    Block{ip(240, 0), 4},
};

bool is_private_v4(std::uint32_t address) {
  return std::ranges::any_of(
      kNotPublic, [&](const Block& block) { return (address ^ block.network) >> (32 - block.bits) == 0; });
}

std::uint32_t v4_at(const std::uint8_t* bytes) {
  return ip(bytes[0], bytes[1], bytes[2], bytes[3]);
}

bool is_private_v6(const std::uint8_t* bytes) {
  const auto starts_with = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes);
  };
  if (starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return is_private_v4(v4_at(bytes + 12));
  if (starts_with({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_private_v4(v4_at(bytes + 12));
  if (starts_with({0x20, 0x02})) return is_private_v4(v4_at(bytes + 2));
  return (bytes[0] & 0xe0) != 0x20;  // only 2000::/3 is given out to the public
}

}  // namespace

bool is_private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_private_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return is_private_v6(v6.sin6_addr.s6_addr);
  }
  return true;
}

bool is_private_literal(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return is_private_v4(ntohl(v4.s_addr));
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return is_private_v6(v6.s6_addr);
  return false;
}

std::string address_text(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return concat(text, ":", ntohs(v4.sin_port));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return concat(text, ":", ntohs(v6.sin6_port));
  }
  return "an address of no known family";
}

}  // namespace pupil::fetch
