// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/json_lines.h"

#include <gtest/gtest.h>

#include "base/read_file.h"
#include "base/test_folder.h"
#include "listen/sinks/payload.h"
#include "listen/sinks/test_findings.h"

namespace pupil::listen {
namespace {

TEST(JsonLines, WritesALineForEachEvent) {
  const TestFolder folder;
  JsonLines sink({.path = folder / "events.jsonl"});
  sink.event_ended(test_event());
  sink.near_miss(test_miss());
  EXPECT_EQ(read_text(folder / "events.jsonl"), event_json(test_event()).dump() + "\n");
}

TEST(JsonLines, RotatesAndKeepsSoMany) {
  const TestFolder folder;
  JsonLines sink({.path = folder / "e", .max_bytes = 1000, .keep = 2});
  for (int i = 0; i < 20; ++i) sink.event_ended(test_event());
  EXPECT_EQ(folder.file_count(), 3u);
  for (const char* name : {"e", "e.1", "e.2"}) {
    EXPECT_LE(read_text(folder / name).size(), 1000u);
    EXPECT_TRUE(read_text(folder / name).ends_with("}\n"));
  }
}

TEST(JsonLines, FollowsWhenAnotherProgramMovesTheFile) {
  const TestFolder folder;
  JsonLines sink({.path = folder / "e"});
  std::filesystem::rename(folder / "e", folder / "moved");
  sink.tick(test_time());
  sink.event_ended(test_event());
  EXPECT_EQ(read_text(folder / "moved"), "");
  EXPECT_NE(read_text(folder / "e"), "");
}

TEST(JsonLines, GoesOnWhileTheDiskIsFull) {
  JsonLines sink({.path = "/dev/full"});
  for (int i = 0; i < 3; ++i) sink.event_ended(test_event());
}

TEST(JsonLines, SaysThatAFileCannotBeOpened) {
  EXPECT_THROW(JsonLines({.path = "/nowhere/e"}), Error);
}

}  // namespace
}  // namespace pupil::listen
