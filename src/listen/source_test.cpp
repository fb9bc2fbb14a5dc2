// SPDX-License-Identifier: Apache-2.0
#include "listen/source.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "base/text.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

struct Watcher : SourceObserver {
  void source_audio(Source&, std::span<const std::int16_t> samples, bool gap) override {
    count += std::ssize(samples);
    gaps += gap ? 1 : 0;
  }
  void source_changed(Source& source) override {
    states += concat(states.empty() ? "" : " ", name_of(source.status().state));
    reasons.push_back(source.status().reason);
  }
  std::int64_t count = 0;
  int gaps = 0;
  std::string states;
  std::vector<std::string> reasons;
};

class Sources : public ::testing::Test {
 protected:
  Source make(std::string input, InputSpec spec = {}) {
    spec.name = "yard";
    spec.input = std::move(input);
    return Source(spec, kTestRateHz, watcher, 1);
  }

  // Runs the source with a clock of its own, ten steps a second of it, until `done` or for so many seconds of that clock. A
  // step takes some true milliseconds; more while a program starts.
  template <typename Done>
  bool run(Source& source, double seconds, const Done& done) {
    for (const double end = now_s + seconds; now_s < end; now_s += 0.1) {
      pollfd waits[] = {{source.output(), POLLIN, 0}, {source.errors(), POLLIN, 0}};
      ::poll(waits, 2, source.status().state == SourceState::starting ? 20 : 4);
      if (waits[1].revents != 0) source.errors_readable();
      if (waits[0].revents != 0) source.readable(test_moment(now_s));
      source.tick(test_moment(now_s));
      if (done()) return true;
    }
    return false;
  }

  bool reaches(Source& source, SourceState state, double seconds = 200) {
    return run(source, seconds, [&] { return source.status().state == state; });
  }

  Watcher watcher;
  double now_s = 0;
};

constexpr const char* kEndless = "cmd:while :; do head -c 3200 /dev/urandom; sleep 0.02; done";
constexpr const char* kZeros = "cmd:cat /dev/zero";  // as fast as it is read: no step passes without

TEST_F(Sources, ReadsAProgramToItsEndAndStartsItAgain) {
  Source source = make("cmd:head -c 32000 /dev/urandom; echo broken >&2; exit 3");
  ASSERT_TRUE(run(source, 100, [&] { return watcher.count >= 32000; }));
  EXPECT_EQ(watcher.gaps, 2);
  EXPECT_EQ(watcher.states.substr(0, 44), "starting listening waiting starting listenin");
  EXPECT_EQ(watcher.reasons[2].substr(0, 49), "the program ended (exit code 3): broken; again in");
  EXPECT_GT(source.status().lost_samples, 0);
}

TEST_F(Sources, EndsWithARecording) {
  const TestFolder folder;
  write_samples(folder / "a.raw", test_noise(1));
  if (std::system(concat("ffmpeg -v error -f s16le -ar 16000 -ac 1 -i ", (folder / "a.raw").string(), " ",
                         (folder / "a.wav").string())
                      .c_str()) != 0)
    GTEST_SKIP() << "ffmpeg is absent";
  Source source = make((folder / "a.wav").string());
  ASSERT_TRUE(reaches(source, SourceState::ended));
  EXPECT_EQ(watcher.count, kTestRateHz);
  EXPECT_EQ(watcher.states, "starting listening ended");
}

TEST_F(Sources, AProgramThatIsMissingIsSaidAndTriedAgain) {
  Source source = make("cmd:no-such-program-here");
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  ASSERT_TRUE(reaches(source, SourceState::starting));
  EXPECT_NE(watcher.reasons[1].find("is it installed?"), std::string::npos) << watcher.reasons[1];
}

TEST_F(Sources, ACardThatIsAbsentAtStartIsWaitedFor) {
  Source source = make("mic:NoSuchCard");
  ASSERT_TRUE(run(source, 40, [&] { return source.status().restarts >= 4; }));
  EXPECT_EQ(watcher.reasons[0].substr(0, 27), "no sound card 'NoSuchCard':");
}

TEST_F(Sources, AProgramThatStopsGivingIsReplaced) {
  Source source = make("cmd:head -c 3200 /dev/urandom; sleep 1000");
  ASSERT_TRUE(reaches(source, SourceState::listening));
  const double stalled_from = now_s;
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  EXPECT_NEAR(now_s - stalled_from, 10, 1);
  EXPECT_EQ(watcher.states, "starting listening stalled waiting");
}

TEST_F(Sources, AProgramThatNeverGivesIsReplaced) {
  Source source = make("cmd:sleep 1000");
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  EXPECT_NEAR(now_s, 20, 1);
}

