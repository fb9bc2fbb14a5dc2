// SPDX-License-Identifier: Apache-2.0
// Searches of a library on this machine with the faults that libraries have (library_server.py).

#include "harvest/harvester.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "corpus/clips.h"
#include "corpus/test_project.h"
#include "fetch/test_server.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;

constexpr int kResults = 100;  // five of each fault

// A project that searches one library, and that library.
class TestHarvest {
 public:
  TestHarvest(const std::string& library, int count, double seconds, int results = kResults)
      : server_(PUPIL_SOURCE_DIR "/src/harvest/library_server.py",
                {folder_.path().string(), concat(results), concat(count), concat(seconds)}) {
    project_.dir = folder_ / "project";
    std::filesystem::create_directories(project_.dir);
    project_.classes.push_back({"bark", {"a dog barking"}, {}, {}, {}});
    SourceSpec spec;
    spec.search = library;
    project_.sources = {spec};
    project_.licence.allow = {"CC-BY"};
    project_.harvest.clips = project_.harvest.recordings = project_.harvest.authors = 0;
    project_.harvest.keys = "keys";
    project_.harvest.endpoints = {concat(library, "=", server_.url(""))};
    project_.harvest.limits = {concat(library, "=", count, "/", seconds)};
    collect_with_.thread_count = 1;
    collect_with_.near_duplicates = false;
    write_key("SECRET");
  }

  void write_key(const std::string& key) {
    std::ofstream(project_.dir / "keys") << "freesound = " << key << "\n";
  }

  HarvestReport run(HarvestOptions options = {}) {
    Settings settings = read_settings(project_.harvest, project_.dir, folder_ / "cache");
    settings.client.retry_wait_s = 0.001;
    settings.client.attempt_count = 3;
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

  std::int64_t request_count() const {
    fetch::Client client({.private_authorities = {"*"}});
    return std::stoll(client.get({.url = server_.url("/count")}).text);
  }

  corpus::TestFolder folder_;
  fetch::TestServer server_;
  Project project_;
  corpus::CollectOptions collect_with_;
};

const std::map<Fate, std::int64_t> kExpected = {
    {Fate::kept, 50},    {Fate::duplicate, 5},    {Fate::gone, 5},
    {Fate::refused, 5},  {Fate::unreachable, 10}, {Fate::not_audio, 10},
    {Fate::too_long, 5}, {Fate::licence, 5},      {Fate::private_address, 5}};

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

TEST_F(Harvest, AHundredKillsChangeNothing) {
  TestHarvest undisturbed("openverse", 4096, 0.1), killed("openverse", 4096, 0.1);
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
  EXPECT_EQ(killed.fates(), kExpected);
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
