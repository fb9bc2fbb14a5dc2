// SPDX-License-Identifier: Apache-2.0
#include "review/outlook.h"

#include <gtest/gtest.h>

#include "corpus/test_project.h"

namespace pupil::review {
namespace {

using corpus::TestFolder;

TEST(Outlook, SaysWhereToGoOnAndWhereToStop) {
  const TestFolder dir;
  dir.write("label/verdicts.json",
            R"({"labels": "ab", "head_share": 0.5, "classes": [
      {"name": "dog", "verdicts": 12, "accuracy_now": 0.81, "accuracy_more": 0.862, "gain_error": 0.03,
       "more_verdicts": 10, "enough": false},
      {"name": "cat", "verdicts": 40, "accuracy_now": 0.953, "accuracy_more": 0.955, "gain_error": 0.001,
       "more_verdicts": 10, "enough": true}]})");
  const std::vector<ClassOutlook> outlook = read_outlook(dir.path());
  ASSERT_EQ(outlook.size(), 2U);
  EXPECT_EQ(outlook_text(outlook[0]), "10 more would lift it from 81 to 86 % (+- 3)");
  EXPECT_EQ(outlook_text(outlook[1]), "95 % right; enough");
  EXPECT_EQ(outlook_json(outlook).as_array()[1].at("class").as_string(), "cat");
}

TEST(Outlook, IsNoneWhereThereIsNoneOrItIsDamaged) {
  const TestFolder dir;
  EXPECT_TRUE(read_outlook(dir.path()).empty());
  for (const char* text : {"", "[]", "{}", R"({"classes": [{"name": "dog"}]})", R"({"classes": 7})"}) {
    dir.write("label/verdicts.json", text);
    EXPECT_TRUE(read_outlook(dir.path()).empty()) << text;
  }
}

}  // namespace
}  // namespace pupil::review
