// SPDX-License-Identifier: Apache-2.0
#include "fetch/address.h"

#include <gtest/gtest.h>

namespace pupil::fetch {
namespace {

TEST(Address, WhatIsNotPublic) {
  for (const char* host :
       {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.168.0.1",
        "224.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::"})
    EXPECT_TRUE(is_private_literal(host)) << host;
}

TEST(Address, WhatIs) {
  for (const char* host : {"1.1.1.1", "11.0.0.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
                           "192.167.1.1", "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1"})
    EXPECT_FALSE(is_private_literal(host)) << host;
  EXPECT_FALSE(is_private_literal("freesound.org"));
}

TEST(Address, OfAnUnknownFamilyIsPrivate) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_TRUE(is_private_address(address));
}

}  // namespace
}  // namespace pupil::fetch
