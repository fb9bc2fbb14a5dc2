// SPDX-License-Identifier: Apache-2.0
// yt-dlp's command line, checked with a stand-in program and, where it is installed, with itself.

#include "harvest/video.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "audio/decoder.h"
#include "base/error.h"
#include "corpus/test_project.h"
#include "fetch/test_server.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;

class Videos : public testing::Test {
 protected:
  Videos() {
    options_.folder = folder_ / "videos";
    options_.program = folder_ / "yt-dlp";
    path_ = std::getenv("PATH");
    setenv("PATH", (folder_.path().string() + ":/bin:/usr/bin").c_str(), 1);
    program("node", "");
  }
  ~Videos() override { setenv("PATH", path_.c_str(), 1); }

  void program(const std::string& name, const std::string& script) {
    const auto file = folder_.write(name, "#!/bin/sh\n" + script);
    chmod(file.c_str(), 0755);
  }

  std::string error_of_check() {
    try {
      check_video_program(options_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  corpus::TestFolder folder_;
  VideoOptions options_;
  std::string path_;
};

TEST_F(Videos, AnOldProgramIsRefusedWithTheFix) {
  EXPECT_NE(error_of_check().find("pipx install 'yt-dlp[default]'"), std::string::npos);
  program("yt-dlp", "echo 2023.03.04");
  EXPECT_NE(error_of_check().find("2023.03.04, sites need 2025.11.12"), std::string::npos)
      << error_of_check();
  program("yt-dlp", "echo 2026.01.02");
  EXPECT_EQ(error_of_check(), "");
}

TEST_F(Videos, AreCalledAsTheManualAsks) {
  program("yt-dlp", "for word; do echo \"$word\" >> " + (folder_ / "words").string() +
                        "; done; f=" + options_.folder.string() + "/x.wav; echo sound > $f; echo $f");
  EXPECT_EQ(fetch_video(options_, "https://v/1; rm -rf x").file, options_.folder / "x.wav");
  const std::vector<std::string> command = video_command(options_, "https://v/1; rm -rf x");
  std::ifstream in(folder_ / "words");
  std::vector<std::string> words = {options_.program};
  for (std::string line; std::getline(in, line);) words.push_back(line);
  EXPECT_EQ(words, command);
  for (const char* word :
       {"--ignore-config", "--no-update", "--no-playlist", "--no-quiet", "--write-info-json", "--"})
    EXPECT_EQ(std::ranges::count(command, word), 1) << word;
}

TEST_F(Videos, ComplaintsHaveFates) {
  const std::pair<const char*, Fate> cases[] = {
      {"ERROR: [youtube] x: Sign in to confirm you\\'re not a bot.", Fate::bot_wall},
      {"ERROR: [youtube] x: Private video. Sign in", Fate::refused},
      {"ERROR: [youtube] x: Video unavailable", Fate::gone},
      {"ERROR: HTTP Error 429: Too Many Requests", Fate::unreachable},
      {"ERROR: [download] Got error: 4022 bytes read, 4022 more expected. Giving up after 10 retries",
       Fate::unreachable},
      {"ERROR: [generic] 1: Unable to download webpage: HTTP Error 403: Forbidden", Fate::refused},
      {"ERROR: [youtube] x: The uploader has not made this video available in your country", Fate::refused},
      {"ERROR: something new", Fate::unusable}};
  for (const auto& [words, fate] : cases) {
    program("yt-dlp", "echo \"" + std::string(words) + "\" >&2; exit 1");
    const Video video = fetch_video(options_, "https://v/1");
    EXPECT_EQ(video.fate, fate) << words;
    EXPECT_TRUE(video.detail.starts_with("ERROR: "));
  }
  program("yt-dlp", "echo '[download] x does not pass filter (!is_live & duration<60), skipping ..'");
  EXPECT_EQ(fetch_video(options_, "https://v/1").fate, Fate::too_long);
  program("yt-dlp",
          "echo '[download] File is larger than max-filesize (8044 bytes > 1024 bytes). Aborting.'");
  const Video large = fetch_video(options_, "https://v/1");
  EXPECT_EQ(large.fate, Fate::too_large);
  EXPECT_EQ(large.detail, "[download] File is larger than max-filesize (8044 bytes > 1024 bytes). Aborting.");
}

TEST_F(Videos, AProgramThatIsCalledWronglyOrIsNotThereEndsAll) {
  program("yt-dlp", "echo 'yt-dlp: error: no such option: -t' >&2; exit 2");
  EXPECT_THROW(fetch_video(options_, "https://v/1"), Error);
  options_.program = folder_ / "none";
  EXPECT_THROW(fetch_video(options_, "https://v/1"), Error);
}

// The program itself on a server of this machine, without its pauses between videos.
TEST_F(Videos, ComeThroughTheRealProgram) {
  setenv("PATH", path_.c_str(), 1);
  options_.program = "yt-dlp";
  if (const std::string missing = error_of_check(); !missing.empty()) GTEST_SKIP() << missing;
  const fetch::TestServer server(PUPIL_SOURCE_DIR "/src/harvest/library_server.py",
                                 {folder_.path().string(), "20", "4096", "0.1"});
  if (!server.runs()) GTEST_SKIP() << "python3 is not installed: no server";
  program("yt-dlp",
          "skip=; for word; do shift; if [ \"$word\" = -t ]; then skip=1; elif [ -n \"$skip\" ]; then skip=; "
          "else set -- \"$@\" \"$word\"; fi; done\nPATH='" +
              path_ + "' exec yt-dlp \"$@\"\n");
  options_.program = folder_ / "yt-dlp";
  const auto fate = [&](const std::string& url) { return fetch_video(options_, url).fate; };
  for (int i = 0; i < 2; ++i) {  // the second time it is there
    const Video video = fetch_video(options_, server.url("/file/10.wav"));
    ASSERT_FALSE(video.file.empty()) << video.detail;
    EXPECT_EQ(audio::decode_file(video.file, {}).size(), 4000u);
  }
  EXPECT_EQ(fate(server.url("/file/0.wav")), Fate::gone);
  EXPECT_EQ(fate(server.url("/file/14.wav")), Fate::refused);
  EXPECT_EQ(fate(server.url("/file/11.wav")), Fate::unreachable);
  EXPECT_EQ(fate("http://127.0.0.1:1/x.wav"), Fate::unreachable);
}

TEST_F(Videos, StretchesAreCutToTheSample) {
  const auto whole = folder_.write_wav("whole.wav", corpus::make_sound(1, 3.0, 16000), 16000);
  cut_recording(whole, 0.5, 2.0, folder_ / "cut.wav");
  const auto all = audio::decode_file(whole, {});
  const auto cut = audio::decode_file(folder_ / "cut.wav", {});
  ASSERT_EQ(cut.size(), 24000u);
  EXPECT_TRUE(std::equal(cut.begin(), cut.end(), all.begin() + 8000,
                         [](float a, float b) { return std::abs(a - b) < 1e-4F; }));
  EXPECT_THROW(cut_recording(whole, 5, 6, folder_ / "none.wav"), Error);
}

}  // namespace
}  // namespace pupil::harvest
