// SPDX-License-Identifier: Apache-2.0
#include "corpus/class_examples.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

Project project_with_examples(const TestFolder& folder, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) folder.write(concat("cans/", i, ".wav"), "any bytes");
  folder.write("cans/notes.txt", "no audio");
  Project project;
  project.dir = folder.path();
  project.classes.push_back({.name = "can opening", .examples = "cans/"});
  return project;
}

std::string fault(const Project& project) {
  try {
    read_project_sources(project);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ClassExamples, AreASourceThatTrains) {
  const TestFolder folder;
  const Project project = project_with_examples(folder, 3);
  const std::vector<Source> sources = read_project_sources(project);
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].name, std::filesystem::canonical(folder.path() / "cans").string());
  ASSERT_EQ(sources[0].items.size(), 3U) << "not the text";
  EXPECT_EQ(sources[0].items[1].path, "1.wav");
  EXPECT_EQ(sources[0].items[1].split, Split::train);
  EXPECT_EQ(sources[0].items[1].given.at(0).label, "can opening");
}

TEST(ClassExamples, TooFewTooManyOrNoneAreNamed) {
  const TestFolder few, many, none;
  EXPECT_NE(fault(project_with_examples(few, 2)).find("cans/: 2 clips show a class badly; put 3 to 50 there"),
            std::string::npos);
  EXPECT_NE(fault(project_with_examples(many, 51)).find("51 clips, and 50 examples at most"),
            std::string::npos);
  Project project;
  project.dir = none.path();
  project.classes.push_back({.name = "knock", .examples = "knocks"});
  EXPECT_NE(fault(project).find("examples of class 'knock': "), std::string::npos);
  EXPECT_NE(fault(project).find("knocks: no such folder of examples"), std::string::npos);
}

}  // namespace
}  // namespace pupil::corpus
