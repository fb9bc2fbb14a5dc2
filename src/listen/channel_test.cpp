// SPDX-License-Identifier: Apache-2.0
#include "listen/channel.h"

#include "base/error.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

constexpr std::chrono::milliseconds kHop{120};  // 100 ms, as near as the network can do

namespace fs = std::filesystem;

class Channels : public ::testing::Test {
 protected:
  Channels() {
    write_tone_model(folder / "m.pupil");
    config = default_listen_config((folder / "m.pupil").string());
    config.events.merge_gap_s = 0.5;
    sinks.push_back(std::make_unique<MemorySink>());
    model = std::make_shared<const LoadedModel>(config.models.front(), (folder / "m.pupil").string());
  }

  MemorySink& sink() { return static_cast<MemorySink&>(*sinks.front()); }

  std::unique_ptr<Channel> make(Home* home = nullptr) {
    return std::make_unique<Channel>(config.sources.front(), Models{model},
                                     Channel::Shared{&config, home, sinks, true});
  }

  // Pushes in blocks of `block` samples as a source would.
  void push(Channel& channel, const std::vector<std::int16_t>& samples, std::size_t block = 1000) {
    for (std::size_t at = 0; at < samples.size(); at += block) {
      const auto piece = std::span(samples).subspan(at, std::min(block, samples.size() - at));
      if (!begun) clock.begin(test_moment(0), 0, false);
      begun = true;
      clock.arrived(test_moment(0), std::ssize(piece));
      channel.push(piece, clock, test_moment(0));
    }
  }

  // The peaks that a clip gives when it is scored by itself.
  float replayed_peak(const std::string& clip) {
    std::vector<std::int16_t> samples;
    const std::string raw = (folder / "clip.raw").string();
    const std::string words =
        "ffmpeg -v error -y -i '" + (folder / "home" / clip).string() + "' -f s16le " + raw;
    if (std::system(words.c_str()) != 0) return -1;
    const std::vector<std::byte> bytes = file_bytes(raw);
    samples.resize(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), 2 * samples.size());
    Lane lane(model, {kTwoOfThree}, 100, 0);
    float peak = 0;
    lane.push(samples, [&](const Lane::Window& window) { peak = std::max(peak, window.scores[0]); });
    return peak;
  }

  TestFolder folder;
  ListenConfig config;
  std::vector<std::unique_ptr<Sink>> sinks;
  std::shared_ptr<const LoadedModel> model;
  SourceClock clock{kTestRateHz};
  bool begun = false;
};

const std::vector<std::int16_t> kScene = test_noise(5) + test_tone(2) + test_noise(6, 2);

TEST_F(Channels, FindsAToneWhereItIs) {
  const auto channel = make();
  push(*channel, kScene);
  ASSERT_EQ(sink().started.size(), 1U);
  ASSERT_EQ(sink().ended.size(), 1U);
  const Event& event = sink().ended[0];
  EXPECT_EQ(event.class_name, "tone");
  EXPECT_EQ(event.model_sha256, model->sha256());
  EXPECT_EQ(event.no_clip_reason, "off");
  EXPECT_NEAR(static_cast<double>((event.onset - test_moment(5).utc).count()), 0, 400);
  EXPECT_NEAR(static_cast<double>((event.offset - test_moment(7).utc).count()), 0, 400);
  EXPECT_EQ(event.top.front().class_name, "tone");
  EXPECT_EQ(event.id, sink().started[0].id);
  EXPECT_NEAR(static_cast<double>(sink().frame_count), 13 * 100, 30);
}

