// SPDX-License-Identifier: Apache-2.0
#include "review/sound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "audio/resampler.h"
#include "base/error.h"
#include "corpus/test_project.h"

namespace pupil::review {
namespace {

class Sound : public ::testing::TestWithParam<int> {
 protected:
  Sound() : store(folder.path()), reader(store) {
    const std::vector<float> samples = corpus::make_sound(1, 4, GetParam());
    views.original = view(samples, GetParam());
    views.separated.push_back(view(audio::resample(samples, GetParam(), 32000), 32000));
  }
  corpus::View view(const std::vector<float>& samples, int rate_hz) const {
    corpus::View made;
    made.hash = store.put_samples(samples, rate_hz);
    made.sample_rate_hz = rate_hz;
    made.sample_count = std::ssize(samples);
    return made;
  }
  corpus::TestFolder folder;
  corpus::Store store;
  SoundReader reader;
  PlayedViews views;
};

// The separator gets clips at its own rate: what it left as it was, leaves nothing. Two 16-bit roundings are 6e-5.
TEST_P(Sound, NothingIsRemovedWhereNothingWas) {
  for (const std::int64_t begin : {0, 1, 441, 12345}) {
    const Span span{begin, begin + GetParam()};
    const auto removed = reader.read(views, "removed", 0, span);
    ASSERT_EQ(removed.size(), 32000U);
    for (std::size_t i = 0; i < removed.size(); ++i)
      ASSERT_LT(std::abs(removed[i]), 2e-4) << begin << " " << i;
    const auto original = reader.read(views, "original", 0, span);
    EXPECT_GT(*std::ranges::max_element(original), 0.05);
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, Sound, ::testing::Values(32000, 16000, 22050, 11025));

TEST(FindSpan, StaysInTheClip) {
  corpus::View view;
  view.sample_rate_hz = 100;
  view.sample_count = 1000;
  const corpus::Window window{.start_sample = 150, .length_samples = 100};
  EXPECT_EQ(find_span("context", window, view).begin, 0);
  EXPECT_EQ(find_span("context", window, view).end, 450);
  EXPECT_EQ(find_span("clip", window, view).end, 1000);
  EXPECT_THROW(find_span("week", window, view), Error);
}

}  // namespace
}  // namespace pupil::review
