// SPDX-License-Identifier: Apache-2.0
#include "corpus/collect.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "corpus/database.h"
#include "corpus/intake.h"
#include "corpus/status.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

CollectReport collect_all(const TestFolder& project, const std::vector<Source>& sources,
                          const CollectOptions& options = {}) {
  auto catalogue = Catalogue::create(project.path());
  const Store store(project.path());
  return collect(catalogue, store, sources, options);
}

// All rows that collect makes, one line each.
std::vector<std::string> snapshot(const TestFolder& project) {
  Database database(project / "catalogue.db", DatabaseAccess::write);
  std::vector<std::string> lines;
  for (const char* sql :
       {"SELECT c.id, c.path, r.name, r.split, v.id, v.hash, v.sample_count, hex(l.blocks), hex(f.words),"
        " (SELECT group_concat(k.name) FROM truths t JOIN classes k ON k.id = t.class_id WHERE t.clip_id = "
        "c.id)"
        " FROM clips c JOIN recordings r ON r.id = c.recording_id JOIN views v ON v.clip_id = c.id"
        " JOIN levels l ON l.view_id = v.id LEFT JOIN fingerprints f ON f.clip_id = c.id ORDER BY c.id",
        "SELECT path, reason, detail, other_clip_id FROM set_aside ORDER BY path",
        "SELECT view_id, start_sample, length_samples, activity_db FROM windows ORDER BY 1, 2",
        "SELECT split, source_id, licence_id, clip_count, duration_ms FROM clip_counts ORDER BY 1, 2, 3"}) {
    auto query = database.query(sql);
    while (query.step()) {
      std::string line;
      for (int column = 0; column < 10; ++column) line += query.text(column) + "|";
      lines.push_back(line);
    }
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(project / "store")) {
    if (entry.is_regular_file()) lines.push_back(entry.path().lexically_relative(project.path()));
  }
  return lines;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// `count` good clips and one of each kind that is set aside.
void write_heap(const TestFolder& sounds, int count, double duration_s) {
  for (int i = 0; i < count; ++i) {
    sounds.write_wav(concat(i % 2 == 0 ? "bark" : "howl", "/", i, ".wav"),
                     make_sound(static_cast<unsigned>(i + 1), duration_s, kRateHz), kRateHz);
  }
  auto louder = make_sound(1, duration_s, kRateHz);
  for (float& sample : louder) sample *= 1.5F;
  sounds.write_wav("zz/louder.wav", louder, kRateHz);
  sounds.write_wav("zz/same.wav", make_sound(2, duration_s, kRateHz), kRateHz);
  sounds.write_wav("zz/short.wav", make_sound(3, 0.05, kRateHz), kRateHz);
  sounds.write_wav("zz/silent.wav", std::vector<float>(kRateHz, 0.0001F), kRateHz);
  std::vector<float> clipped = make_sound(4, 1.0, kRateHz);
  for (float& sample : clipped) sample = std::clamp(20 * sample, -1.0F, 1.0F);
  sounds.write_wav("zz/clipped.wav", clipped, kRateHz);
  sounds.write("zz/broken.wav", "RIFF....WAVE");
  sounds.write("zz/empty.wav", "");
}

TEST(Collect, StoresGoodClipsAndSetsTheOthersAside) {
  const TestFolder sounds;
  const TestFolder project;
  write_heap(sounds, 6, 1.0);
  const CollectReport report = collect_all(project, {read_source(sounds.path())});
  EXPECT_EQ(report.added_count, 6);
  EXPECT_EQ(report.window_count, 6);
  const std::map<SetAsideReason, std::int64_t> expected = {
      {SetAsideReason::undecodable, 2},     {SetAsideReason::too_short, 1},
      {SetAsideReason::silent, 1},          {SetAsideReason::clipped, 1},
      {SetAsideReason::exact_duplicate, 1}, {SetAsideReason::near_duplicate, 1}};
  EXPECT_EQ(report.set_aside, expected);
  auto catalogue = Catalogue::open(project.path());
  const Store store(project.path());
  std::set<std::string> hashes;
  for_each_clip(catalogue, {}, [&](const Clip& clip) {
    EXPECT_TRUE(store.contains(clip.hash));
    EXPECT_EQ(clip.sample_rate_hz, kRateHz);  // lower than 32 kHz: kept
    EXPECT_EQ(clip.given[0].label, clip.path.substr(0, 4));
    hashes.insert(clip.hash);
  });
  EXPECT_EQ(hashes.size(), 6u);
}

TEST(Collect, KnowsWhatItHasSeen) {
  const TestFolder sounds;
  const TestFolder project;
  write_heap(sounds, 4, 0.5);
  collect_all(project, {read_source(sounds.path())});
  const auto before = snapshot(project);
  const CollectReport again = collect_all(project, {read_source(sounds.path())});
  EXPECT_EQ(again.unchanged_count, again.file_count);
  EXPECT_EQ(again.added_count, 0);
  EXPECT_EQ(snapshot(project), before);
}

TEST(Collect, ResamplesToTheStoresRate) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 1.0, 48000), 48000);
  collect_all(project, {read_source(sounds.path())});
  auto catalogue = Catalogue::open(project.path());
  const Clip clip = get_clip(catalogue, 1);
  EXPECT_EQ(clip.sample_rate_hz, 32000);
  EXPECT_NEAR(static_cast<double>(clip.sample_count), 32000, 1);
  EXPECT_EQ(clip.original_rate_hz, 48000);
  EXPECT_EQ(clip.original_codec, "pcm_s16le");
}

