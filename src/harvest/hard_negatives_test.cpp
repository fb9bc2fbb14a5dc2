// SPDX-License-Identifier: Apache-2.0
#include "harvest/hard_negatives.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/test_project.h"

namespace pupil::harvest {
namespace {

class HardNegatives : public testing::Test {
 protected:
  HardNegatives() {
    project_.dir = folder_.path();
    folder_.write("model/pupil.pupil", "model");
  }

  void write_report(const std::string& confusions) {
    folder_.write("report/report.json",
                  concat(R"({"model": {"sha256": ")", sha256_hex("model"), R"("}, )", confusions, "}"));
  }

  std::string error() {
    try {
      read_confusions(project_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  corpus::TestFolder folder_;
  Project project_;
};

TEST_F(HardNegatives, MostFalseAlarmsComeFirst) {
  write_report(R"("confusions": [
    {"sound": "cat", "taken_for": ["whine"], "false_alarms": 2, "prompts": ["a cat meowing", "a cat purring"]},
    {"sound": "never", "false_alarms": 0, "prompts": ["x"]},
    {"sound": "door", "taken_for": ["bark", "whine"], "false_alarms": 7, "prompts": ["a door closing"]}])");
  const std::vector<Confusion> confusions = read_confusions(project_);
  ASSERT_EQ(confusions.size(), 2u);
  EXPECT_EQ(confusions[0].sound.name, "door");
  EXPECT_EQ(confusions[0].taken_for, (std::vector<std::string>{"bark", "whine"}));
  EXPECT_EQ(confusions[1].sound.prompts, (std::vector<std::string>{"a cat meowing", "a cat purring"}));
}

TEST_F(HardNegatives, AMissingOldOrDamagedReportIsSaidInOneLineWithTheCommand) {
  const auto expect = [&](const char* words) {
    const std::string message = error();
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("pupil evaluate " + folder_.path().string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  };
  expect("there is no report");
  write_report(R"("false_alarms": [])");
  expect("an earlier pupil");
  write_report(R"("confusions": [)");
  expect("report.json");
  write_report(R"("confusions": [])");
  EXPECT_EQ(error(), "");
  folder_.write("model/pupil.pupil", "another");
  expect("another model");
}

TEST_F(HardNegatives, RowsOfOtherShapesArePassedOver) {
  write_report(
      R"("confusions": [7, null, {"sound": {}}, {"sound": "a\nb", "false_alarms": 1, "prompts": ["x"]},
    {"sound": "cat", "false_alarms": "many", "prompts": [7]}, {"sound": "cat", "false_alarms": 1e300, "prompts": ["x"]}])");
  EXPECT_TRUE(read_confusions(project_).empty());
}

}  // namespace
}  // namespace pupil::harvest
