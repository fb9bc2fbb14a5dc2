// SPDX-License-Identifier: Apache-2.0
#include "corpus/device_source.h"

#include "base/error.h"
#include "corpus/collect_stage.h"
#include "corpus/reviews.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

constexpr const char* kIndexHeader =
    "kind\tid\tsource\tclass\tscore\tpeak\tthreshold\tonset\toffset\tmodel_sha256\ttop\tclip\tclip_lead_s\t"
    "no_clip_reason\n";
constexpr const char* kVerdictHeader =
    "id\trejected\tclass\treviewer\ttime\tfound\tsource\tscore\tthreshold\tonset\toffset\tmodel_sha256\tclip\t"
    "clip_lead_s\n";

class DeviceSource : public ::testing::Test {
 protected:
  DeviceSource() {
    for (const char* name : {"a", "b", "c"})
      home.write_wav(clip(name), make_sound(static_cast<unsigned>(name[0]), 6, 16000), 16000);
    home.write("index/2026-11-29.tsv", kIndexHeader + index_line("a") + index_line("b") + index_line("c") +
                                           index_line("gone") + "event\t2026112");
    home.write("verdicts.tsv", kVerdictHeader + verdict_line("a", "1", "") + verdict_line("b", "1", "") +
                                   verdict_line("b", "0", "howl") + "c\t1");
  }

  static std::string clip(const std::string& name) { return "clips/2026-11-29/" + name + ".wav"; }
  static std::string index_line(const std::string& name) {
    return "event\t" + name + "\tyard\t\"dog \"\"barking\"\"\"\t0.8\t0.9\t0.5\t2026-11-29T23:59:59.000Z\t" +
           "2026-11-30T00:00:01.000Z\tff\tdog=0.9\t" + clip(name) + "\t3\t\n";
  }
  static std::string verdict_line(const std::string& name, const std::string& rejected,
                                  const std::string& label) {
    return name + "\t" + rejected + "\t" + label + "\tanna\t2026-11-30T08:00:00.000Z\tdog\tyard\t0.8\t0.5\t" +
           "2026-11-29T23:59:59.000Z\t2026-11-30T00:00:01.000Z\tff\t" + clip(name) + "\t3\n";
  }

  TestFolder home;
};

TEST_F(DeviceSource, ReadsClipsWithTheLatestVerdict) {
  const Source source = read_source(home.path());
  EXPECT_EQ(source.kind, "device");
  ASSERT_EQ(source.items.size(), 3U);
  EXPECT_EQ(source.items[0].recording, "yard 2026-11-29");
  EXPECT_TRUE(source.items[0].given.empty());
  ASSERT_EQ(source.items[1].given.size(), 1U);
  EXPECT_EQ(source.items[1].given[0].label, "howl");
  ASSERT_EQ(source.reviews.size(), 2U);
  EXPECT_EQ(source.reviews[0].label, "");
  EXPECT_EQ(source.reviews[0].start_s, 3);
  EXPECT_EQ(source.reviews[0].length_s, 2) << "over midnight";
  EXPECT_EQ(source.reviews[1].label, "howl");
  EXPECT_EQ(source.reviews[1].reviewer, "anna");
  ASSERT_EQ(source.remarks.size(), 1U);
  EXPECT_NE(source.remarks[0].find("1 clips of the index made room"), std::string::npos);
}

TEST_F(DeviceSource, VerdictsArriveAsReviewsOfWindows) {
  const TestFolder project;
  auto catalogue = Catalogue::create(project.path());
  CollectOptions options;
  options.near_duplicates = false;
  const std::vector<Source> sources = {read_source(home.path())};
  for (int run = 0; run < 2; ++run) run_collect_stage(catalogue, Store(project.path()), sources, options, {});
  std::int64_t rejected = 0, howl = 0;
  for (const Review& review : list_reviews(catalogue)) {
    EXPECT_EQ(review.length_s, 1.0);
    EXPECT_EQ(review.note.substr(0, 8), "device: ");
    if (review.label == "howl") {
      ++howl;
      EXPECT_GE(review.start_s, 2.25);
      EXPECT_LE(review.start_s + review.length_s, 5.75);
    } else {
      ++rejected;
    }
  }
  EXPECT_EQ(howl, 5) << "windows from 2.5 to 4.5 s";
  EXPECT_EQ(rejected, 7) << "those from 2 to 5 s";
  EXPECT_EQ(put_source_reviews(catalogue, sources, options.window), 0) << "nothing is new";
}

TEST_F(DeviceSource, LeavesPathsOutsideTheHomeAlone) {
  home.write("index/2026-11-30.tsv",
             kIndexHeader + std::string("event\tx\tyard\td\t1\t1\t1\t\t\tff\t\t../../etc/passwd\t0\t\n"));
  EXPECT_EQ(read_source(home.path()).items.size(), 3U);
}

TEST_F(DeviceSource, SaysWhereThereIsNoClip) {
  std::filesystem::remove_all(home.path() / "clips");
  EXPECT_THROW(read_source(home.path()), Error);
}

}  // namespace
}  // namespace pupil::corpus
