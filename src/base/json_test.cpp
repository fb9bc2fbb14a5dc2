// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>

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
