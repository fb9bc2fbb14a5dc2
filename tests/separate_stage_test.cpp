// pupil separate DIR as a user runs it: the programs themselves, on a project of their own, killed on the way.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "audio/wav_writer.h"
#include "base/test_folder.h"
#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/store.h"
#include "corpus/views.h"
#include "separator/random_checkpoint.h"

namespace pupil {
namespace {

constexpr std::int32_t kRateHz = 32000;
constexpr int kClipCount = 6;

constexpr const char* kProject = R"(name = "test"
[[class]]
name = "low"
prompts = ["a low tone"]
query = "a low tone"
[[class]]
name = "high"
prompts = ["a high tone"]
[separate]
mode = "both"
model = "small.safetensors"
)";

// RoBERTa's alphabet of bytes without any merges.
void write_byte_tokenizer(const std::filesystem::path& folder) {
  std::ofstream vocabulary(folder / "vocab.json");
  vocabulary << R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"<mask>":4)";
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", printable ? byte : next++);
    vocabulary << ",\"" << text << "\":" << byte + 5;
  }
  vocabulary << "}\n";
  std::ofstream(folder / "merges.txt") << "#version: 0.2\n";
}

class SeparateStage : public testing::Test {
 protected:
  SeparateStage() {
    std::ofstream(folder_ / "pupil.toml") << kProject;
    write_byte_tokenizer(folder_.path());
    separator::write_random_checkpoint(folder_ / "small.safetensors", {{4, 4, 4, 4, 4}, 257, 16, /*text_vocabulary=*/300});
    std::filesystem::create_directory(folder_ / "in");
    for (int i = 0; i < kClipCount; ++i) {
      audio::WavWriter writer(folder_ / "in", kRateHz, audio::WavFormat::kInt16);
      std::vector<float> tone(static_cast<std::size_t>(kRateHz * (i + 1)));
      for (std::size_t n = 0; n < tone.size(); ++n) {
        tone[n] = 0.3F * static_cast<float>(std::sin(0.01 * (1 + 3 * i) * static_cast<double>(n)));
      }
      writer.write(tone);
      writer.commit(folder_ / "in" / ("tone" + std::to_string(i) + ".wav"));
    }
    EXPECT_EQ(wait_for(start({"collect", folder_.path(), folder_ / "in"})), 0);
  }

  static pid_t start(std::vector<std::string> words) {
    words.insert(words.begin(), {PUPIL_PROGRAM, "--quiet"});
    const pid_t child = fork();
    if (child != 0) return child;
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    (void)!freopen("/dev/null", "w", stdout);
    execv(PUPIL_PROGRAM, pointers.data());
    _exit(127);
  }

  // The exit code; -1 for a child that was killed.
  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::vector<corpus::View> separated_views() const {
    corpus::Catalogue catalogue = corpus::Catalogue::open(folder_.path());
    std::vector<std::int64_t> clips;
    corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) { clips.push_back(clip.id); });
    std::vector<corpus::View> views;
    for (const std::int64_t clip : clips) {
      for (const corpus::View& view : corpus::list_views(catalogue, clip)) {
        if (view.kind == corpus::ViewKind::separated) views.push_back(view);
      }
    }
    return views;
  }

  TestFolder folder_;
};

std::set<std::string> contents(const std::vector<corpus::View>& views) {
  std::set<std::string> set;
  for (const corpus::View& view : views) {
    set.insert(std::to_string(view.clip_id) + " " + view.separation.query + " " + view.hash);
  }
  return set;
}

TEST_F(SeparateStage, MakesAViewPerClipAndQuery) {
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--threads", "2"})), 0);
  const std::vector<corpus::View> views = separated_views();
  ASSERT_EQ(views.size(), 2U * kClipCount);
  const corpus::Store store(folder_.path());
  for (const corpus::View& view : views) {
    EXPECT_TRUE(view.separation.query == "a low tone" || view.separation.query == "a high tone");
    EXPECT_EQ(store.read_samples(view.hash).size(), static_cast<std::size_t>(view.sample_count));
    EXPECT_GT(view.separation.energy_ratio, 0);
  }
  // Once more: nothing is pending, nothing changes.
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  EXPECT_EQ(contents(separated_views()), contents(views));
}

TEST_F(SeparateStage, SurvivesBeingKilled) {
  int kills = 0;
  std::size_t done_before = 0;
  for (int delay_ms = 150; kills < 15; delay_ms += delay_ms / 2) {
    const pid_t child = start({"separate", folder_.path(), "--threads", "1"});
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    kill(child, SIGKILL);
    if (wait_for(child) == 0) break;
    ++kills;
    const std::size_t done = separated_views().size();
    EXPECT_GE(done, done_before);
    EXPECT_EQ(done % 2, 0U) << "a clip's views come together";
    done_before = done;
  }
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  EXPECT_GT(kills, 0);
  const std::vector<corpus::View> views = separated_views();
  EXPECT_EQ(views.size(), 2U * kClipCount);
  const corpus::Store store(folder_.path());
  for (const corpus::View& view : views) EXPECT_TRUE(store.contains(view.hash));
  EXPECT_EQ(store.remove_stray_files(), 0);
}

TEST_F(SeparateStage, ShardsTogetherDoAll) {
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--shard", "0/2"})), 0);
  EXPECT_EQ(separated_views().size(), static_cast<std::size_t>(kClipCount));
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--shard", "1/2"})), 0);
  EXPECT_EQ(separated_views().size(), 2U * kClipCount);
}

TEST_F(SeparateStage, SkipsAClipWhoseAudioIsDamaged) {
  corpus::Catalogue catalogue = corpus::Catalogue::open(folder_.path());
  const corpus::Store store(folder_.path());
  const std::filesystem::path file = store.path(corpus::original_view(catalogue, 1).hash);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::ofstream(file, std::ios::trunc) << "no audio";
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  EXPECT_EQ(separated_views().size(), 2U * (kClipCount - 1));
}

TEST_F(SeparateStage, WritesAPage) {
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--report", folder_ / "page.html", "--report-clips", "1"})), 0);
  EXPECT_GT(std::filesystem::file_size(folder_ / "page.html"), 100000U);
}

}  // namespace
}  // namespace pupil
