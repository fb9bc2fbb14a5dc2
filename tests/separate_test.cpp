// SPDX-License-Identifier: Apache-2.0
// pupil separate and pupil evaluate-separation as a user runs them: the programs themselves, on a project of
// their own, killed on the way.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "audio/decoder.h"
#include "audio/wav_writer.h"
#include "base/json.h"
#include "base/test_folder.h"
#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/store.h"
#include "corpus/views.h"
#include "nn/tensor_file.h"
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

class SeparateStage : public testing::Test {
 protected:
  SeparateStage() {
    std::ofstream(folder_ / "pupil.toml") << kProject;
    separator::write_byte_tokenizer(folder_.path());
    separator::write_random_checkpoint(folder_ / "small.safetensors",
                                       {{4, 4, 4, 4, 4}, 257, 16, /*text_vocabulary=*/300});
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

  // `file_bytes_max`: longer files cannot be written, as on a full disk; 0: no limit.
  static pid_t start(std::vector<std::string> words, const std::filesystem::path& out = "/dev/null",
                     rlim_t file_bytes_max = 0) {
    words.insert(words.begin(), {PUPIL_PROGRAM, "--quiet"});
    const pid_t child = fork();
    if (child != 0) return child;
    if (file_bytes_max > 0) {
      const rlimit limit{file_bytes_max, file_bytes_max};
      setrlimit(RLIMIT_FSIZE, &limit);
      signal(SIGXFSZ, SIG_IGN);
    }
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    (void)!freopen(out.c_str(), "w", stdout);
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
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "store/tmp"));
  const corpus::Store store(folder_.path());
  for (const corpus::View& view : views) EXPECT_TRUE(store.contains(view.hash));
}

TEST_F(SeparateStage, ShardsTogetherDoAll) {
  ASSERT_EQ(wait_for(start({"plan", folder_.path(), "separate", "--shards", "2"})), 0);
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--shard", "0/2"})), 0);
  ASSERT_EQ(wait_for(start({"separate", folder_.path(), "--shard", "1/2"})), 0);
  EXPECT_TRUE(separated_views().empty());
  ASSERT_EQ(wait_for(start({"merge", folder_.path()})), 0);
  EXPECT_EQ(separated_views().size(), 2U * kClipCount);
}

// Collect heals it; a skip would be for good.
TEST_F(SeparateStage, StopsAtAudioThatIsTornInTheStore) {
  const corpus::Store store(folder_.path());
  std::filesystem::path file;
  {
    corpus::Catalogue catalogue = corpus::Catalogue::open(folder_.path());
    file = store.path(corpus::original_view(catalogue, 1).hash);
  }
  const std::filesystem::path whole = folder_ / "whole";
  std::filesystem::rename(file, whole);
  std::ofstream(file) << "no audio";
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 1);
  std::filesystem::rename(whole, file);
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  EXPECT_EQ(separated_views().size(), 2U * kClipCount);
}

