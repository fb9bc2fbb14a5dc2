// SPDX-License-Identifier: Apache-2.0
#include "submit/quota.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace pupil::submit {
namespace {

using std::chrono::seconds;
const Quota::Clock::time_point kStart{};

TEST(Quota, StopsOneSenderAndNotOthers) {
  QuotaLimits limits;
  limits.sender_files = 2;
  Quota quota(limits, {});
  quota.add("a", 10);
  EXPECT_EQ(quota.attempt("a", kStart), "");
  quota.add("a", 10);
  EXPECT_NE(quota.attempt("a", kStart).find("from one person"), std::string::npos);
  EXPECT_EQ(quota.attempt("b", kStart), "");
}

TEST(Quota, StopsASenderByBytes) {
  QuotaLimits limits;
  limits.sender_bytes = 100;
  Quota quota(limits, {});
  quota.add("a", 100);
  EXPECT_NE(quota.attempt("a", kStart), "");
}

TEST(Quota, StopsEverybodyWhenAllIsFull) {
  QuotaLimits limits;
  limits.files = 2;
  Quota quota(limits, {});
  quota.add("a", 1);
  quota.add("b", 1);
  EXPECT_NE(quota.attempt("c", kStart).find("has been sent already"), std::string::npos);
  limits.files = 10;
  limits.bytes = 2;
  Quota by_bytes(limits, {});
  by_bytes.add("a", 2);
  EXPECT_NE(by_bytes.attempt("c", kStart), "");
}

TEST(Quota, KnowsWhatWasThereBefore) {
  const corpus::Submission present[] = {{"x", "a", "", "", "", 60}, {"y", "a", "", "", "", 60}};
  QuotaLimits limits;
  limits.sender_bytes = 100;
  Quota quota(limits, present);
  EXPECT_EQ(quota.file_count("a"), 2);
  EXPECT_EQ(quota.file_count("b"), 0);
  EXPECT_NE(quota.attempt("a", kStart), "");
}

TEST(Quota, SlowsOneSenderDownForAMinute) {
  QuotaLimits limits;
  limits.sender_attempts = 3;
  Quota quota(limits, {});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(quota.attempt("a", kStart + seconds(i)), "");
  EXPECT_NE(quota.attempt("a", kStart + seconds(59)).find("in a minute"), std::string::npos);
  EXPECT_EQ(quota.attempt("b", kStart + seconds(59)), "");
  EXPECT_EQ(quota.attempt("a", kStart + seconds(60)), "") << "the first is a minute ago";
  EXPECT_NE(quota.attempt("a", kStart + seconds(60)), "");
}

TEST(Quota, SlowsSendersDownWhoAreOneUnderManyNames) {
  QuotaLimits limits;
  limits.attempts = 5;
  Quota quota(limits, {});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(quota.attempt(concat("name ", i), kStart), "");
  EXPECT_NE(quota.attempt("another", kStart), "");
}

}  // namespace
}  // namespace pupil::submit
