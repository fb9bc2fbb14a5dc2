#include "corpus/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
  EXPECT_EQ(store.remove_stray_files(), 1);
  EXPECT_TRUE(std::filesystem::exists(store.temporary_folder() / "mine"));
  EXPECT_EQ(store.remove_stray_files(), 0);
}

}  // namespace
}  // namespace pupil::corpus
