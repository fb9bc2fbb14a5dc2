// SPDX-License-Identifier: Apache-2.0
#include "teacher/audioset_classes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace pupil::teacher {
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> all(audioset_class_names().begin(), audioset_class_names().end());
  return all;
}

std::string failure(std::string_view name) {
  try {
    class_position(names(), name);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(AudioSetClasses, AreFoundByName) {
  ASSERT_EQ(names().size(), 527u);
  EXPECT_EQ(class_position(names(), "Speech"), 0u);
  EXPECT_EQ(class_position(names(), "Bark"), 75u);
  EXPECT_EQ(class_position(names(), "bow-wow"), class_position(names(), "Bow-wow"));
  EXPECT_EQ(class_position(names(), "Field recording"), 526u);
}

TEST(AudioSetClasses, UnknownNamesGetTheNearestKnown) {
  EXPECT_EQ(failure("Barck"), "no AudioSet class 'Barck', did you mean 'Bark'?");
  EXPECT_EQ(failure("xylophone of doom"), "no AudioSet class 'xylophone of doom'");
}

TEST(AudioSetClasses, TheListIsThatOfThePublishedFile) {
  const std::string path =
      std::string(PUPIL_SHARED_DIR) + "/weights/efficientat_mn04/class_labels_indices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  EXPECT_EQ(read_class_names(path), names());
}

TEST(AudioSetClasses, ReadsQuotedNamesAndRefusesOthers) {
  const auto path = std::filesystem::temp_directory_path() / "pupil_class_labels_test.csv";
  std::ofstream(path) << "index,mid,display_name\n0,/m/1,\"A, \"\"b\"\"\"\r\n1,/m/2,C\n";
  EXPECT_EQ(read_class_names(path), (std::vector<std::string>{"A, \"b\"", "C"}));
  std::ofstream(path) << "index,mid,display_name\n0,/m/1,A\n2,/m/2,C\n";
  EXPECT_THROW(read_class_names(path), Error);
  std::filesystem::remove(path);
  EXPECT_THROW(read_class_names(path), Error);
}

}  // namespace
}  // namespace pupil::teacher