TEST(Collect, TakesNewLabelsFromAChangedIndex) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  CsvColumns columns;
  columns.label = "label";
  columns.group = "group";
  columns.split = "split";
  const auto csv = sounds.write("i.csv", "path,label,group,split\na.wav,bark,g,train\n");
  collect_all(project, {read_csv_source(csv, columns)});
  sounds.write("i.csv", "path,label,group,split\na.wav,howl,g,test\n");
  const CollectReport report = collect_all(project, {read_csv_source(csv, columns)});
  EXPECT_EQ(report.relabelled_count, 1);
  auto catalogue = Catalogue::open(project.path());
  const Clip clip = get_clip(catalogue, 1);
  EXPECT_EQ(clip.given[0].label, "howl");
  EXPECT_EQ(clip.split, Split::test);
  EXPECT_EQ(read_status(catalogue).labels.size(), 1u);
}

Source index_of(const TestFolder& sounds, const std::string& name, const std::string& rows) {
  CsvColumns columns;
  columns.label = "label";
  columns.group = "group";
  columns.split = "split";
  columns.licence = "licence";
  return read_csv_source(sounds.write(name, "path,label,group,split,licence\n" + rows), columns);
}

TEST(Collect, DuplicatesBringWhatTheirSourcesSay) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  collect_all(project, {read_source(sounds.path())});
  const CollectReport report = collect_all(project, {index_of(sounds, "i.csv", "a.wav,bark,g,test,CC0\n")});
  EXPECT_EQ(report.completed_count, 1);
  {
    auto catalogue = Catalogue::open(project.path());
    const Clip clip = get_clip(catalogue, 1);
    EXPECT_EQ(clip.given, (std::vector<GivenLabel>{{"bark", {}, {}}}));
    EXPECT_EQ(clip.recording, "g");
    EXPECT_EQ(clip.split, Split::test);
    EXPECT_EQ(clip.licence, "CC0");
  }
  // The index changes, and with it what it brought, which the folder's silence does not take away.
  collect_all(project, {index_of(sounds, "i.csv", "a.wav,howl,g,train,CC0\n"), read_source(sounds.path())});
  auto catalogue = Catalogue::open(project.path());
  EXPECT_EQ(get_clip(catalogue, 1).given, (std::vector<GivenLabel>{{"howl", {}, {}}}));
  EXPECT_EQ(get_clip(catalogue, 1).split, Split::train);
}

TEST(Collect, ARecordingThatNobodyNamedMovesAsAWhole) {
  const TestFolder sounds;
  const TestFolder project;
  const auto whole = make_sound(1, 6.0, kRateHz);
  sounds.write_wav("a.wav", {whole.begin(), whole.begin() + 2 * kRateHz}, kRateHz);
  sounds.write_wav("whole.wav", whole, kRateHz);  // holds a.wav and much more
  ASSERT_EQ(collect_all(project, {read_source(sounds.path())}).added_count, 2);
  const Source index = index_of(sounds, "i.csv", "a.wav,,g,test,\n");
  collect_all(project, {index});
  auto catalogue = Catalogue::open(project.path());
  EXPECT_EQ(get_clip(catalogue, 1).recording, "g");
  EXPECT_EQ(get_clip(catalogue, 2).recording, "g");
  EXPECT_EQ(get_clip(catalogue, 2).split, Split::test);
  EXPECT_EQ(read_status(catalogue).recording_count, 1);
}