TEST_F(Sources, AStoppedChildIsReplaced) {
  Source source = make(kEndless);
  ASSERT_TRUE(reaches(source, SourceState::listening));
  std::int64_t children = 0;
  ASSERT_TRUE(run(source, 10, [&] { return ++children > 5; }));
  const std::string group = [] {  // the youngest child's group
    std::FILE* pipe = ::popen("pgrep -P $PPID | tail -n +1", "r");
    char text[200] = {};
    (void)!std::fgets(text, sizeof text, pipe);
    ::pclose(pipe);
    return std::string(text);
  }();
  ASSERT_FALSE(group.empty());
  ::kill(-std::atoi(group.c_str()), SIGSTOP);
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  ASSERT_TRUE(reaches(source, SourceState::listening));
}

TEST_F(Sources, ADeadMicrophoneIsSeenAndStartedAgain) {
  Source source = make(kZeros);
  ASSERT_TRUE(reaches(source, SourceState::silent));
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  EXPECT_EQ(watcher.states, "starting listening silent waiting");
}

TEST_F(Sources, ACameraThatGatesItsSoundIsLeftAlone) {
  InputSpec spec;
  spec.zeros = "accept";
  Source source = make(kZeros, spec);
  ASSERT_TRUE(reaches(source, SourceState::silent));
  EXPECT_FALSE(reaches(source, SourceState::waiting, 100));
}

TEST_F(Sources, LeavesNoPasswordInItsReasons) {
  Source source = make("cmd:echo cannot open rtsp://anna:secret@camera/x >&2; exit 1");
  ASSERT_TRUE(reaches(source, SourceState::waiting));
  for (const std::string& reason : watcher.reasons)
    EXPECT_EQ(reason.find("secret"), std::string::npos) << reason;
}

TEST_F(Sources, ItsChildrenEndWithIt) {
  const TestFolder folder;
  const std::string mark = (folder / "alive").string();
  {
    Source source = make("cmd:(while :; do touch " + mark + "; sleep 0.05; done) & cat /dev/urandom");
    ASSERT_TRUE(reaches(source, SourceState::listening));
    ASSERT_TRUE(run(source, 20, [&] { return std::filesystem::exists(mark); }));
  }
  ::usleep(100'000);
  std::filesystem::remove(mark);
  ::usleep(300'000);
  EXPECT_FALSE(std::filesystem::exists(mark)) << "a grandchild is alive";
}

// arecord's own words, from a device that offers other formats than asked for.
TEST_F(Sources, SaysWhatADeviceGives) {
  Source source = make(
      "cmd:echo 'Plug PCM: Rate conversion PCM (48000, sformat=S16_LE)' >&2;"
      "printf 'Its setup is:\\n  format       : S16_LE\\n  channels     : 1\\n  rate         : 16000\\n' >&2;"
      "printf 'Its setup is:\\n  format       : S24_3LE\\n  channels     : 2\\n  rate         : 48000\\n' >&2;"
      "sleep 0.2; head -c 32000 /dev/urandom; sleep 100");
  ASSERT_TRUE(reaches(source, SourceState::listening));
  EXPECT_EQ(source.status().reason,
            "the device gives S24_3LE, 48000 Hz, 2 channels; ALSA converts it to 16000 Hz, mono");
}

// A program of ffmpeg's name that is a camera which refuses to send its sound alone.
TEST_F(Sources, ACameraThatRefusesItsSoundAloneIsAskedForEverything) {
  const TestFolder folder;
  write_line(folder / "ffmpeg",
             "#!/bin/sh\ncase \"$*\" in *allowed_media*) echo 'method SETUP failed: 461' >&2; exit 1;; esac\n"
             "cat /dev/urandom");
  std::filesystem::permissions(folder / "ffmpeg", std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", concat(folder.path().string(), ":", path).c_str(), 1);
  Source source = make("rtsp://camera/live");
  EXPECT_TRUE(reaches(source, SourceState::listening));
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(source.status().restarts, 2);
  EXPECT_NE(source.status().reason.find("video comes too"), std::string::npos) << source.status().reason;
}

TEST_F(Sources, CountsWhatAnOverrunCost) {
  Source source =
      make("cmd:head -c 3200 /dev/urandom; echo 'overrun!!! (at least 250.000 ms long)' >&2; sleep 100");
  ASSERT_TRUE(run(source, 5, [&] { return source.status().lost_samples > 0; }));
  EXPECT_EQ(source.status().lost_samples, kTestRateHz / 4);
}

}  // namespace
}  // namespace pupil::listen
