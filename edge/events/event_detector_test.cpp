// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "model/model_file_test.h"
#include "pupil/edge/events.h"

namespace pupil::edge {
namespace {

constexpr std::int64_t kHop = 1600;  // 100 ms

// Three classes, the first two reported, thresholds 0.5.
class EventDetectorTest : public testing::Test {
 protected:
  EventDetectorTest() : loaded_(image()) { start({.votes = 2, .of = 3}); }

  static ModelImage image() {
    ModelImage image = random_model(named_sketch("micro"), 1);
    for (ClassDraft& c : image.classes) c.threshold = 0.5F;
    image.metadata.emplace_back("reported_classes", "2");
    return image;
  }

  void start(const EventOptions& options) {
    state_.assign(EventDetector::state_bytes(loaded_.model), std::byte{0});
    ASSERT_EQ(detector_.init(loaded_.model, options, state_), Status::ok);
    end_ = loaded_.model.window_samples() - kHop;
  }

  // Windows of these scores of class `k`; the others have 0.1.
  void push(std::initializer_list<float> scores, std::size_t k = 0) {
    for (const float score : scores) {
      std::vector<float> all(3, 0.1F);
      all[k] = score;
      end_ += kHop;
      std::int32_t count = 0;
      ASSERT_EQ(detector_.push(all, end_, ended_, &count), Status::ok);
      events_.insert(events_.end(), ended_.begin(), ended_.begin() + count);
    }
  }

  void finish() {
    std::int32_t count = 0;
    ASSERT_EQ(detector_.finish(ended_, &count), Status::ok);
    events_.insert(events_.end(), ended_.begin(), ended_.begin() + count);
  }

  LoadedModel loaded_;
  std::vector<std::byte> state_;
  EventDetector detector_;
  std::vector<Event> ended_ = std::vector<Event>(2);
  std::vector<Event> events_;
  std::int64_t end_ = 0;
};

TEST_F(EventDetectorTest, OneWindowAboveIsNoEvent) {
  push({0.1F, 0.9F, 0.1F, 0.1F, 0.9F, 0.1F});
  finish();
  EXPECT_TRUE(events_.empty());
}

TEST_F(EventDetectorTest, TwoOfThreeAreOne) {
  push({0.1F, 0.8F, 0.1F});
  EXPECT_FALSE(detector_.active(0));
  push({0.9F});
  EXPECT_TRUE(detector_.active(0));
  finish();
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].class_index, 0);
  EXPECT_FLOAT_EQ(events_[0].peak_score, 0.9F);
  // From the middle of window 1 to that of window 3, half a hop wider at both ends.
  const std::int64_t middle = loaded_.model.window_samples() / 2;
  EXPECT_NEAR(static_cast<double>(events_[0].start_samples), static_cast<double>(kHop + middle - kHop / 2),
              1);
  EXPECT_NEAR(static_cast<double>(events_[0].end_samples), static_cast<double>(3 * kHop + middle + kHop / 2),
              1);
}

TEST_F(EventDetectorTest, BeginsWithTheVotesThatSufficed) {
  start({.votes = 3, .of = 5});
  push({0.9F, 0.1F, 0.1F, 0.1F, 0.9F, 0.1F, 0.9F});
  EXPECT_FALSE(detector_.active(0)) << "the first vote is too old by then";
  push({0.9F});
  finish();
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].end_samples - events_[0].start_samples, 4 * kHop) << "of windows 5 to 8";
}

TEST(EventOptions, SuitThePaceOfTheWindows) {
  const EventOptions usual;
  EXPECT_EQ(event_options_for(100).votes, usual.votes);
  EXPECT_EQ(event_options_for(100).of, usual.of);
  const auto counts = [](std::int32_t hop_ms) {
    const EventOptions options = event_options_for(hop_ms);
    return std::pair(options.votes, options.of);
  };
  EXPECT_EQ(counts(1), std::pair(19, 32));
  EXPECT_EQ(counts(0), std::pair(19, 32)) << "no hop, which a stream refuses";
  EXPECT_EQ(counts(200), std::pair(3, 5));
  EXPECT_EQ(counts(500), std::pair(2, 3));
  EXPECT_EQ(counts(3600000), std::pair(2, 3));
}

TEST_F(EventDetectorTest, GoesOnBelowTheThresholdAndEndsAfterThePause) {
  push({0.9F, 0.9F, 0.4F, 0.4F, 0.36F});  // 0.35 is the release
  push({0.1F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F});
  EXPECT_TRUE(events_.empty());  // after a pause of one second it has not ended yet
  push({0.1F});
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].end_samples - events_[0].start_samples, 5 * kHop);
  EXPECT_FALSE(detector_.active(0));
}

TEST_F(EventDetectorTest, ShortPausesAreBridged) {
  push({0.9F, 0.9F, 0.1F, 0.1F, 0.1F, 0.1F, 0.9F, 0.9F});
  finish();
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(EventDetectorTest, ClassesThatAreNotReportedMakeNoEvents) {
  push({0.9F, 0.9F, 0.9F}, 2);
  finish();
  EXPECT_TRUE(events_.empty());
  EXPECT_EQ(reported_class_count(loaded_.model), 2);
}

TEST_F(EventDetectorTest, FinishStartsOver) {
  push({0.9F, 0.9F});
  finish();
  push({0.9F});
  finish();
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(EventDetectorTest, RefusesWhatDoesNotFit) {
  EventDetector other;
  EXPECT_EQ(other.init(loaded_.model, {3, 2}, state_), Status::bad_argument);
  EXPECT_EQ(other.init(Model(), {}, state_), Status::bad_argument);
  EXPECT_EQ(other.init(loaded_.model, {}, std::span(state_).first(1)), Status::arena_too_small);
  std::int32_t count = 7;
  EXPECT_EQ(other.push(std::vector<float>(3), 0, ended_, &count), Status::bad_argument);
  EXPECT_EQ(detector_.push(std::vector<float>(2), 0, ended_, &count), Status::bad_argument);
  EXPECT_EQ(detector_.push(std::vector<float>(3), 0, std::span(ended_).first(1), &count),
            Status::bad_argument);
  EXPECT_EQ(count, 7);
}

TEST_F(EventDetectorTest, ThresholdsCanBeOthersThanTheModels) {
  ASSERT_EQ(detector_.set_threshold(0, 0.95F), Status::ok);
  push({0.9F, 0.9F, 0.9F});
  finish();
  EXPECT_TRUE(events_.empty());
  ASSERT_EQ(detector_.set_threshold(0, 0.3F), Status::ok);
  push({0.4F, 0.4F, 0.4F});
  finish();
  EXPECT_EQ(events_.size(), 1U);
  start({});
  push({0.4F, 0.4F, 0.4F});
  finish();
  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(EventDetectorTest, RefusesThresholdsOfNothing) {
  EXPECT_EQ(detector_.set_threshold(3, 0.5F), Status::bad_argument);
  EXPECT_EQ(detector_.set_threshold(-1, 0.5F), Status::bad_argument);
  EXPECT_EQ(detector_.set_threshold(0, std::numeric_limits<float>::quiet_NaN()), Status::bad_argument);
  EXPECT_EQ(EventDetector().set_threshold(0, 0.5F), Status::bad_argument);
}

}  // namespace
}  // namespace pupil::edge
