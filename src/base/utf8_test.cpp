// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil {
namespace {

TEST(Utf8, EveryLengthComesBack) {
  for (const char32_t code : {0x24, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
    std::string text = "a";
    append_utf8(text, code);
    const auto chars = decode_utf8(text + "b");
    ASSERT_EQ(chars.size(), 3u);
    EXPECT_EQ(chars[1].code, code);
    EXPECT_EQ(chars[1].size_bytes, text.size() - 1);
    EXPECT_EQ(chars[2].offset_bytes, text.size());
  }
}

TEST(Utf8, WhatIsNotWellFormedIsNone) {
  for (const char* bytes :
       {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_at(bytes, 0).size_bytes, 0u) << bytes;
    EXPECT_THROW(decode_utf8(bytes), Error) << bytes;
  }
}

TEST(Utf8, SpacesOfAnyScript) {
  for (const char32_t code : {0x9, 0x20, 0x85, 0xa0, 0x2003, 0x3000})
    EXPECT_TRUE(is_space(code)) << std::uint32_t{code};
  for (const char32_t code : {0x0, 0x41, 0x200b, 0xfeff}) EXPECT_FALSE(is_space(code)) << std::uint32_t{code};
}

}  // namespace
}  // namespace pupil
