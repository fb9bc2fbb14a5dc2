// SPDX-License-Identifier: Apache-2.0
#include "base/writable.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

TEST(Writable, AFolderOfOurs) {
  const TestFolder dir;
  EXPECT_TRUE(is_writable(dir.path()));
  EXPECT_NO_THROW(check_writable(dir.path()));
}

TEST(Writable, WhatIsAbsentIsNot) {
  const TestFolder dir;
  EXPECT_FALSE(is_writable(dir.path() / "none"));
  try {
    check_writable(dir.path() / "none");
    FAIL();
  } catch (const DiskError& error) {
    EXPECT_NE(std::string(error.what()).find("none: the file is not writable for user "), std::string::npos);
  }
}

}  // namespace
}  // namespace pupil
