// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace pupil {

constexpr std::array<std::string_view, 3> kWords = {"collect", "classify", "licences"};

TEST(Text, NearestWordForgivesTypingErrors) {
  EXPECT_EQ(nearest_word("colect", kWords), "collect");
  EXPECT_EQ(nearest_word("licenses", kWords), "licences");
}

TEST(Text, NearestWordIsEmptyWhenNothingIsNear) {
  EXPECT_EQ(nearest_word("zebra", kWords), "");
  EXPECT_EQ(did_you_mean("zebra", kWords), "");
}

TEST(Text, QuantitiesAreReadable) {
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(readable_bytes(1536), "1.5 kB");
  EXPECT_EQ(readable_bytes(999), "999 B");
  EXPECT_EQ(readable_seconds(2.5), "2.5 s");
  EXPECT_EQ(readable_seconds(75), "1 min 15 s");
  EXPECT_EQ(readable_seconds(3725), "1 h 02 min");
}

}  // namespace pupil
