// SPDX-License-Identifier: Apache-2.0
#include "base/name.h"

#include <gtest/gtest.h>

namespace pupil {
namespace {

using std::string_literals::operator""s;

TEST(Name, FileNamesStayInTheirFolder) {
  for (const std::string& name : {"yard"s, "yard 2"s, "Höfe"s, "a.b"s, "庭"s, "C"s})
    EXPECT_EQ(file_name_fault(name), "") << name;
  for (const std::string& name : {""s,        "."s,    ".."s,    ".hidden"s,  "a/b"s,
                                  "../../x"s, "/x"s,   "a\\b"s,  "con\n"s,    "a\0b"s,
                                  "a\tb"s,    " a"s,   "a "s,    "a\u00a0"s,  "a\u202e"s,
                                  "a\x7f"s,   "\xff"s, "a\xc3"s, "\xc0\xaf"s, std::string(201, 'x')}) {
    EXPECT_NE(file_name_fault(name), "") << name;
  }
}

TEST(Name, LabelsMayHaveSlashesAndDots) {
  EXPECT_EQ(label_fault("neg/human"), "");
  EXPECT_EQ(label_fault("...and so on"), "");
  EXPECT_EQ(label_fault("a\nb"), "has a line break or another character that cannot be seen");
  EXPECT_EQ(label_fault(" "), "begins or ends with a blank");
}

TEST(Name, FoldedNamesAreAlike) {
  EXPECT_EQ(folded_name("Dog"), folded_name(" dog "));
  EXPECT_EQ(folded_name("dog  bark"), folded_name("Dog\u00a0Bark"));
  EXPECT_EQ(folded_name("ÉLAN 𐐀"), folded_name("élan 𐐨"));
  EXPECT_NE(folded_name("dog"), folded_name("dogs"));
  EXPECT_NE(folded_name("dog bark"), folded_name("dogbark"));
}

}  // namespace
}  // namespace pupil
