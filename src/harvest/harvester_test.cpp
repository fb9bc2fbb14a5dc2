// SPDX-License-Identifier: Apache-2.0
// Searches of a library on this machine with the faults that libraries have (library_server.py).

#include "harvest/harvester.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/test_project.h"
#include "fetch/test_server.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;

constexpr int kResults = 100;  // five of each fault

// Takes loud sounds for barks; those of the server's "wrong class" are faint.
class LoudnessJudge : public Judge {
 public:
  const std::string& id() const override { return id_; }
  std::string_view space() const override { return "laion_clap"; }
  void load() override {
    ++load_count_;
    if (!fault_.empty()) throw Error(fault_);
  }
  std::int32_t sample_rate_hz() const override { return 8000; }
  std::vector<Judgement> judge(const std::vector<float>& audio) const override {
    const float peak = std::abs(*std::ranges::max_element(audio, {}, [](float x) { return std::abs(x); }));
    std::vector<Judgement> judgements(static_cast<std::size_t>(class_count_), Judgement{0.02, 0});
    judgements.back() = peak > 0.04F ? Judgement{0.9, 3} : Judgement{0.02, 0};
    return judgements;
  }
  std::vector<float> direction(const SoundClass& sound) const override {
    std::vector<float> values;
    for (int i = 0; i < 512; ++i)
      values.push_back(std::sin(static_cast<float>(i + std::ssize(sound.name))) / 16);
    return values;
  }

  std::string id_ = "loudness";
  std::string fault_;
  int class_count_ = 1;  // the last is that of barks
  int load_count_ = 0;
};

// A project that searches one library, and that library.
class TestHarvest {
 public:
  TestHarvest(const std::string& library, int count, double seconds, int results = kResults,
              const std::vector<std::string>& more = {})
      : server_(PUPIL_SOURCE_DIR "/src/harvest/library_server.py",
                joined({folder_.path().string(), concat(results), concat(count), concat(seconds)}, more)) {
    project_.dir = folder_ / "project";
    std::filesystem::create_directories(project_.dir);
    project_.classes.push_back({"bark", {"a dog barking"}, {}, {}, {}});
    SourceSpec spec;
    spec.search = library;
    project_.sources = {spec};
    project_.licence.allow = {"CC-BY"};
    project_.harvest.clips = project_.harvest.recordings = project_.harvest.authors = 0;
    project_.harvest.devices = 0;
    project_.harvest.keys = "keys";
    project_.harvest.endpoints = {concat(library, "=", server_.url(""))};
    project_.harvest.limits = {concat(library, "=", count, "/", seconds)};
    collect_with_.thread_count = 1;
    collect_with_.near_duplicates = false;
    write_key("SECRET");
  }

  void write_key(const std::string& key) {
    std::ofstream(project_.dir / "keys") << "freesound = " << key << "\nxeno_canto = " << key << "\n";
  }

  HarvestReport run(HarvestOptions options = {}) {
    Settings settings = read_settings(project_.harvest, project_.dir, folder_ / "cache");
    settings.client.retry_wait_s = 0.001;
    settings.client.attempt_count = 3;
    settings.client.stall_s = 1;
    if (scores_) options.judge = &judge_;
    corpus::Catalogue catalogue = corpus::Catalogue::create(project_.dir);
    const corpus::Store store(project_.dir);
    return harvest(project_, catalogue, store, collect_with_, settings, options);
  }

  std::map<Fate, std::int64_t> fates() const {
    corpus::Catalogue catalogue = corpus::Catalogue::open(project_.dir);
    std::map<Fate, std::int64_t> counts;
    for (const corpus::FateRow& row : corpus::list_fates(catalogue)) counts[row.fate] += row.count;
    return counts;
  }

  // Clips in their order, and what became of all others.
  std::string contents() const {
    corpus::Catalogue catalogue = corpus::Catalogue::open(project_.dir);
    std::string text;
    corpus::for_each_clip(catalogue, {}, [&](const corpus::Clip& clip) {
      text += concat(clip.id, " ", clip.path, " ", clip.hash, " ", clip.author, " ", clip.recording, "\n");
    });
    for (const corpus::FateLine& line : corpus::list_lost_items(catalogue))
      text += concat(line.url, " ", corpus::fate_name(line.fate), "\n");
    return text;
  }

