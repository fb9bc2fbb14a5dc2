// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

namespace pupil {

TEST(Error, ContextStandsInFront) {
  try {
    with_context("index.csv:812", [] { throw Error("no audio stream"); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "index.csv:812: no audio stream");
  }
}

TEST(Error, ContextKeepsTheType) {
  EXPECT_THROW(with_context("pupil.toml", [] { throw UsageError("--epochs: 'x' is not a number"); }),
               UsageError);
  EXPECT_THROW(with_context("store", [] { throw DiskError("no space left on device"); }), DiskError);
}

TEST(Error, WithContextReturnsTheResult) {
  EXPECT_EQ(with_context("x", [] { return 7; }), 7);
}

}  // namespace pupil
