// SPDX-License-Identifier: Apache-2.0
// Shards of collect against one process: the same rows with the same ids, and what goes wrong is named.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "corpus/collect_shard.h"
#include "corpus/database.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

// All that collect decides, a row a line, ids included.
std::vector<std::string> rows_of(const TestFolder& project) {
  Database database(project / "catalogue.db", DatabaseAccess::write);
  std::vector<std::string> lines;
  for (
      const char* sql :
      {"SELECT c.id, c.path, c.metadata, r.name, r.split, v.id, v.hash, v.size_bytes, hex(l.blocks), hex(f.words),"
       " hex(f.landmarks) FROM clips c JOIN recordings r ON r.id = c.recording_id JOIN views v ON v.clip_id = c.id"
       " JOIN levels l ON l.view_id = v.id LEFT JOIN fingerprints f ON f.clip_id = c.id ORDER BY c.id",
       "SELECT id, path, reason, detail, other_clip_id, offset_s, 0, 0, 0, 0, 0 FROM set_aside ORDER BY id",
       "SELECT id, view_id, start_sample, length_samples, activity_db, 0, 0, 0, 0, 0, 0 FROM windows ORDER BY id"}) {
    auto query = database.query(sql);
    while (query.step()) {
      std::string line;
      for (int column = 0; column < 11; ++column) line += query.text(column) + "|";
      lines.push_back(line);
    }
  }
  return lines;
}

class Shards : public testing::Test {
 protected:
  Shards() {
    for (int i = 0; i < 20; ++i) {
      std::vector<float> samples(8000);
      for (std::size_t t = 0; t < samples.size(); ++t) {
        const double s = static_cast<double>(t) / 16000;
        samples[t] = static_cast<float>(0.3 * std::sin(2 * M_PI * (300 + 50 * i + 900 * s) * s));
      }
      sounds.write_wav(concat("tone", i, ".wav"), samples, 16000);
    }
    // A copy, something silent, something that is no sound: all of them are decided about after the merge.
    fs::copy_file(sounds / "tone3.wav", sounds / "zcopy.wav");
    sounds.write_wav("zsilent.wav", std::vector<float>(8000), 16000);
    sounds.write("zbroken.wav", "RIFF");
    for (const TestFolder* project : {&one, &many}) project->write("pupil.toml", "[project]\n");
    options.thread_count = 1;
  }

  std::vector<Source> sources() const { return {read_source(sounds.path())}; }

  void collect_whole() {
    auto catalogue = Catalogue::create(one.path());
    collect(catalogue, Store(one.path()), sources(), options);
  }

  void plan(std::int64_t shards) {
    auto catalogue = Catalogue::create(many.path());
    plan_collect(catalogue, sources(), options, shards);
  }

  void run(std::int64_t index, std::int64_t count) {
    ShardRun run(many.path(), "collect", {index, count});
    if (!run.is_finished()) run_collect_shard(run, options);
  }

  void merge() {
    auto catalogue = Catalogue::create(many.path());
    const ShardResults results(many.path(), read_plan(many.path()));
    const Store store(many.path());
    CollectOptions with = options;
    int unknown = 0;
    with.known_intake = [&, known = known_intakes(results, store, many.path())](const fs::path& file,
                                                                                Intake* intake) {
      const bool found = known(file, intake);
      unknown += !found;
      return found;
    };
    collect(catalogue, store, sources(), with);
    unknown_count = unknown;
  }

