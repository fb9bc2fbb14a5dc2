// SPDX-License-Identifier: Apache-2.0
#include "pupil/edge/status.h"

#include <gtest/gtest.h>

namespace pupil::edge {

TEST(Status, EveryValueHasAText) {
  EXPECT_STREQ(to_string(Status::ok), "ok");
  EXPECT_STREQ(to_string(Status::wrong_version), "model file of another version");
  EXPECT_STREQ(to_string(static_cast<Status>(200)), "unknown status");
}

}  // namespace pupil::edge
