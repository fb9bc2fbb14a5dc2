// SPDX-License-Identifier: Apache-2.0
#include "corpus/lost_audio.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "corpus/collect.h"
#include "corpus/scores.h"
#include "corpus/test_project.h"
#include "corpus/views.h"

namespace pupil::corpus {
namespace {

// Two clips, each with a separated view.
struct LostAudioTest : testing::Test {
  LostAudioTest() : catalogue(Catalogue::create(project.path())), store(project.path()) {
    for (const unsigned seed : {1U, 2U})
      sounds.write_wav(std::to_string(seed) + ".wav", make_sound(seed, 0.5, kRateHz), kRateHz);
    collect_again();
    config = configure(catalogue, "separate", "{}").id;
    for (const std::int64_t clip : {1, 2}) {
      View view;
      view.clip_id = clip;
      view.kind = ViewKind::separated;
      view.config_id = config;
      view.hash = store.put_samples(make_sound(10 + static_cast<unsigned>(clip), 0.5, kRateHz), kRateHz);
      view.sample_rate_hz = kRateHz;
      view.sample_count = kRateHz / 2;
      view.size_bytes = static_cast<std::int64_t>(std::filesystem::file_size(store.path(view.hash)));
      view.separation.query = "dog";
      put_separated_view(catalogue, view, {});
    }
  }

  CollectReport collect_again() { return collect(catalogue, store, {read_source(sounds.path())}, {}); }

  std::filesystem::path file_of(std::int64_t clip, std::size_t view) {
    return store.path(list_views(catalogue, clip).at(view).hash);
  }

  const TestFolder sounds;
  const TestFolder project;
  Catalogue catalogue;
  Store store;
  std::int64_t config = 0;
};

TEST_F(LostAudioTest, CollectBringsLostAndTornAudioBack) {
  const auto lose = {
      +[](const std::filesystem::path& file) { std::filesystem::remove(file); },
      +[](const std::filesystem::path& file) { std::filesystem::resize_file(file, 0); },
      +[](const std::filesystem::path& file) {
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
      },
      +[](const std::filesystem::path& file) {
        const auto size = std::filesystem::file_size(file);
        std::filesystem::resize_file(file, 0);  // zeros of the right size, as a power cut leaves them
        std::filesystem::resize_file(file, size);
      },
  };
  for (const auto& how : lose) {
    how(file_of(1, 0));
    EXPECT_EQ(list_lost_audio(catalogue).size(), 1u);
    const CollectForecast found = forecast_collect(catalogue, {read_source(sounds.path())}, {});
    EXPECT_EQ(found.pending_files.size(), 1u);
    const CollectReport report = collect_again();
    EXPECT_EQ(report.restored_count, 1);
    EXPECT_EQ(report.replaced_count, 0);
    EXPECT_TRUE(list_lost_audio(catalogue).empty());
    EXPECT_NO_THROW(store.read_samples(original_view(catalogue, 1).hash));
  }
  EXPECT_EQ(list_views(catalogue, 1).size(), 2u);  // what hangs on the clip is still there
}

TEST_F(LostAudioTest, ADuplicateBringsItBackToo) {
  sounds.write_wav("copy.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  collect_again();
  std::filesystem::remove(file_of(1, 0));
  std::filesystem::remove(sounds / "1.wav");
  EXPECT_EQ(collect_again().restored_count, 1);
}

TEST_F(LostAudioTest, SaysWhatNoSourceBringsBack) {
  std::filesystem::remove(file_of(1, 0));
  std::filesystem::remove(sounds / "1.wav");
  const CollectReport report = collect_again();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("the audio of 1 clip is lost from the store"), std::string::npos);
  EXPECT_NE(report.warnings[0].find("1.wav"), std::string::npos);
}

TEST_F(LostAudioTest, LostSeparatedViewsArePendingAgain) {
  std::filesystem::remove(file_of(2, 1));
  EXPECT_TRUE(pending_separation(catalogue, config, {"dog"}, 0, 10).empty());
  EXPECT_EQ(collect_again().warnings.size(), 1u);
  const auto pending = pending_separation(catalogue, config, {"dog"}, 0, 10);
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].id, 2);
}

TEST_F(LostAudioTest, TheErrorNamesTheClip) {
  const std::string hash = original_view(catalogue, 2).hash;
  check_stored_audio(catalogue, hash);
  std::filesystem::remove(store.path(hash));
  try {
    check_stored_audio(catalogue, hash);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing; it is the audio of 2.wav"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("pupil collect"), std::string::npos);
  }
}

}  // namespace
}  // namespace pupil::corpus