  bool exceeded() const { return std::filesystem::exists(folder_ / "exceeded"); }

  std::string told(const std::string& path) const {
    fetch::Client client({.private_authorities = {"*"}});
    return client.get({.url = server_.url(path)}).text;
  }
  std::int64_t request_count() const { return std::stoll(told("/count")); }
  // How often a path was asked for.
  std::int64_t asked(const std::string& path) const { return std::stoll(told("/asked?" + path)); }

  static std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  corpus::TestFolder folder_;
  fetch::TestServer server_;
  Project project_;
  corpus::CollectOptions collect_with_;
  LoudnessJudge judge_;
  bool scores_ = false;
};

const std::map<Fate, std::int64_t> kExpected = {
    {Fate::kept, 50},    {Fate::duplicate, 5},    {Fate::gone, 5},
    {Fate::refused, 5},  {Fate::unreachable, 10}, {Fate::not_audio, 10},
    {Fate::too_long, 5}, {Fate::licence, 5},      {Fate::private_address, 5}};

// Where results are scored, five of those kept are not.
std::map<Fate, std::int64_t> expected_with_scores() {
  std::map<Fate, std::int64_t> fates = kExpected;
  fates[Fate::kept] -= 5;
  fates[Fate::wrong_class] = 5;
  return fates;
}

class Harvest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fetch::TestServer("-c", {"print(1)"}).runs())
      GTEST_SKIP() << "python3 is not installed: no library to search";
  }
};

TEST_F(Harvest, BringsEverythingWantedOnceAndKnowsTheFateOfTheRest) {
  TestHarvest test("openverse", 4096, 0.1);
  const HarvestReport report = test.run();
  EXPECT_EQ(test.fates(), kExpected);
  EXPECT_EQ(report.added_count, 50);
  EXPECT_EQ(report.found_count, kResults);
  EXPECT_FALSE(test.exceeded());
  EXPECT_TRUE(!std::filesystem::exists(test.project_.dir / "harvest") ||
              std::filesystem::is_empty(test.project_.dir / "harvest"));
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  const corpus::Clip clip = corpus::get_clip(catalogue, 1);
  EXPECT_EQ(clip.licence, "CC-BY-4.0");
  EXPECT_EQ(clip.author, "author 3");
  EXPECT_EQ(clip.attribution_url, test.server_.url("/page/3"));
}

TEST_F(Harvest, AsksNothingTwice) {
  TestHarvest test("freesound", 4096, 0.1);
  test.run();
  const std::int64_t before = test.request_count();
  const std::string contents = test.contents();
  test.run();
  // Only what was unreachable is tried again, three times each at most.
  EXPECT_LE(test.request_count() - before, 10 * 3);
  EXPECT_EQ(test.contents(), contents);
}

TEST_F(Harvest, NeverExceedsTheLimit) {
  TestHarvest test("openverse", 40, 0.5, 60);
  test.run();
  EXPECT_FALSE(test.exceeded());
  EXPECT_EQ(test.fates().at(Fate::kept), 30);
}

TEST_F(Harvest, AMissingKeyIsSaidWithWhereToGetOneAndAWrongOneEndsTheSource) {
  TestHarvest test("freesound", 4096, 0.1, 20);
  test.write_key("WRONG");
  const HarvestReport report = test.run();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("401"), std::string::npos) << report.warnings[0];
  EXPECT_EQ(report.warnings[0].find("WRONG"), std::string::npos) << report.warnings[0];
  test.write_key("");
  std::filesystem::remove(test.project_.dir / "keys");
  EXPECT_THROW(test.run(), Error);
}

TEST_F(Harvest, KeysAreNotInTheCatalogue) {
  TestHarvest test("freesound", 4096, 0.1, 20);
  test.run();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.project_.dir)) {
    if (!entry.is_regular_file() || entry.path().filename() == "keys") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find("SECRET"), std::string::npos) << entry.path();
  }
}

TEST_F(Harvest, StopsWhereAClassHasEnough) {
  TestHarvest test("openverse", 4096, 0.1);
  test.project_.harvest.clips = 10;  // the first page has as many
  test.run();
  const auto fates = test.fates();
  EXPECT_GE(fates.at(Fate::kept), 10);
  EXPECT_LT(fates.at(Fate::kept), 50);
}