TEST(Collect, KeepsTheLongerOfTwoTakesInAnyOrder) {
  const auto whole = make_sound(1, 3.0, kRateHz);
  const std::vector<float> part(whole.begin() + kRateHz / 2, whole.end() - kRateHz / 2);
  std::vector<std::string> recordings;
  for (const bool longer_first : {true, false}) {
    const TestFolder sounds;
    const TestFolder project;
    sounds.write_wav("bark/a.wav", longer_first ? whole : part, kRateHz);
    sounds.write_wav("rain/b.wav", longer_first ? part : whole, kRateHz);
    const CollectReport report = collect_all(project, {read_source(sounds.path())});
    EXPECT_EQ(report.set_aside.at(SetAsideReason::near_duplicate), 1);
    EXPECT_DOUBLE_EQ(report.added_s, 3.0);
    auto catalogue = Catalogue::open(project.path());
    const Clip clip = get_clip(catalogue, 1);
    EXPECT_EQ(clip.path, longer_first ? "bark/a.wav" : "rain/b.wav");
    EXPECT_EQ(clip.sample_count, 3 * kRateHz);
    EXPECT_EQ(clip.given.size(), 2u);
    EXPECT_EQ(count_results(catalogue, window_config(catalogue, {}).id), 5);
    EXPECT_DOUBLE_EQ(read_status(catalogue).duration_s, 3.0);
    const SetAside shorter = list_set_aside(catalogue)[0];
    EXPECT_EQ(shorter.other_clip_id, 1);
    EXPECT_NE(shorter.detail.find(clip.path), std::string::npos) << shorter.detail;
    recordings.push_back(clip.recording);
    EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).unchanged_count, 2);
  }
  EXPECT_EQ(recordings[0], recordings[1]);
}

TEST(Collect, SaysWhereFilesOfATakeContradictEachOther) {
  const TestFolder sounds;
  const TestFolder project;
  auto sound = make_sound(1, 1.0, kRateHz);
  sounds.write_wav("rain/a.wav", sound, kRateHz);
  sounds.write_wav("drizzle/same.wav", sound, kRateHz);
  for (float& sample : sound) sample *= 1.5F;
  sounds.write_wav("bark/louder.wav", sound, kRateHz);
  CollectOptions options;
  options.class_of = [](const std::string& label) { return label == "bark" ? 0 : 1; };
  const CollectReport report = collect_all(project, {read_source(sounds.path())}, options);
  ASSERT_EQ(report.metadata_conflicts.size(), 2u);
  for (const MetadataConflict& conflict : report.metadata_conflicts) {
    EXPECT_EQ(conflict.first_file, "bark/louder.wav");
    EXPECT_EQ(conflict.first_value, "bark");
  }
  EXPECT_EQ(report.metadata_conflicts[1].second_file, "rain/a.wav");
  auto catalogue = Catalogue::open(project.path());
  EXPECT_EQ(get_clip(catalogue, 1).given.size(), 3u);
  // Said by every collect, not only by the one that found it.
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}, options).metadata_conflicts.size(), 2u);
}

TEST(Collect, AFormerDuplicateTakesItsWordsBack) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  sounds.write_wav("b/b.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  collect_all(project, {read_source(sounds.path())});
  sounds.write_wav("b/b.wav", make_sound(2, 2.0, kRateHz), kRateHz);
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).added_count, 1);
  auto catalogue = Catalogue::open(project.path());
  EXPECT_TRUE(get_clip(catalogue, 1).given.empty());
  EXPECT_EQ(get_clip(catalogue, 2).given[0].label, "b");
}

TEST(Collect, LooksAgainAtTheDuplicatesOfAChangedFile) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  sounds.write_wav("b/b.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  collect_all(project, {read_source(sounds.path())});
  sounds.write_wav("a.wav", make_sound(2, 2.0, kRateHz), kRateHz);
  const CollectReport changed = collect_all(project, {read_source(sounds.path())});
  EXPECT_EQ(changed.replaced_count, 1);
  {
    auto catalogue = Catalogue::open(project.path());
    EXPECT_TRUE(get_clip(catalogue, 1).given.empty());  // the other audio's label is not its own
  }
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).added_count, 1);
}

TEST(Collect, TakesAFileThatHasChanged) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  collect_all(project, {read_source(sounds.path())});
  sounds.write_wav("a.wav", make_sound(2, 2.0, kRateHz), kRateHz);
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).replaced_count, 1);
  auto catalogue = Catalogue::open(project.path());
  EXPECT_EQ(get_clip(catalogue, 1).sample_count, 2 * kRateHz);
  const CatalogueStatus status = read_status(catalogue);
  EXPECT_DOUBLE_EQ(status.duration_s, 2.0);
  EXPECT_EQ(count_results(catalogue, window_config(catalogue, {}).id), 3);
}

