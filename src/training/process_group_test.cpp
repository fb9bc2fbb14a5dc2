// SPDX-License-Identifier: Apache-2.0
// The processes of a group are threads here; tests/cases/processes.sh has real ones.
#include "training/process_group.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "base/test_folder.h"
#include "training/test_group.h"

namespace pupil::training {
namespace {

TEST(ProcessGroup, GathersInTheOrderOfRanks) {
  const auto errors = with_group(3, [](ProcessGroup& group) {
    std::vector<float> floats(6, -1);
    std::vector<double> doubles(3, -1);
    const auto index = static_cast<std::size_t>(group.rank().index);
    floats[2 * index] = static_cast<float>(index);
    floats[2 * index + 1] = 0.5F;
    doubles[index] = 1.0 / 3 + static_cast<double>(index);
    group.gather(floats);
    group.gather(doubles);
    EXPECT_EQ(floats, (std::vector<float>{0, 0.5F, 1, 0.5F, 2, 0.5F}));
    EXPECT_EQ(doubles, (std::vector<double>{1.0 / 3, 1.0 / 3 + 1, 1.0 / 3 + 2}));
  });
  EXPECT_EQ(errors, std::vector<std::string>(3));
}

TEST(ProcessGroup, SharesWhatTheFirstSays) {
  const auto errors = with_group(2, [](ProcessGroup& group) {
    EXPECT_EQ(group.share(group.is_first() ? "a set" : "unheard"), "a set");
    EXPECT_EQ(group.share(group.is_first() ? "" : "unheard"), "");
  });
  EXPECT_EQ(errors, std::vector<std::string>(2));
}

TEST(ProcessGroup, NamesTheProcessThatIsOfAnotherMind) {
  const auto errors = with_group(2, [](ProcessGroup& group) {
    group.require_same("{}", "configuration");
    group.require_same(group.is_first() ? "a" : "b", "configuration");
  });
  for (const std::string& error : errors)
    EXPECT_EQ(error, "process 1 has another configuration than process 0");
}

TEST(ProcessGroup, SaysThatAnotherIsGone) {
  const auto errors = with_group(2, [](ProcessGroup& group) {
    group.require_same("", "beginning");
    if (!group.is_first()) return;
    std::vector<float> values(2);
    group.gather(values);
  });
  EXPECT_NE(errors[0].find("another process of this training is gone"), std::string::npos) << errors[0];
}

TEST(ProcessGroup, WaitsForTheOthersOnlySoLong) {
  const TestFolder folder;
  try {
    ProcessGroup(folder / "meeting", {0, 2}, true, 0.5);
    FAIL() << "nobody came";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("process 0 of 2 does not find the others"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace pupil::training
