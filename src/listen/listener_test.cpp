// SPDX-License-Identifier: Apache-2.0
#include "listen/listener.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

constexpr std::chrono::milliseconds kModelHop{120};  // 100 ms, as near as the network can do

// Forwards to a sink that outlives the listener, and acts when it sees something.
struct ForwardSink : Sink {
  explicit ForwardSink(MemorySink& to) : to_(to) {}
  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override {
    to_.configured(sources, models);
  }
  void source_changed(const SourceStatus& status) override { to_.source_changed(status); }
  void window_scored(const ScoredWindow& window) override {
    to_.window_scored(window);
    if (on_window) on_window();
  }
  void event_ended(const Event& event) override { to_.event_ended(event); }
  void tick(Time) override {
    if (on_tick) on_tick();
  }
  std::function<void()> on_window, on_tick;
  MemorySink& to_;
};

class Listeners : public ::testing::Test {
 protected:
  Listeners() {
    write_tone_model(folder / "m.pupil");
    config = default_listen_config((folder / "m.pupil").string());
    write_samples(folder / "scene.raw", test_noise(5) + test_tone(2) + test_noise(5, 2));
    config.sources = {
        {.name = "yard", .input = concat("cmd:cat ", (folder / "scene.raw").string(), "; sleep 100")}};
    sinks.push_back(std::make_unique<ForwardSink>(seen));
  }
  ForwardSink& sink() { return static_cast<ForwardSink&>(*sinks.front()); }

  TestFolder folder;
  ListenConfig config;
  MemorySink seen;
  std::vector<std::unique_ptr<Sink>> sinks;
  SignalQueue signals;
};

TEST_F(Listeners, ListensUntilItIsAskedToEnd) {
  sink().on_tick = [&] {
    if (!seen.ended.empty()) ::raise(SIGTERM);
  };
  Listener listener(config, nullptr, std::move(sinks), signals);
  listener.run();
  ASSERT_EQ(seen.ended.size(), 1U);
  EXPECT_EQ(seen.ended[0].class_name, "tone");
  EXPECT_EQ(seen.configured_count, 1);
}

TEST_F(Listeners, TakesOverAModelThatIsReplaced) {
  config.sources[0].input =
      concat("cmd:while :; do cat ", (folder / "scene.raw").string(), "; sleep 0.1; done");
  int ticks = 0;
  sink().on_tick = [&] {
    if (++ticks == 2) std::ofstream(folder / "m.pupil", std::ios::binary) << "no model";
    if (ticks == 5) write_tone_model(folder / "m.pupil", 2);
    if (seen.configured_count == 2 || ticks > 30) ::raise(SIGTERM);
  };
  Listener listener(config, nullptr, std::move(sinks), signals);
  listener.run();
  ASSERT_EQ(seen.configured_count, 2);
  EXPECT_NE(seen.hashes[0], seen.hashes[1]);
  for (std::size_t i = 1; i < seen.window_ends.size(); ++i)
    ASSERT_LE(seen.window_ends[i] - seen.window_ends[i - 1], kModelHop) << i;
}

TEST_F(Listeners, PassesOverASourceThatIsSwitchedOff) {
  config.sources[0].input =
      concat("cmd:while :; do cat ", (folder / "scene.raw").string(), "; sleep 0.1; done");
  DetectionSwitches switches;
  std::size_t at_off = 0, still = 0;
  Time switched_on;
  int ticks = 0;
  sink().on_tick = [&] {
    ++ticks;
    if (ticks == 2) switches.set("yard", false);
    if (ticks == 3) at_off = seen.window_ends.size();
    if (ticks == 5) {
      still = seen.window_ends.size();
      switched_on = Moment::now().utc;
      switches.set("yard", true);
    }
    if (ticks == 7) ::raise(SIGTERM);
  };
  Listener listener(config, nullptr, std::move(sinks), signals);
  listener.follow(switches);
  listener.run();
  EXPECT_GT(at_off, 0U);
  EXPECT_EQ(still, at_off) << "nothing is scored while it is off";
  ASSERT_GT(seen.window_ends.size(), still);
  // A piece that waited in the pipe begins the new count, so that a scene's length is the slack.
  EXPECT_NEAR(std::chrono::duration<double>(seen.window_ends[still] - switched_on).count(), 0, 13);
  std::vector<bool> told;
  for (const SourceStatus& status : seen.statuses) {
    if (told.empty() || told.back() != status.detecting) told.push_back(status.detecting);
  }
  EXPECT_EQ(told, (std::vector<bool>{true, false, true}));
}

TEST_F(Listeners, ReadsItsConfigurationAgain) {
  const auto write = [&](const std::string& more) {
    std::ofstream(folder / "listen.toml")
        << "[[model]]\npath = \"m.pupil\"\n[[source]]\nname = \"yard\"\ninput = \"" << config.sources[0].input
        << "\"\n"
        << more;
  };
  write("");
  int ticks = 0;
  sink().on_tick = [&] {
    ++ticks;
    if (ticks == 1) write("[[source]]\nname = \"gate\"\ninput = \"cmd:cat /dev/urandom\"\n");
    if (ticks == 3) write("[events]\nvotes = 99\n");
    if (ticks == 1 || ticks == 3) ::raise(SIGHUP);
    if (ticks == 4) ::raise(SIGTERM);
  };
  Listener listener(load_listen_config(folder / "listen.toml"), nullptr, std::move(sinks), signals);
  listener.run();
  EXPECT_EQ(seen.configured_count, 2) << "the second was bad";
  int yard_starts = 0, gate_starts = 0;
  for (const SourceStatus& status : seen.statuses) {
    if (status.state != SourceState::starting) continue;
    (status.source == "yard" ? yard_starts : gate_starts) += 1;
  }
  EXPECT_EQ(yard_starts, 1) << "the one that stayed was not touched";
  EXPECT_EQ(gate_starts, 1);
}

TEST_F(Listeners, NamesAModelThatIsNone) {
  std::ofstream(folder / "bad.pupil") << "no model";
  config.models.push_back({.name = "bad", .path = (folder / "bad.pupil").string()});
  { const Listener good(config, nullptr, {}, signals); }
  config.models.erase(config.models.begin());
  try {
    const Listener bad(config, nullptr, {}, signals);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find((folder / "bad.pupil").string()), 0U) << error.what();
  }
}

TEST_F(Listeners, TellsTheServiceManager) {
  const std::string path = (folder / "notify").string();
  const int handle = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "100000", 1);
  int ticks = 0;
  sink().on_tick = [&] {
    if (++ticks == 3) ::raise(SIGTERM);
  };
  Listener listener(config, nullptr, std::move(sinks), signals);
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  listener.run();
  std::string text;
  char message[200];
  for (ssize_t count = 0; (count = ::recv(handle, message, sizeof message, 0)) > 0;)
    text.append(message, static_cast<std::size_t>(count));
  ::close(handle);
  EXPECT_NE(text.find("READY=1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("WATCHDOG=1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("STATUS=1 of 1 source listening\n"), std::string::npos) << text;
  EXPECT_EQ(text.substr(text.size() - 11), "STOPPING=1\n");
}

}  // namespace
}  // namespace pupil::listen