TEST_F(Harvest, AClassIsLeftWithEnoughRecordingsAuthorsAndDevices) {
  const auto kept_with_devices = [](std::int64_t devices) {
    TestHarvest test("xeno_canto", 4096, 0.1, 60);
    test.project_.harvest.recordings = 5;
    test.project_.harvest.authors = 2;
    test.project_.harvest.devices = devices;
    test.run();
    return test.fates().at(Fate::kept);
  };
  EXPECT_EQ(kept_with_devices(3), 5) << "the first of six pages";
  EXPECT_EQ(kept_with_devices(4), 30) << "there are three";
}

TEST_F(Harvest, TwoShardsBringTheWhole) {
  TestHarvest first("openverse", 4096, 0.1), second("openverse", 4096, 0.1);
  first.run({.shard = {0, 2}});
  second.run({.shard = {1, 2}});
  std::int64_t total = 0;
  for (const TestHarvest* one : {&first, &second})
    for (const auto& [fate, count] : one->fates()) total += count;
  EXPECT_EQ(total, kResults);
  EXPECT_GT(first.fates().at(Fate::kept), 10);
}

TEST_F(Harvest, WhatIsNoSoundOfTheClassIsNotKept) {
  TestHarvest test("openverse", 4096, 0.1);
  test.scores_ = true;
  const HarvestReport report = test.run();
  EXPECT_EQ(test.fates(), expected_with_scores());
  EXPECT_EQ(report.scored_count, 55);  // what is audio, duplicates included
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  const auto lost = corpus::list_lost_items(catalogue);
  const auto wrong = std::ranges::find(lost, Fate::wrong_class, &corpus::FateLine::fate);
  ASSERT_NE(wrong, lost.end());
  EXPECT_EQ(wrong->detail, "0.020 for 'bark'");
  EXPECT_EQ(test.run().scored_count, 0);
}

TEST_F(Harvest, APreviewIsScoredBeforeTheFileIsFetchedAndNeverAgain) {
  TestHarvest test("archive", 4096, 0.1, 20);
  test.scores_ = true;
  test.run();
  EXPECT_EQ(test.fates().at(Fate::wrong_class), 1);
  const auto asked = [&](const char* file) { return test.asked(concat("/download/it-", file)); };
  EXPECT_EQ(asked("15/15_64kb.mp3"), 1);
  EXPECT_EQ(asked("15/15.flac"), 0);
  EXPECT_EQ(asked("10/10_64kb.mp3"), 1);
  EXPECT_EQ(asked("10/10.flac"), 1);
  test.project_.harvest.preview_score = 0.01;  // now it is enough, and known
  EXPECT_EQ(test.run().scored_count, 0);
  EXPECT_FALSE(test.fates().contains(Fate::wrong_class));
  EXPECT_EQ(asked("15/15_64kb.mp3"), 1);
  EXPECT_EQ(asked("15/15.flac"), 1);
  EXPECT_EQ(asked("10/10.flac"), 1);
}

TEST_F(Harvest, AnotherJudgeLooksAgainAtWhatWasOfTheWrongClass) {
  TestHarvest test("openverse", 4096, 0.1, 20);
  test.scores_ = true;
  test.run();
  test.judge_.id_ = "other";
  EXPECT_EQ(test.run().scored_count, 1);
  EXPECT_EQ(test.fates().at(Fate::wrong_class), 1);
  test.project_.harvest.preview_score = 0;
  test.run();
  EXPECT_FALSE(test.fates().contains(Fate::wrong_class));
}

TEST_F(Harvest, WhatIsAnotherClassOfTheProjectIsKeptAsThat) {
  TestHarvest test("openverse", 4096, 0.1, 20);
  test.scores_ = true;
  test.project_.classes.push_back({"howl", {}, {}, {}, {}});
  test.judge_.class_count_ = 2;
  test.run();
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  EXPECT_EQ(corpus::count_web_clips(catalogue, "bark").clip_count, 0);
  EXPECT_EQ(corpus::count_web_clips(catalogue, "howl").clip_count, 9);
}

TEST_F(Harvest, ATeacherThatCannotBeLoadedIsSaidOnceAndDoneWithout) {
  TestHarvest test("openverse", 4096, 0.1, 20);
  test.scores_ = true;
  test.judge_.fault_ = "weights are damaged";
  const HarvestReport report = test.run();
  EXPECT_EQ(report.warnings, std::vector<std::string>{"results are not scored: weights are damaged"});
  EXPECT_EQ(test.judge_.load_count_, 1);
  EXPECT_EQ(test.fates().at(Fate::kept), 10);
}