// What a clip's view could not be written for is no property of the clip.
TEST_F(SeparateStage, AFullDiskFailsTheStageAndSkipsNoClip) {
  const TestFolder undisturbed;
  std::filesystem::copy(folder_.path(), undisturbed / "project", std::filesystem::copy_options::recursive);
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  const std::set<std::string> wanted = contents(separated_views());

  std::filesystem::remove_all(folder_.path());
  std::filesystem::copy(undisturbed / "project", folder_.path(), std::filesystem::copy_options::recursive);
  EXPECT_EQ(wait_for(start({"separate", folder_.path()}, "/dev/null", 100'000)), 1);
  EXPECT_LT(separated_views().size(), wanted.size());
  ASSERT_EQ(wait_for(start({"separate", folder_.path()})), 0);
  EXPECT_EQ(contents(separated_views()), wanted);
}

TEST_F(SeparateStage, WritesAPage) {
  ASSERT_EQ(
      wait_for(start({"separate", folder_.path(), "--report", folder_ / "page.html", "--report-clips", "1"})),
      0);
  EXPECT_GT(std::filesystem::file_size(folder_ / "page.html"), 100000U);
}

class SeparateOneRecording : public SeparateStage {
 protected:
  // The float samples of a WAV file.
  static std::vector<float> read(const std::filesystem::path& path) {
    return audio::decode_file(path, {kRateHz});
  }
};

TEST_F(SeparateOneRecording, OutputAndResidualAreTheInput) {
  const std::filesystem::path in = folder_ / "in" / "tone2.wav";
  ASSERT_EQ(wait_for(start({"separate", in, folder_ / "out.wav", "--model", folder_ / "small.safetensors",
                            "--query", "a low tone", "--raw-float", "--residual", folder_ / "rest.wav"})),
            0);
  const std::vector<float> mixture = read(in);
  const std::vector<float> wanted = read(folder_ / "out.wav");
  const std::vector<float> rest = read(folder_ / "rest.wav");
  ASSERT_EQ(wanted.size(), mixture.size());
  ASSERT_EQ(rest.size(), mixture.size());
  for (std::size_t i = 0; i < mixture.size(); ++i) ASSERT_NEAR(wanted[i] + rest[i], mixture[i], 1e-6) << i;
}

TEST_F(SeparateOneRecording, ParityThroughTheCommandLine) {
  const std::filesystem::path golden = std::filesystem::path(PUPIL_SHARED_DIR) / "golden";
  if (!std::filesystem::exists(golden)) GTEST_SKIP() << "no reference data (" << golden << ")";
  const std::filesystem::path expected = golden / "audiosep_tiny" / "expected.safetensors";
  for (const auto& [condition, name] :
       {std::pair("condition", "waveform"), std::pair("condition:1", "waveform_condition1")}) {
    ASSERT_EQ(wait_for(start({"separate", golden / "audio" / "mixture_2s_32k.wav", folder_ / "out.wav",
                              "--model", golden / "audiosep_tiny" / "tiny_lightning.ckpt", "--condition",
                              expected.string() + ":" + condition, "--raw-float"})),
              0);
    const at::Tensor stored = nn::TensorFile::open(expected).tensor(name).reshape(-1);
    const at::Tensor ours = at::tensor(read(folder_ / "out.wav"));
    ASSERT_EQ(ours.numel(), stored.numel());
    EXPECT_LT((ours - stored).abs().max().item<float>(), 5e-6F) << name;
  }
}

TEST_F(SeparateOneRecording, SaysWhatIsWrong) {
  const std::string in = folder_ / "in" / "tone0.wav";
  const std::string out = folder_ / "out.wav";
  const std::string model = folder_ / "small.safetensors";
  EXPECT_EQ(wait_for(start({"separate", in, out, "--query", "a tone"})), 2);  // no model
  EXPECT_EQ(wait_for(start({"separate", in, out, "--model", model})), 2);     // no query
  EXPECT_EQ(wait_for(start({"separate", in, out + ".mp3", "--model", model, "--query", "x"})), 2);
  EXPECT_EQ(wait_for(start({"separate", in + "x", out, "--model", model, "--query", "x"})),
            1);                                                                            // no such file
  EXPECT_EQ(wait_for(start({"separate", in, out, "--model", in, "--query", "x"})), 1);     // no checkpoint
  EXPECT_EQ(wait_for(start({"separate", in, out, "--model", model, "--query", " "})), 1);  // an empty query
  EXPECT_EQ(wait_for(start({"separate", in, out, "--model", model, "--condition", model + ":base"})), 1);
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(SeparateStage, EvaluatesOnMixtures) {
  std::filesystem::create_directories(folder_ / "clean" / "low");
  std::filesystem::create_directories(folder_ / "clean" / "high");
  std::filesystem::copy(folder_ / "in" / "tone0.wav", folder_ / "clean" / "low" / "a.wav");
  std::filesystem::copy(folder_ / "in" / "tone3.wav", folder_ / "clean" / "high" / "b.wav");
  const std::filesystem::path out = folder_ / "result.json";
  ASSERT_EQ(
      wait_for(start({"evaluate-separation", folder_ / "clean", "--model", folder_ / "small.safetensors",
                      "--snr", "-5", "5", "--duration", "1", "--json", "--audio", folder_ / "heard"},
                     out)),
      0);
  const Json result = read_json(out);
  EXPECT_EQ(result.at("all").at("mixtures").as_int(), 4);
  ASSERT_EQ(result.at("classes").as_array().size(), 2U);
  const Json& first = result.at("classes").as_array()[0];
  EXPECT_EQ(first.at("class").as_string(), "high");
  // SDR of the mixture itself is the ratio it was made with.
  for (const Json& row : result.at("by_snr").as_array()) {
    EXPECT_NEAR(row.at("sdr_db").as_double() - row.at("sdri_db").as_double(), row.at("snr_db").as_double(),
                0.01);
  }
  // Four mixtures and four backgrounds, before and after.
  std::ifstream index(folder_ / "heard" / "index.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(index, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 17U);
  EXPECT_EQ(lines[1], "00000_mixture.wav,\"high\",-5,mixture");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "heard" / "00003_background_separated.wav"));
}

}  // namespace
}  // namespace pupil