TEST_F(Channels, GivesTheSameInWhateverBlocks) {
  const auto channel = make();
  push(*channel, kScene, 37);
  const auto scores = sink().scores;
  sinks.front() = std::make_unique<MemorySink>();
  begun = false;
  push(*make(), kScene, 100'000);
  EXPECT_EQ(sink().scores, scores);
}

TEST_F(Channels, ItsClipGivesTheVeryScores) {
  Home home(folder / "home", config.clips, kTestRateHz);
  const auto channel = make(&home);
  push(*channel, test_noise(0.7) + kScene);
  ASSERT_EQ(sink().ended.size(), 1U);
  const Event& event = sink().ended[0];
  ASSERT_NE(event.clip, "") << event.no_clip_reason;
  EXPECT_NEAR(event.clip_lead_s, config.clips.pre_roll_s, 0.2);
  const float peak = replayed_peak(event.clip);
  if (peak < 0) GTEST_SKIP() << "ffmpeg is absent";
  EXPECT_EQ(peak, event.peak_score);
}

TEST_F(Channels, ANearMissHasAClipWithTheVeryScore) {
  config.events.threshold = 0.9999;
  Home home(folder / "home", config.clips, kTestRateHz);
  const auto channel = make(&home);
  push(*channel, kScene + test_noise(60, 3));
  EXPECT_TRUE(sink().ended.empty());
  ASSERT_EQ(sink().misses.size(), 1U);
  const NearMiss& miss = sink().misses[0];
  EXPECT_EQ(miss.class_name, "tone");
  ASSERT_NE(miss.clip, "");
  const float peak = replayed_peak(miss.clip);
  if (peak < 0) GTEST_SKIP() << "ffmpeg is absent";
  EXPECT_EQ(peak, miss.score);
}

TEST_F(Channels, KeepsOnlyTheNearestOfAnHour) {
  config.events.threshold = 0.9999;
  config.near_misses.clips_per_hour = 1;
  Home home(folder / "home", config.clips, kTestRateHz);
  const auto channel = make(&home);
  auto faint = test_tone(2);
  for (auto& sample : faint) sample = static_cast<std::int16_t>(sample / 20);
  push(*channel, test_noise(2) + faint + test_noise(60) + kScene + test_noise(60, 3));
  ASSERT_EQ(sink().misses.size(), 2U);
  ASSERT_NE(sink().misses[0].clip, sink().misses[1].clip);
  const bool second_nearer = sink().misses[1].score > sink().misses[0].score;
  EXPECT_EQ(fs::exists(folder / "home" / sink().misses[0].clip), !second_nearer);
  EXPECT_EQ(home.counts().clips, 1);
}

TEST_F(Channels, KeepsNoSpeech) {
  config.clips.keep = "unless speech";
  config.clips.speech_class = "tone";
  Home home(folder / "home", config.clips, kTestRateHz);
  push(*make(&home), kScene);
  ASSERT_EQ(sink().ended.size(), 1U);
  EXPECT_EQ(sink().ended[0].clip, "");
  EXPECT_EQ(sink().ended[0].no_clip_reason, "privacy");
  config.clips.speech_class = "speech";
  EXPECT_THROW(make(&home), Error);
}

TEST_F(Channels, ALongEventHasAClipOfItsBeginning) {
  config.clips.max_length_s = 3;
  Home home(folder / "home", config.clips, kTestRateHz);
  push(*make(&home), test_noise(5) + test_tone(30) + test_noise(6));
  ASSERT_EQ(sink().ended.size(), 1U);
  EXPECT_NEAR(static_cast<double>((sink().ended[0].offset - sink().ended[0].onset).count()), 30'000, 500);
  EXPECT_NE(sink().ended[0].clip, "");
}

TEST_F(Channels, AnInterruptionEndsTheEventAndKeepsWhatThereIs) {
  Home home(folder / "home", config.clips, kTestRateHz);
  const auto channel = make(&home);
  push(*channel, test_noise(5) + test_tone(2));
  EXPECT_TRUE(sink().ended.empty());
  channel->interrupt();
  ASSERT_EQ(sink().ended.size(), 1U);
  EXPECT_NE(sink().ended[0].clip, "");
  begun = false;
  push(*channel, kScene);
  EXPECT_EQ(sink().ended.size(), 2U);
}

// The windows of the new model begin with the very next one, as if it had listened before.
TEST_F(Channels, AnotherModelTakesOverWithoutLosingAWindow) {
  const auto channel = make();
  const auto noise = test_noise(10);
  push(*channel, {noise.begin(), noise.begin() + 5 * kTestRateHz + 123});
  const std::size_t before = sink().scores.size();
  write_tone_model(folder / "n.pupil", 2);
  const auto next = std::make_shared<const LoadedModel>(config.models.front(), (folder / "n.pupil").string());
  channel->configure({next});
  push(*channel, {noise.begin() + 5 * kTestRateHz + 123, noise.end()});
  for (std::size_t i = 1; i < sink().window_ends.size(); ++i)
    EXPECT_LE(sink().window_ends[i] - sink().window_ends[i - 1], kHop) << i;
  std::vector<std::vector<float>> whole;
  Lane lane(next, {kTwoOfThree}, 100, 0);
  lane.push(noise, [&](const Lane::Window& window) {
    whole.emplace_back(window.scores.begin(), window.scores.end());
  });
  ASSERT_EQ(whole.size(), sink().scores.size());
  for (std::size_t i = before; i < whole.size(); ++i) EXPECT_EQ(whole[i], sink().scores[i]) << i;
}

TEST_F(Channels, AShadowIsCountedAndGoesNowhereElse) {
  ModelSpec spec = config.models.front();
  spec.name = "next";
  spec.shadow = true;
  const auto shadow = std::make_shared<const LoadedModel>(spec, (folder / "m.pupil").string());
  Home home(folder / "home", config.clips, kTestRateHz);
  Channel channel(config.sources.front(), {model, shadow}, {&config, &home, sinks, false});
  push(channel, kScene);
  EXPECT_EQ(sink().ended.size(), 1U);
  EXPECT_EQ(sink().shadows.size(), 1U);
  EXPECT_EQ(sink().started.size(), 1U);
}

}  // namespace
}  // namespace pupil::listen