TEST_F(Harvest, AsksWhereMostIsAccepted) {
  TestHarvest test("openverse", 4096, 0.1, 800);
  test.scores_ = true;
  test.project_.classes[0].prompts = {"only wrong class", "only good"};
  test.project_.harvest.preview_score =
      0.01;  // both are kept, but the faint have no window that labelling accepts
  test.project_.harvest.clips = 60;
  test.run();
  EXPECT_EQ(test.fates().at(Fate::kept), 60);
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  const std::int64_t source = corpus::web_source(catalogue, "openverse");
  EXPECT_EQ(corpus::find_web_query(catalogue, source, "bark", "only wrong class").request_count, 1);
  EXPECT_EQ(corpus::find_web_query(catalogue, source, "bark", "only good").request_count, 2);
}

TEST_F(Harvest, SearchesByMeaningWithTheTeachersEmbeddingToTheDigit) {
  TestHarvest test("freesound", 4096, 0.1, 20);
  test.scores_ = true;
  test.project_.sources[0].by = "meaning";
  test.run();
  EXPECT_EQ(test.fates().at(Fate::kept), 9);
  std::vector<float> sent;
  const std::string text = test.told("/vector");
  for (std::size_t at = 0; at < text.size(); at = std::min(text.size(), text.find(',', at)) + 1)
    sent.push_back(std::stof(text.substr(at)));
  EXPECT_EQ(sent, test.judge_.direction(test.project_.classes[0]));
}

TEST_F(Harvest, WithoutTheTeacherOfALibrarysSpaceItIsSearchedByWords) {
  TestHarvest test("freesound", 4096, 0.1, 20);
  test.project_.sources[0].by = "meaning";
  const HarvestReport report = test.run();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("searched by words"), std::string::npos) << report.warnings[0];
  EXPECT_EQ(test.told("/vector"), "");
  EXPECT_EQ(test.fates().at(Fate::kept), 10);
}

TEST_F(Harvest, HardNegativesAreWhatTheReportConfusedAndNoneOfTheClasses) {
  TestHarvest test("openverse", 4096, 0.1);
  test.scores_ = true;
  test.project_.sources[0].hard_negatives = true;
  EXPECT_THROW(test.run(), Error);
  std::filesystem::create_directories(test.project_.dir / "model");
  std::filesystem::create_directories(test.project_.dir / "report");
  std::ofstream(test.project_.dir / "model" / "pupil.pupil") << "model";
  std::ofstream(test.project_.dir / "report" / "report.json")
      << R"({"model": {"sha256": ")" << sha256_hex("model") << R"("}, "confusions": [
           {"sound": "cat", "taken_for": ["bark"], "false_alarms": 3, "prompts": ["a cat meowing"]}]})";
  test.run();
  EXPECT_EQ(test.fates().at(Fate::kept), 5);
  EXPECT_EQ(test.fates().at(Fate::wrong_class), 50);
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  EXPECT_EQ(corpus::get_clip(catalogue, 1).given.front().label, "cat");
}

// Faults of lists and files: throttled once, cut off, stalled for longer than the client waits.
TEST_F(Harvest, EveryLibraryIsWalkedToItsEnd) {
  for (const char* library : {"archive", "commons", "inaturalist", "xeno_canto"}) {
    SCOPED_TRACE(library);
    TestHarvest test(library, 4096, 0.1, 25, {"20", "2"});
    test.scores_ = true;
    const HarvestReport report = test.run();
    EXPECT_TRUE(report.warnings.empty()) << report.warnings[0];
    std::map<Fate, std::int64_t> fates = test.fates();
    // iNaturalist tells no lengths: the sound of 500 s is the one that it serves.
    const bool no_length = std::string_view(library) == "inaturalist";
    EXPECT_EQ(fates[Fate::too_long], no_length ? 0 : 1);
    EXPECT_EQ(fates[Fate::kept], no_length ? 12 : 11);
    EXPECT_EQ(fates[Fate::wrong_class], 1);
    EXPECT_EQ(fates[Fate::licence], 1);
    EXPECT_EQ(fates[Fate::gone], 2);
    EXPECT_EQ(fates[Fate::not_audio], 3);
    EXPECT_EQ(fates[Fate::unreachable], 2);
    EXPECT_EQ(fates[Fate::private_address], 2);
  }
}

