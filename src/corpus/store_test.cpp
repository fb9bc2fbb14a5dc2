// SPDX-License-Identifier: Apache-2.0
#include "corpus/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/sha256.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

TEST(Store, NamesAudioByItsContent) {
  const TestFolder dir;
  const Store store(dir.path());
  const auto samples = make_sound(1, 0.5, 16000);
  const std::string hash = store.put_samples(samples, 16000);
  EXPECT_EQ(sha256_file(store.path(hash)), hash);
  EXPECT_EQ(store.put_samples(samples, 16000), hash);
  const auto back = store.read_samples(hash);
  ASSERT_EQ(back.size(), samples.size());
  for (std::size_t i = 0; i < back.size(); ++i) ASSERT_NEAR(back[i], samples[i], 1.0 / 65536);
}

TEST(Store, ReadsWindowsWithZerosPastTheEnd) {
  const TestFolder dir;
  const Store store(dir.path());
  const std::string hash = store.put_samples(make_sound(1, 0.5, 16000), 16000);
  const auto all = store.read_samples(hash);
  const auto window = store.read_window(hash, 7000, 2000);
  ASSERT_EQ(window.size(), 2000u);
  EXPECT_TRUE(std::equal(window.begin(), window.begin() + 1000, all.begin() + 7000));
  EXPECT_EQ(window[1500], 0.0F);
  EXPECT_EQ(store.read_window(hash, 50'000, 10), std::vector<float>(10, 0.0F));
  EXPECT_THROW(store.read_window("ab" + hash, 0, 10), Error);
}

TEST(Store, NewFoldersSurviveOthersThatClean) {
  const TestFolder dir;
  std::atomic<bool> done = false;
  std::thread cleaning([&] {
    while (!done) const Store cleaner(dir.path());
  });
  int lost = 0;
  for (int i = 0; i < 2000; ++i) {
    const Store store(dir.path());
    lost += std::filesystem::exists(store.temporary_folder()) ? 0 : 1;
  }
  done = true;
  cleaning.join();
  EXPECT_EQ(lost, 0);
}

TEST(Store, LeavesNoFolderWhereNoDescriptorIsFree) {
  const TestFolder dir;
  std::optional<Store> store(dir.path());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  store.reset();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(std::filesystem::is_empty(dir / "store/tmp"));
}

TEST(Store, ReplacesATornFile) {
  const TestFolder dir;
  const Store store(dir.path());
  const auto samples = make_sound(1, 0.5, 16000);
  const std::string hash = store.put_samples(samples, 16000);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(store.path(hash)));
  EXPECT_TRUE(is_whole_audio(store.path(hash), size));
  std::filesystem::resize_file(store.path(hash), 100);
  EXPECT_FALSE(is_whole_audio(store.path(hash), size));
  EXPECT_TRUE(is_whole_audio(store.path(hash), 0));  // of an unknown size: not empty, a FLAC file
  store.put_samples(samples, 16000);
  EXPECT_EQ(sha256_file(store.path(hash)), hash);
}

TEST(Store, RefusesDamagedAudio) {
  const TestFolder dir;
  const Store store(dir.path());
  const std::string hash = store.put_samples(make_sound(1, 2, 16000), 16000);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(store.path(hash)));
  std::fstream file(store.path(hash), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(size / 3);
  file << std::string(static_cast<std::size_t>(size / 3), '\0');
  file.close();
  EXPECT_THROW(store.read_samples(hash), Error);
  EXPECT_THROW(store.read_window(hash, 0, 2 * 16000), Error);
}

TEST(Store, RemovesOnlyWhatTheDeadLeft) {
  const TestFolder dir;
  const Store store(dir.path());
  std::ofstream(store.temporary_folder() / "mine") << "x";
  const pid_t child = fork();
  if (child == 0) {
    const Store theirs(dir.path());
    std::ofstream(theirs.temporary_folder() / "stray") << "x";
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const Store next(dir.path());
  EXPECT_TRUE(std::filesystem::exists(store.temporary_folder() / "mine"));
  const std::filesystem::directory_iterator folders(dir / "store/tmp");
  EXPECT_EQ(std::distance(begin(folders), end(folders)), 2) << "those of the two that live";
}

}  // namespace
}  // namespace pupil::corpus
