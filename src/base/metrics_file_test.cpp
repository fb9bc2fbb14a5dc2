// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

ino_t inode(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_ino;
}

TEST(MetricsFile, ReadsAllButATornLastLine) {
  const TestFolder folder;
  std::ofstream(folder / "m") << "{\"step\":1}\n{\"step\":2}\n{\"step\":3,\"lo";
  EXPECT_EQ(read_metrics(folder / "m").size(), 2U);
}

TEST(MetricsFile, ALineTornWithinTheFileIsNoMetrics) {
  const TestFolder folder;
  std::ofstream(folder / "m") << "{\"step\":1}\n{\"st\n{\"step\":3}\n";
  try {
    read_metrics(folder / "m");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("m:2: "), std::string::npos) << error.what();
  }
}

TEST(MetricsFile, ResumingKeepsWhatIsNotRepeatedAndDropsTheTornLine) {
  const TestFolder folder;
  std::ofstream(folder / "m") << "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4,";
  MetricsFile metrics(folder / "m", 2);
  Json line;
  line.set("step", 3);
  metrics.append(line);
  EXPECT_EQ(content(folder / "m"), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

// A kill between emptying and writing would lose every line.
TEST(MetricsFile, ResumingReplacesTheFileWhole) {
  const TestFolder folder;
  std::ofstream(folder / "m") << "{\"step\":1}\n";
  std::filesystem::create_hard_link(folder / "m", folder / "old");
  const MetricsFile metrics(folder / "m", 1);
  EXPECT_NE(inode(folder / "m"), inode(folder / "old"));
  EXPECT_EQ(content(folder / "old"), content(folder / "m"));
}

}  // namespace
}  // namespace pupil