TEST_F(Harvest, AHundredKillsChangeNothing) {
  TestHarvest undisturbed("archive", 4096, 0.1), killed("archive", 4096, 0.1);
  undisturbed.scores_ = killed.scores_ = true;
  undisturbed.run();
  int kills = 0;
  for (; kills < 100; ++kills) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        killed.run();
      } catch (...) {
      }
      _exit(0);
    }
    usleep(5000 + 1000 * (kills * 37 % 90));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
  }
  killed.run();
  EXPECT_EQ(killed.contents(), undisturbed.contents());
  EXPECT_EQ(killed.fates(), expected_with_scores());
}

TEST_F(Harvest, AVideoComesOnceForAllItsStretchesAndGoesWhenTheyAreCut) {
  TestHarvest test("openverse", 4096, 0.1, 1);
  const auto sound = test.folder_.write_wav("sound.wav", corpus::make_sound(1, 4.0, 16000), 16000);
  const auto program = test.folder_.write(
      "yt-dlp",
      concat(
          "#!/bin/sh\ncase \"$*\" in *--version*) echo 2026.01.01; exit;; *gone) echo 'ERROR: Video unavailable' >&2;"
          " exit 1;; esac\nfor word; do [ \"$last\" = -P ] && case $word in temp:*) ;; *) d=$word;; esac; last=$word; done\n"
          "ls $d >> ",
          (test.folder_ / "before").string(), "\necho $last >> ", (test.folder_ / "asked").string(), "\ncp ",
          sound.string(), " $d/$$.wav; echo $d/$$.wav\n"));
  const auto runtime = test.folder_.write("node", "#!/bin/sh\n");
  for (const auto& file : {program, runtime})
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", concat(test.folder_.path().string(), ":", path).c_str(), 1);
  std::ofstream(test.project_.dir / "list.csv")
      << "one, 0, 1, \"bark\"\ntwo, 0, 1.5, \"bark,howl\"\none, 2, 3, \"bark\"\n"
      << "gone, 0, 1, \"bark\"\ntwo, 9, 10, \"bark\"\n";
  SourceSpec spec;
  spec.segments = "list.csv";
  spec.licence = "CC BY 4.0";
  test.project_.sources = {spec};
  test.project_.harvest.yt_dlp = program.string();
  test.run();
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(test.fates(),
            (std::map<Fate, std::int64_t>{{Fate::kept, 3}, {Fate::gone, 1}, {Fate::unusable, 1}}));
  const auto text_of = [&](const char* name) {
    std::ifstream in(test.folder_ / name);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  EXPECT_EQ(text_of("asked"), "https://www.youtube.com/watch?v=one\nhttps://www.youtube.com/watch?v=two\n");
  EXPECT_EQ(text_of("before"), "") << "a video was still there when the next came";
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  EXPECT_EQ(corpus::get_clip(catalogue, 1).recording, corpus::get_clip(catalogue, 2).recording);
  EXPECT_EQ(corpus::get_clip(catalogue, 3).given.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(test.project_.dir / "harvest") &&
               !std::filesystem::is_empty(test.project_.dir / "harvest"));
}

TEST_F(Harvest, ListsOfAddressesAreFetchedAndRefusedOnesKnown) {
  TestHarvest test("openverse", 4096, 0.1);
  std::ofstream(test.project_.dir / "list.txt")
      << test.server_.url("/file/15.wav") << "\nhttp://127.0.0.1:1/x.wav\n"
      << test.server_.url("/file/0.wav") << "\n";
  SourceSpec spec;
  spec.urls = "list.txt";
  spec.label = "bark";
  spec.licence = "CC BY 4.0";
  test.project_.sources = {spec};
  test.run();
  EXPECT_EQ(test.fates(),
            (std::map<Fate, std::int64_t>{{Fate::kept, 1}, {Fate::gone, 1}, {Fate::private_address, 1}}));
  corpus::Catalogue catalogue = corpus::Catalogue::open(test.project_.dir);
  EXPECT_EQ(corpus::get_clip(catalogue, 1).given.front().label, "bark");
}

}  // namespace
}  // namespace pupil::harvest