  std::string failure(const std::function<void()>& work) const {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  TestFolder sounds, one, many;
  CollectOptions options;
  int unknown_count = 0;
};

TEST_F(Shards, AnyNumberGivesTheCatalogueOfOneProcess) {
  collect_whole();
  for (const std::int64_t count : {1, 3, 8}) {
    plan(count);
    EXPECT_EQ(read_plan(many.path()).item_count(), 23);
    for (std::int64_t index = count; index-- > 0;) run(index, count);
    merge();
    EXPECT_EQ(unknown_count, 0) << "everything was taken in by a shard";
    EXPECT_EQ(rows_of(many), rows_of(one)) << count;
    merge();
    EXPECT_EQ(rows_of(many), rows_of(one)) << "merging twice changes nothing";
    set_merged(many.path(), read_plan(many.path()), false);
    for (const char* gone : {"catalogue.db", "store"}) fs::remove_all(many / gone);
  }
}

TEST_F(Shards, WhatIsKilledGoesOn) {
  plan(2);
  {
    // As a process that dies after some files: committed, and no done.json.
    ShardRun killed(many.path(), "collect", {0, 2});
    killed.put("something", Json(Json::Object()));
  }
  EXPECT_NE(failure([&] { merge(); }).find("shard 0/2 is half done, shard 1/2 was not started"),
            std::string::npos)
      << failure([&] { merge(); });
  run(0, 2);
  run(1, 2);
  run(1, 2);
  merge();
  collect_whole();
  EXPECT_EQ(rows_of(many), rows_of(one));
}

TEST_F(Shards, AFileThatChangedMeanwhileIsTakenInAgain) {
  plan(2);
  run(0, 2);
  run(1, 2);
  sounds.write_wav("tone1.wav", std::vector<float>(12000, 0.1F), 16000);
  merge();
  EXPECT_EQ(unknown_count, 1);
  collect_whole();
  EXPECT_EQ(rows_of(many), rows_of(one));
}

TEST_F(Shards, RefusesOtherSettingsAndOtherNumbers) {
  EXPECT_NE(failure([&] { run(0, 2); }).find("no plan for shards"), std::string::npos);
  plan(2);
  EXPECT_NE(failure([&] { plan(2); }).find("is not merged"), std::string::npos);
  EXPECT_NE(failure([&] { run(0, 3); }).find("planned for 2 shards, not for 3"), std::string::npos);
  EXPECT_NE(failure([&] {
              ShardRun(many.path(), "label", {0, 2});
            }).find("of collect, not of label"),
            std::string::npos);
  many.write("pupil.toml", "[project]\n# changed\n");
  EXPECT_NE(failure([&] { run(0, 2); }).find("changed since collect was planned"), std::string::npos);
}

TEST_F(Shards, NamesResultsThatAreNotWhatWasWritten) {
  plan(2);
  run(0, 2);
  run(1, 2);
  std::ofstream(shard_folder(many.path(), 1) / "results.db", std::ios::app) << "x";
  EXPECT_NE(failure([&] { merge(); }).find("shard 1/2 has another results.db"), std::string::npos);
  EXPECT_NE(failure([&] { run(1, 2); }).find("remove the folder"), std::string::npos);
  fs::remove_all(shard_folder(many.path(), 1));
  run(1, 2);
  fs::remove_all(shard_folder(many.path(), 0) / "store");
  EXPECT_NE(failure([&] { merge(); }).find("lost or torn"), std::string::npos);
}

TEST_F(Shards, OfAnotherPlanAreNotMerged) {
  plan(1);
  run(0, 1);
  fs::copy(shard_folder(many.path(), 0), many / "kept", fs::copy_options::recursive);
  discard_plan(many.path());
  sounds.write_wav("more.wav", std::vector<float>(9000, 0.2F), 16000);
  plan(1);
  fs::copy(many / "kept", shard_folder(many.path(), 0), fs::copy_options::recursive);
  EXPECT_NE(failure([&] { merge(); }).find("is of another plan"), std::string::npos);
  EXPECT_NE(failure([&] { run(0, 1); }).find("is of another plan"), std::string::npos);
}

TEST_F(Shards, APlanThatChangedIsNoPlan) {
  plan(1);
  const fs::path file = shards_folder(many.path()) / "plan.json";
  std::string text = read_text(file);
  text.replace(text.find("23"), 2, "22");
  std::ofstream(file) << text;
  EXPECT_NE(failure([&] { run(0, 1); }).find("changed since it was written"), std::string::npos);
}

}  // namespace
}  // namespace pupil::corpus
