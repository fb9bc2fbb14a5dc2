// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/command.h"

#include <gtest/gtest.h>

#include "base/read_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "listen/sinks/payload.h"
#include "listen/sinks/test_findings.h"

namespace pupil::listen {
namespace {

TEST(CommandSink, GivesTheEventToAProgram) {
  const TestFolder folder;
  {
    CommandSink sink({.command = {"tee", folder / "out"}});
    sink.event_ended(test_event());
  }
  EXPECT_EQ(read_text(folder / "out"), event_json(test_event()).dump() + "\n");
}

TEST(CommandSink, TakesWordsAsTheyAre) {
  const TestFolder folder;
  const std::string odd = folder / "a; touch b $(touch c)";
  {
    CommandSink sink({.command = {"tee", odd}});
    sink.event_ended(test_event());
  }
  EXPECT_TRUE(std::filesystem::exists(odd));
  EXPECT_EQ(folder.file_count(), 1u);
}

TEST(CommandSink, RunsSoManyAtATime) {
  const TestFolder folder;
  const std::string script =
      concat("mkdir ", folder.path().string(), "/lock && sleep 0.05 && rmdir ", folder.path().string(),
             "/lock && echo >> ", folder.path().string(), "/done");
  {
    CommandSink sink({.command = {"sh", "-c", script}, .concurrency = 1});
    for (int i = 0; i < 5; ++i) sink.event_ended(test_event());
    EXPECT_TRUE(wait_for(
        [&] { return std::filesystem::exists(folder / "done") && read_text(folder / "done").size() == 5; }));
  }
}

TEST(CommandSink, EndsAProgramThatTakesTooLong) {
  const TestFolder folder;
  CommandSink sink({.command = {"sh", "-c",
                                concat("trap 'touch ", folder.path().string(),
                                       "/ended; exit' TERM; while :; do sleep 0.01; done")},
                    .timeout_s = 0.5});
  sink.event_ended(test_event());
  EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(folder / "ended"); }));
}

TEST(CommandSink, NamesAProgramThatIsNotThere) {
  EXPECT_THROW(CommandSink({.command = {"no-such-program"}}), Error);
  EXPECT_THROW(CommandSink({.command = {"/etc/passwd"}}), Error);
  EXPECT_THROW(CommandSink({.command = {}}), Error);
}

}  // namespace
}  // namespace pupil::listen
