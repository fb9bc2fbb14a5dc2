// SPDX-License-Identifier: Apache-2.0
#include "listen/home.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"
#include "listen/clip_file.h"
#include "listen/table_line.h"
#include "listen/test_listen.h"
#include "listen/utc.h"

namespace pupil::listen {
namespace {

namespace fs = std::filesystem;

ClipSection small_quota(std::int64_t megabytes = 1) {
  ClipSection options;
  options.quota_mb = megabytes;
  options.per_class_and_day = 1000;
  return options;
}

Event event_at(double second) {
  Event event;
  event.source = "yard";
  event.class_name = "dog \"barking\"";
  event.onset = test_moment(second).utc;
  event.offset = test_moment(second + 2).utc;
  event.id = finding_id(event.onset, event.source, event.class_name);
  event.top = {{"dog", 0.75F}};
  return event;
}

std::int64_t clip_bytes(const fs::path& home) {
  std::int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(home / "clips"))
    bytes += entry.is_regular_file() ? static_cast<std::int64_t>(entry.file_size()) : 0;
  return bytes;
}

TEST(Home, MakesNamesThatAreSafe) {
  EXPECT_EQ(finding_id(test_moment(1.5).utc, "yard", "a/../b \"ü\""),
            "20261129T000001.500Z-yard-a____b_____");
}

TEST(Home, KeepsClipsWithinTheQuotaAndTheOldestGoFirst) {
  const TestFolder folder;
  Home home(folder / "home", small_quota(), kTestRateHz);
  std::vector<KeptClip> kept;
  for (int i = 0; i < 40; ++i) {
    const Event event = event_at(i);
    kept.push_back(home.keep_clip(event.id, event.onset, test_noise(2, static_cast<unsigned>(i))));
    ASSERT_EQ(kept.back().reason, "");
  }
  EXPECT_LE(clip_bytes(folder / "home"), 1'000'000);
  EXPECT_EQ(home.counts().bytes, clip_bytes(folder / "home"));
  EXPECT_FALSE(fs::exists(folder / "home" / kept.front().path));
  EXPECT_TRUE(fs::exists(folder / "home" / kept.back().path));
  Home again(folder / "home", small_quota(), kTestRateHz);
  EXPECT_EQ(again.counts().bytes, home.counts().bytes);
  EXPECT_EQ(again.counts().clips, home.counts().clips);
}

TEST(Home, KeepsWhatHasAVerdictLongest) {
  const TestFolder folder;
  Home home(folder / "home", small_quota(), kTestRateHz);
  Event first = event_at(0);
  first.clip = home.keep_clip(first.id, first.onset, test_noise(2)).path;
  home.record(first);
  home.put({first.id, "dog", false, "anna", test_moment(9).utc});
  for (int i = 1; i < 40; ++i) home.keep_clip(event_at(i).id, event_at(i).onset, test_noise(2));
  EXPECT_TRUE(fs::exists(folder / "home" / first.clip));
}

TEST(Home, LimitsClipsOfAClassAndDayAlsoAfterARestart) {
  const TestFolder folder;
  ClipSection options = small_quota(100);
  options.per_class_and_day = 3;
  for (int run = 0; run < 2; ++run) {
    Home home(folder / "home", options, kTestRateHz);
    for (int i = 0; i < 3; ++i) {
      const Event event = event_at(10 * run + i);
      EXPECT_EQ(home.keep_clip(event.id, event.onset, test_noise(0.1)).reason, run == 0 ? "" : "quota");
    }
    EXPECT_EQ(home.keep_clip(event_at(86'400).id, event_at(86'400).onset, test_noise(0.1)).reason,
              run == 0 ? "" : "quota")
        << "of the next day";
    if (run == 0) fs::remove_all(folder / "home/clips/2026-11-30");
    if (run == 0) options.per_class_and_day = 0;
  }
}

TEST(Home, WritesAnIndexThatAVerdictFinds) {
  const TestFolder folder;
  Home home(folder / "home", small_quota(), kTestRateHz);
  NearMiss miss;
  miss.source = "yard";
  miss.class_name = "howl";
  miss.time = test_moment(70).utc;
  miss.id = finding_id(miss.time, miss.source, miss.class_name);
  home.record(miss);
  EXPECT_FALSE(fs::exists(folder / "home/index")) << "near misses wait";
  home.put({miss.id, "", true, "", test_moment(99).utc});
  home.record(event_at(5));
  const std::string text = [&] {
    std::ifstream in(folder / "home/index/2026-11-29.tsv");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_NE(text.find("\"dog \"\"barking\"\"\""), std::string::npos);
  EXPECT_THROW(home.put({"20261129T000500.000Z-yard-dog", "dog", false, "", {}}), Error);
  EXPECT_THROW(home.put({"../../etc", "dog", false, "", {}}), Error);
}

TEST(Home, AVerdictOnAnEventThatGoesOnIsWrittenWithIt) {
  const TestFolder folder;
  Home home(folder / "home", {}, 16000);
  const Event event = event_at(1);
  home.expect(event.id);
  home.put({event.id, "dog", false, "anna", {}});
  home.put({event.id, "", true, "anna", {}});  // the later one counts
  EXPECT_FALSE(std::filesystem::exists(folder / "home" / "verdicts.tsv"));
  home.record(event);
  const std::string written = read_text((folder / "home" / "verdicts.tsv").string());
  EXPECT_NE(written.find(concat("\n", event.id, "\t1\t")), std::string::npos) << written;
  EXPECT_EQ(written.find("\tdog\tanna"), std::string::npos) << written;
  home.expect(event_at(2).id);
  home.record(event_at(2));
  EXPECT_EQ(read_text((folder / "home" / "verdicts.tsv").string()), written);
}

TEST(Home, TornLinesAreLeftBehind) {
  const TestFolder folder;
  {
    Home home(folder / "home", small_quota(), kTestRateHz);
    home.record(event_at(1));
  }
  std::ofstream(folder / "home/index/2026-11-29.tsv", std::ios::app) << "event\t2026112";
  Home home(folder / "home", small_quota(), kTestRateHz);
  home.record(event_at(2));
  home.put({event_at(1).id, "dog", false, "", {}});
  home.put({event_at(2).id, "dog", false, "", {}});
}

// As root nothing is read-only to us; a file where the folder should be refuses all the same.
TEST(Home, GoesOnWhileTheDiskRefuses) {
  const TestFolder folder;
  std::ofstream(folder / "home") << "a file";
  Home home(folder / "home", small_quota(), kTestRateHz);
  const Event event = event_at(1);
  EXPECT_NE(home.keep_clip(event.id, event.onset, test_noise(1)).reason, "");
  home.record(event);
  EXPECT_THROW(home.put({event.id, "dog", false, "", {}}), DiskError);
  fs::remove(folder / "home");
  home.record(event_at(2));
  EXPECT_EQ(home.keep_clip(event.id, event.onset, test_noise(1)).reason, "");
  home.put({event.id, "dog", false, "", {}});  // its line waited
}

TEST(Home, BoundsWhatWaits) {
  const TestFolder folder;
  std::ofstream(folder / "home") << "a file";
  Home home(folder / "home", small_quota(), kTestRateHz);
  for (int i = 0; i < 5000; ++i) home.record(event_at(i));
  EXPECT_GT(home.counts().lost_lines, 0);
  fs::remove(folder / "home");
  home.flush();
  EXPECT_LE(fs::file_size(folder / "home/index/2026-11-29.tsv"), Home::kMostPendingBytes + 1000);
}

TEST(Home, RemovesWhatAKilledWriterLeft) {
  const TestFolder folder;
  fs::create_directories(folder / "home/clips/2026-11-29");
  std::ofstream(folder / "home/clips/2026-11-29/.pupil-1-0") << "half a clip";
  Home home(folder / "home", small_quota(), kTestRateHz);
  EXPECT_FALSE(fs::exists(folder / "home/clips/2026-11-29/.pupil-1-0"));
}

TEST(TableLine, IsReadAsItWasWritten) {
  const std::vector<std::string> fields = {"a", "", "b \"c\" d", "e;f", "\"", "g"};
  const std::string line = table_line(fields);
  EXPECT_EQ(table_fields(std::string_view(line).substr(0, line.size() - 1)), fields);
  EXPECT_EQ(table_line(std::vector<std::string>{"a\nb", "c\td"}), "a b\tc d\n");
}

}  // namespace
}  // namespace pupil::listen
