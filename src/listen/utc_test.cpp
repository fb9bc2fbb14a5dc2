// SPDX-License-Identifier: Apache-2.0
#include "listen/utc.h"

#include <gtest/gtest.h>

namespace pupil::listen {
namespace {

TEST(Utc, WritesAndReadsTimes) {
  const Time time{std::chrono::milliseconds(1'795'957'446'120)};
  EXPECT_EQ(utc_text(time), "2026-11-29T13:04:06.120Z");
  EXPECT_EQ(utc_compact(time), "20261129T130406.120Z");
  EXPECT_EQ(utc_day(time), "2026-11-29");
  EXPECT_EQ(parse_utc(utc_text(time)), time);
  EXPECT_EQ(utc_text(Time(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(Utc, RefusesOtherTexts) {
  for (const char* text :
       {"", "2026-11-29", "2026-13-29T13:04:06.120Z", "2026-11-29T25:04:06.120Z", "2026-11-29T13:04:06.12xZ"})
    EXPECT_FALSE(parse_utc(text)) << text;
}

}  // namespace
}  // namespace pupil::listen
