// SPDX-License-Identifier: Apache-2.0
#include "corpus/submissions.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "corpus/clip_removal.h"
#include "corpus/collect_stage.h"
#include "corpus/review_journal.h"
#include "corpus/scores.h"
#include "corpus/test_project.h"
#include "corpus/verdict_counts.h"
#include "corpus/windows.h"

namespace pupil::corpus {
namespace {

constexpr const char* kConsent = "Yes, \"all\" of it.\nAnd more.";

class Submissions : public ::testing::Test {
 protected:
  Submissions() { std::filesystem::create_directory(folder); }

  PutSubmission put(unsigned seed, const std::string& author = "sender-a") const {
    audio::FlacWriter writer(folder, 16000);
    writer.write(make_sound(seed, 2, 16000));
    return put_submission(folder, writer, {"", author, "CC0-1.0", kConsent, "", 0});
  }
  std::vector<Submission> list() const {
    std::vector<std::string> warnings;
    return list_submissions(folder, &warnings);
  }
  // Collects the folder and labels every window as a teacher that is sure would.
  void collect_and_label(Catalogue& catalogue, std::int64_t label_config) const {
    CollectOptions options;
    options.near_duplicates = false;
    options.split = {.val_share = 0, .test_share = 0};
    run_collect_stage(catalogue, Store(project.path()), {read_source(folder)}, options, {});
    for (const Window& window : list_windows(catalogue, filter(catalogue)))
      put_label(catalogue, label_config, {window.id, Verdict::accepted, "cat", {1, 0}, 1, 1, 0});
  }
  static WindowFilter filter(Catalogue& catalogue) {
    WindowFilter all;
    all.window_config_id = window_config(catalogue, {}).id;
    return all;
  }
  static std::int64_t count_learned(Catalogue& catalogue, std::int64_t label_config) {
    std::int64_t count = 0;
    for_each_labelled_window(catalogue, filter(catalogue), label_config, std::nullopt,
                             [&](const LabelledWindow&) { ++count; });
    return count;
  }

