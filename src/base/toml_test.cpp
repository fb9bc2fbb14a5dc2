// SPDX-License-Identifier: Apache-2.0
#include "base/toml.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace pupil {
namespace {

std::string fault(std::string_view text) {
  try {
    parse_toml(text, "t.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Toml, ReadsEveryKindOfValue) {
  const TomlNode root = parse_toml(
      "a = \"x\\t\\u00e9\" # comment\nb = 'c:\\d'\nc = -1_000\nd = 0x1F\ne = 6.5e-1\nf = true\n"
      "g = [1, 2,\n 3, # three\n]\nh = {x = 1, y.z = 'w'}\n\"i j\" = inf\nk.l.m = 1\nk.l.n = 2\n",
      "t");
  EXPECT_EQ(root.find("a")->string(), "x\t\xc3\xa9");
  EXPECT_EQ(root.find("b")->string(), "c:\\d");
  EXPECT_EQ(root.find("c")->integer(), -1000);
  EXPECT_EQ(root.find("d")->integer(), 31);
  EXPECT_EQ(root.find("e")->number(), 0.65);
  EXPECT_TRUE(root.find("f")->boolean());
  EXPECT_EQ(root.find("g")->array().size(), 3U);
  EXPECT_EQ(root.find("h")->find("y")->find("z")->string(), "w");
  EXPECT_TRUE(std::isinf(root.find("i j")->number()));
  EXPECT_EQ(root.find("k")->find("l")->find("n")->integer(), 2);
  EXPECT_EQ(root.find("i j")->line, 11);
}

TEST(Toml, ReadsTablesAndArraysOfTables) {
  const TomlNode root = parse_toml(
      "[a.b]\nx = 1\n[a]\ny = 2\n[[s]]\nn = 1\n[s.t]\nq = 1\n[[s]]\nn = 2\n[[s.u]]\n[[s.u]]\r\nv = 3", "t");
  EXPECT_EQ(root.find("a")->find("b")->find("x")->integer(), 1);
  EXPECT_EQ(root.find("a")->find("y")->integer(), 2);
  ASSERT_TRUE(root.find("s")->is_array_of_tables());
  const TomlNode::Array& s = root.find("s")->array();
  ASSERT_EQ(s.size(), 2U);
  EXPECT_EQ(s[0].find("t")->find("q")->integer(), 1);
  EXPECT_EQ(s[1].find("u")->array()[1].find("v")->integer(), 3);
}

TEST(Toml, ReadsTextOfSeveralLines) {
  const TomlNode root = parse_toml("a = \"\"\"\none \\\n   two\nthree\"\"\"\"\nb = '''\nx\\y'''\n", "t");
  EXPECT_EQ(root.find("a")->string(), "one two\nthree\"");
  EXPECT_EQ(root.find("b")->string(), "x\\y");
  EXPECT_EQ(root.find("b")->line, 5);
}

TEST(Toml, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(fault("a = 1\na = 2"), "t.toml:2: 'a' is given twice");
  EXPECT_EQ(fault("a = \"x"), "t.toml:1: a string is not closed");
  EXPECT_EQ(fault("\n[a]\n[b]\n[a]"), "t.toml:4: [a] is given twice");
  EXPECT_EQ(fault("a = yard"), "t.toml:1: 'yard' is no value: text needs quotes");
  EXPECT_EQ(fault("a = 2026-11-29"),
            "t.toml:1: dates and times are not read: write \"2026-11-29\" in quotes");
  EXPECT_EQ(fault("a = [1 2]"), "t.toml:1: expected , or ] in an array, found '2'");
  EXPECT_EQ(fault("a 1"), "t.toml:1: expected = after the key, found '1'");
  EXPECT_EQ(fault("a = 1 b = 2"), "t.toml:1: expected the end of the line, found 'b'");
  EXPECT_EQ(fault("a = {x = 1}\na.y = 2"), "t.toml:2: 'a' is no table that can be added to");
  EXPECT_EQ(fault("a = \"\xff\""), "t.toml:1: is not UTF-8");
  EXPECT_EQ(fault("a = " + std::string(100, '[')), "t.toml:1: nested too deep");
}

TEST(Toml, RefusesNumbersThatAreNone) {
  for (const char* text :
       {"01", "1_", "_1", "1__0", "1.", ".5", "1e", "0x", "9223372036854775808", "--1", "1.e3", "1._0"})
    EXPECT_NE(fault(std::string("a = ") + text), "") << text;
  EXPECT_EQ(fault("a = -9223372036854775808\nb = 1e3\nc = 0.0\nd = +0\ne = 1.5_0"), "");
}

}  // namespace
}  // namespace pupil
