// SPDX-License-Identifier: Apache-2.0
#include "model/checksum.h"

#include <gtest/gtest.h>

#include <string_view>

namespace pupil::edge {
namespace {

TEST(Checksum, HasThePublishedCheckValue) {
  const std::string_view text = "123456789";
  EXPECT_EQ(checksum(std::as_bytes(std::span(text))), 0xCBF43926U);
}

TEST(Checksum, OfNothingIsZero) {
  EXPECT_EQ(checksum({}), 0U);
}

}  // namespace
}  // namespace pupil::edge