  TestFolder project;
  std::filesystem::path folder = submission_folder(project.path());
};

TEST_F(Submissions, KeepTheConsentAndItsHashBesideTheAudio) {
  EXPECT_EQ(put(1), PutSubmission::stored);
  ASSERT_EQ(list().size(), 1U);
  const Submission stored = list().front();
  EXPECT_EQ(sha256_file(folder / (stored.hash + ".flac")), stored.hash);
  const Json record = read_json(folder / (stored.hash + ".json"));
  EXPECT_EQ(record.at("consent").as_string(), kConsent);
  EXPECT_EQ(record.at("consent_sha256").as_string(), sha256_hex(kConsent));
  EXPECT_EQ(record.at("licence").as_string(), "CC0-1.0");
  EXPECT_EQ(record.at("received").as_string().size(), std::string("2026-11-29T13:04:06Z").size());
  EXPECT_GT(stored.size_bytes, 0);
}

TEST_F(Submissions, TakeTheSameAudioOnce) {
  put(1);
  EXPECT_EQ(put(1, "sender-b"), PutSubmission::known);
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(list().front().author, "sender-a");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
}

TEST_F(Submissions, AreASourceWithAuthorLicenceAndRecording) {
  put(1);
  put(2, "sender-b");
  const Source source = read_source(folder);
  EXPECT_EQ(source.kind, "submissions");
  ASSERT_EQ(source.items.size(), 2U);
  for (const SourceItem& item : source.items) {
    EXPECT_EQ(item.recording, item.author);
    EXPECT_EQ(item.licence, "CC0-1.0");
    EXPECT_TRUE(item.given.empty());
    EXPECT_TRUE(std::filesystem::exists(item.file));
  }
}

TEST_F(Submissions, MayBeNone) {
  SourceOptions options;
  options.layout = parse_layout("submissions");
  EXPECT_TRUE(read_source(folder, options).items.empty());
}

TEST_F(Submissions, PassOverRecordsThatWereTornOrChanged) {
  put(1);
  put(2);
  put(3);
  const std::vector<Submission> all = list();
  write_whole(folder / (all[0].hash + ".json"), std::string_view("{\"author\""));
  Json record = read_json(folder / (all[1].hash + ".json"));
  record.set("consent", "something else");
  write_whole(folder / (all[1].hash + ".json"), record.dump());
  const Source source = read_source(folder);
  ASSERT_EQ(source.items.size(), 1U);
  EXPECT_EQ(source.items[0].path, all[2].hash + ".flac");
  ASSERT_EQ(source.warnings.size(), 2U);
  EXPECT_NE(source.warnings[1].find("consent was changed"), std::string::npos) << source.warnings[1];
}

TEST_F(Submissions, LoseWhatAKilledProcessLeftHalfDone) {
  put(1);
  write_whole(folder / (std::string(64, 'a') + ".flac"), std::string_view("fLaC"));
  { std::ofstream(folder / ".pupil-half") << "x"; }
  write_whole(folder / "notes.txt", std::string_view("mine"));
  remove_stray_submissions(folder);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 3);
  EXPECT_EQ(list().size(), 1U);
}

TEST_F(Submissions, AreHeldBackUntilSomebodyReviewsThem) {
  put(1);
  put(2, "sender-b");
  auto catalogue = Catalogue::create(project.path());
  const std::int64_t label = configure(catalogue, "label", "{}").id;
  collect_and_label(catalogue, label);
  EXPECT_EQ(count_held_clips(catalogue), 2);
  EXPECT_EQ(count_learned(catalogue, label), 0);
  EXPECT_TRUE(count_verdicts(catalogue, label).empty());
  WindowFilter train = filter(catalogue);
  const std::int64_t all = count_windows(catalogue, train);
  train.split = Split::train;
  EXPECT_GT(all, 0);
  EXPECT_EQ(count_windows(catalogue, train), 0) << "they belong to no split yet";

  const Window first = list_windows(catalogue, filter(catalogue)).front();
  const JournalEntry unsure{0,    {first.clip_id, 0, 1}, VerdictKind::unsure, "", "", "ann", "", "", 0, 0,
                            false};
  put_verdicts(catalogue, {&unsure, 1});
  EXPECT_EQ(count_held_clips(catalogue), 2) << "who cannot tell has not decided";
  const JournalEntry no{0, {first.clip_id, 0, 1}, VerdictKind::reject, "cat", "", "ann", "", "", 0, 0, false};
  put_verdicts(catalogue, {&no, 1});
  EXPECT_EQ(count_held_clips(catalogue), 1);
  EXPECT_EQ(count_learned(catalogue, label), all / 2);
  EXPECT_EQ(count_windows(catalogue, train), all / 2);
  undo_verdicts(catalogue, "ann");
  EXPECT_EQ(count_held_clips(catalogue), 2);
}

// A stranger's longer version of a known take, and the very same audio once the known file is gone.
TEST_F(Submissions, TakeNothingOverAndCompleteNothing) {
  const TestFolder own;
  const std::vector<float> whole = make_sound(1, 3, 16000);
  own.write_wav("a.wav", {whole.begin() + 8000, whole.end() - 8000}, 16000);
  own.write_wav("b.wav", make_sound(2, 2, 16000), 16000);
  own.write_wav("c.wav", make_sound(3, 2, 16000), 16000);
  const CollectOptions options;
  auto catalogue = Catalogue::create(project.path());
  const Store store(project.path());
  run_collect_stage(catalogue, store, {read_source(own.path())}, options, {});
  audio::FlacWriter longer(folder, 16000);
  longer.write(whole);
  put_submission(folder, longer, {"", "sender-a", "CC0-1.0", kConsent, "", 0});
  put(2);
  std::filesystem::remove(own / "b.wav");
  const std::vector<Source> sources = {read_source(own.path()), read_source(folder)};
  EXPECT_EQ(run_collect_stage(catalogue, store, sources, options, {}).added_count, 0);
  EXPECT_EQ(count_held_clips(catalogue), 0);
  for (const std::int64_t id : {1, 2}) {
    EXPECT_EQ(get_clip(catalogue, id).source, own.path().string()) << id;
    EXPECT_EQ(get_clip(catalogue, id).licence, "") << id;
    EXPECT_EQ(get_clip(catalogue, id).author, "") << id;
    EXPECT_EQ(get_clip(catalogue, id).sample_count, 32000) << id;
  }
  EXPECT_EQ(list_set_aside(catalogue).size(), 2U);
  EXPECT_TRUE(forecast_collect(catalogue, sources, options).nothing_to_do());
}

TEST_F(Submissions, AreRemovedWithTheirSender) {
  put(1);
  put(2);
  put(3, "sender-b");
  auto catalogue = Catalogue::create(project.path());
  collect_and_label(catalogue, configure(catalogue, "label", "{}").id);
  EXPECT_EQ(remove_submissions(folder, "sender-a"), 2);
  const RemovedClips removed = remove_clips(catalogue, "sender-a");
  EXPECT_EQ(removed.clip_count, 2);
  EXPECT_TRUE(removed.files.empty()) << "nothing is left to remove by hand";
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
  EXPECT_EQ(remove_submissions(project / "nowhere", "sender-b"), 0);
}

}  // namespace
}  // namespace pupil::corpus
