// SPDX-License-Identifier: Apache-2.0
// Short counts and signals are walked over whole commands by tests/faults; here is what a pipe alone can show.
#include "base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

// A signal without SA_RESTART ends a write() to a full pipe early: with a short count, or with EINTR.
TEST(Descriptor, WritesAllThoughSignalsComeBetween) {
  struct sigaction action {
  }, before{};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::vector<std::byte> bytes(3'000'000, std::byte{7});
  std::atomic<bool> over = false;
  const pthread_t writer = pthread_self();
  std::size_t arrived = 0;
  std::thread reader([&] {
    std::vector<char> block(50'000);
    while (!over || arrived < bytes.size()) {
      pthread_kill(writer, SIGUSR1);
      const ssize_t count = ::read(ends[0], block.data(), block.size());
      if (count <= 0) break;
      arrived += static_cast<std::size_t>(count);
    }
  });
  const std::size_t written = write_all(ends[1], bytes);
  over = true;
  close(ends[1]);
  reader.join();
  close(ends[0]);
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(written, bytes.size());
  EXPECT_EQ(arrived, bytes.size());
}

TEST(Descriptor, SaysHowFarItCame) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  const std::byte bytes[10] = {};
  EXPECT_EQ(write_all(full, bytes), 0U);
  EXPECT_EQ(errno, ENOSPC);
  close(full);
}

TEST(Descriptor, NamesAFolderThatCannotBeSynced) {
  const TestFolder folder;
  EXPECT_NO_THROW(sync_folder(folder.path()));
  try {
    sync_folder(folder / "none");
    FAIL();
  } catch (const DiskError& error) {
    EXPECT_EQ(std::string(error.what()),
              (folder / "none").string() + ": cannot open the folder: No such file or directory");
  }
}

}  // namespace
}  // namespace pupil