TEST(Collect, LooksAgainAtWhatOtherThresholdsAllow) {
  const TestFolder sounds;
  const TestFolder project;
  sounds.write_wav("short.wav", make_sound(1, 0.05, kRateHz), kRateHz);
  sounds.write_wav("long.wav", make_sound(2, 0.5, kRateHz), kRateHz);
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).added_count, 1);
  CollectOptions options;
  options.min_duration_s = 0.01;
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}, options).added_count, 1);
  auto catalogue = Catalogue::open(project.path());
  EXPECT_TRUE(list_set_aside(catalogue).empty());
}

TEST(Collect, SetsMissingFilesAsideAndTriesThemAgain) {
  const TestFolder sounds;
  const TestFolder project;
  const auto csv = sounds.write("i.csv", "path\na.wav\n");
  EXPECT_EQ(collect_all(project, {read_csv_source(csv, {})}).set_aside.at(SetAsideReason::unreadable), 1);
  sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  EXPECT_EQ(collect_all(project, {read_csv_source(csv, {})}).added_count, 1);
}

TEST(Collect, DoesNotDependOnThreads) {
  const TestFolder sounds;
  write_heap(sounds, 20, 0.4);
  std::vector<std::vector<std::string>> results;
  for (const int threads : {1, 5}) {
    const TestFolder project;
    CollectOptions options;
    options.thread_count = threads;
    collect_all(project, {read_source(sounds.path())}, options);
    results.push_back(sorted(snapshot(project)));
  }
  EXPECT_EQ(results[0], results[1]);
}

// Runs `work` in a child process; true when it ended by itself and well before `limit`, else it was killed.
template <typename Work>
bool finishes_within(std::chrono::microseconds limit, const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(0);
  }
  const auto end = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= end) kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Collect, GoesOnAfterKills) {
  const TestFolder sounds;
  write_heap(sounds, 120, 1.0);
  const TestFolder whole;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(
      finishes_within(std::chrono::minutes(2), [&] { collect_all(whole, {read_source(sounds.path())}); }));
  const auto whole_time =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);

  std::mt19937 random(1);
  int kills = 0;
  for (int round = 0; round < 4; ++round) {
    const TestFolder project;
    std::uniform_int_distribution<std::int64_t> moment(1000, whole_time.count());
    while (!finishes_within(std::chrono::microseconds(moment(random)),
                            [&] { collect_all(project, {read_source(sounds.path())}); })) {
      ++kills;
    }
    EXPECT_EQ(sorted(snapshot(project)), sorted(snapshot(whole)));
    EXPECT_TRUE(std::filesystem::is_empty(project / "store/tmp"));
  }
  EXPECT_GE(kills, 3);
}

TEST(Collect, KeepsWhatItHasWhenTheDiskIsFull) {
  const TestFolder sounds;
  const TestFolder project;
  for (int i = 0; i < 5; ++i) {
    sounds.write_wav(concat(i, ".wav"), make_sound(static_cast<unsigned>(i + 1), i < 4 ? 0.5 : 60.0, kRateHz),
                     kRateHz);
  }
  // A limit on the size of files stands for the full disk: the fifth clip does not fit.
  EXPECT_TRUE(finishes_within(std::chrono::minutes(1), [&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      collect_all(project, {read_source(sounds.path())});
    } catch (const DiskError& error) {
      if (std::string(error.what()).find("File too large") == std::string::npos) throw;
      return;
    }
    throw Error("collect did not notice");
  }));
  {
    auto catalogue = Catalogue::open(project.path());
    EXPECT_EQ(count_clips(catalogue), 4);
  }
  EXPECT_EQ(collect_all(project, {read_source(sounds.path())}).added_count, 1);
}

// One file more or less open in this process says nothing of the clip that came just then.
TEST(Collect, SetsNothingAsideBecauseNoMoreFilesMayBeOpened) {
  const TestFolder sounds;
  const TestFolder project;
  const std::filesystem::path file = sounds.write_wav("a.wav", make_sound(1, 0.5, kRateHz), kRateHz);
  const Store store(project.path());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_THROW(take_in(file, store, {}), DiskError);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(take_in(file, store, {}).refused);
}

}  // namespace
}  // namespace pupil::corpus
