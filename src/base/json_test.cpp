// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <new>

#include "base/error.h"

namespace pupil {

TEST(Json, WhatIsWrittenIsReadBack) {
  const char* text = R"({"a":[1,-2.5,true,null],"b":{"c":"x\n\"é"},"e":[],"o":{}})";
  EXPECT_EQ(parse_json(text).dump(), text);
}

TEST(Json, IndentedTextIsTheSameValue) {
  const Json value = parse_json(R"({"a":[1,2],"b":{}})");
  EXPECT_EQ(value.dump(2), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
  EXPECT_EQ(parse_json(value.dump(2)).dump(), value.dump());
}

TEST(Json, ACopyIsItsOwn) {
  const Json value = parse_json(R"({"a":[1,"two",[true,null,0.5]],"b":{"c":"x"}})");
  Json copy = value;
  EXPECT_EQ(copy.dump(), value.dump());
  copy.set("a", 1);
  copy = value;
  EXPECT_EQ(copy.dump(), value.dump());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // They want address space of their own.
TEST(Json, ACopyThatFindsNoMemoryIsRefused) {
  const Json value(Json::Array{"a string that is not small", std::string(64 << 20, 'x')});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + (16 << 20));
  ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
  EXPECT_THROW(Json copy(value), std::bad_alloc);
  EXPECT_THROW(Json copy(Json::Array{value}), std::bad_alloc);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
}
#endif

TEST(Json, FloatsKeepTheirShortForm) {
  EXPECT_EQ(Json(0.1f).dump(), "0.1");
  EXPECT_EQ(Json(std::nanf("")).dump(), "null");
}

TEST(Json, BrokenUtf8IsReplaced) {
  EXPECT_EQ(Json("a\xff").dump(), "\"a\xEF\xBF\xBD\"");
}

TEST(Json, ErrorsSayWhatWasFound) {
  EXPECT_THROW(parse_json("{\"a\": }"), Error);
  EXPECT_THROW(parse_json("{\"a\":1,\"a\":2}"), Error);
  EXPECT_THROW(parse_json(std::string(1000, '[')), Error);
  try {
    (void)parse_json("[1]").as_object();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "JSON: expected an object, found an array");
  }
}

TEST(Json, LargeObjectsAreReadInReasonableTime) {
  std::string text = "{";
  for (int i = 0; i < 60000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  text += "}";
  EXPECT_EQ(parse_json(text).as_object().size(), 60000u);
}

}  // namespace pupil
