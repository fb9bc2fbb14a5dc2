// SPDX-License-Identifier: Apache-2.0
#include "web/message.h"

#include <gtest/gtest.h>

namespace pupil::web {
namespace {

void expect_range(std::string_view header, std::int64_t begin, std::int64_t end, bool whole) {
  const ByteRange range = read_range(header, 100);
  EXPECT_EQ(range.begin, begin) << header;
  EXPECT_EQ(range.end, end) << header;
  EXPECT_EQ(range.whole, whole) << header;
  EXPECT_FALSE(range.unsatisfiable) << header;
}

TEST(ReadRange, TakesOneRange) {
  expect_range("bytes=0-0", 0, 1, false);
  expect_range("bytes=10-", 10, 100, false);
  expect_range("bytes=10-500", 10, 100, false);
  expect_range("bytes=-30", 70, 100, false);
  expect_range("bytes=-300", 0, 100, false);
}

TEST(ReadRange, GivesTheWholeForWhatItDoesNotUnderstand) {
  for (const char* header : {"", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "items=0-1", "bytes=a-b",
                             "bytes=+1-2", "bytes=0-99999999999999999999"})
    expect_range(header, 0, 100, true);
}

TEST(ReadRange, SaysWhatLiesBehindTheEnd) {
  EXPECT_TRUE(read_range("bytes=100-", 100).unsatisfiable);
  EXPECT_TRUE(read_range("bytes=-0", 100).unsatisfiable);
  EXPECT_TRUE(read_range("bytes=0-", 0).unsatisfiable);
}

TEST(Cookie, IsFoundByItsWholeName) {
  Request request;
  request.headers = {{"cookie", "a=1; bb=2;b=3=4; b=5; c"}};
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("b"), "3=4");
  EXPECT_EQ(request.cookie("bb"), "2");
  EXPECT_EQ(request.cookie("c"), "");
  EXPECT_EQ(request.cookie("d"), "");
  EXPECT_EQ(Request().cookie("a"), "");
}

TEST(ReadForm, DecodesNamesAndValues) {
  Fields fields;
  ASSERT_TRUE(read_form("a=1&b=%C3%A4+x&c&=d", fields));
  EXPECT_EQ(fields, (Fields{{"a", "1"}, {"b", "\u00e4 x"}, {"c", ""}, {"", "d"}}));
}

TEST(ReadForm, RefusesBadEscapesAndControlCharacters) {
  Fields fields;
  for (const char* text : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%0a"})
    EXPECT_FALSE(read_form(text, fields)) << text;
}

}  // namespace
}  // namespace pupil::web
