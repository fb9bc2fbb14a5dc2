// SPDX-License-Identifier: Apache-2.0
// Downloads from a real server on this machine that breaks in the ways servers break (flaky_server.py).

#include "fetch/download.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "fetch/test_server.h"

namespace pupil::fetch {
namespace {

class Download : public testing::Test {
 protected:
  Download() : server_(PUPIL_SOURCE_DIR "/src/fetch/flaky_server.py", {served_.path().string()}) {
    for (unsigned i = 0; i < 300000; ++i) content_ += static_cast<char>((i * i) >> 3);
    std::ofstream(served_ / "model.pt", std::ios::binary) << content_;
    client_.retry_wait_s = 0.01;
    client_.stall_s = 1;
  }
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "python3 is not installed: no server to download from";
  }

  std::string fetch(const std::string& mode) {
    return download_named(server_.url("/" + mode + "/model.pt"), goal_, options_, client_);
  }

  std::string error_of(const std::string& mode) {
    try {
      fetch(mode);
    } catch (const DiskError& error) {
      return std::string("disk: ") + error.what();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  int request_count() const {
    std::ifstream log(served_ / "requests.log");
    int count = 0;
    for (std::string line; std::getline(log, line);) ++count;
    return count;
  }

  TestFolder served_;
  TestFolder own_;
  TestServer server_;
  std::string content_;
  std::filesystem::path goal_ = own_ / "deep/model.pt";
  DownloadOptions options_;
  ClientOptions client_;
};

TEST_F(Download, WholeFileWithItsChecksum) {
  EXPECT_EQ(fetch("good"), sha256_hex(content_));
  EXPECT_EQ(sha256_file(goal_), sha256_hex(content_));
  EXPECT_FALSE(std::filesystem::exists(goal_.string() + ".part"));
}

TEST_F(Download, BrokenConnectionsAreTakenUpWhereTheyStopped) {
  EXPECT_EQ(fetch("broken"), sha256_hex(content_));
  // 40 % of the rest each time: more than five requests, and never the same byte twice.
  EXPECT_GT(request_count(), 5);
}

TEST_F(Download, AnInterruptedProcessGoesOn) {
  std::filesystem::create_directories(goal_.parent_path());
  std::ofstream(goal_.string() + ".part", std::ios::binary) << content_.substr(0, 100000);
  std::ofstream(goal_.string() + ".part.tag") << "\"300000-0\"\n";
  std::int64_t first_seen = -1;
  options_.progress = [&](std::int64_t done, std::int64_t total) {
    if (first_seen < 0) first_seen = done;
    EXPECT_EQ(total, 300000);
  };
  EXPECT_EQ(fetch("good"), sha256_hex(content_));
  EXPECT_GT(first_seen, 100000);
}

TEST_F(Download, AFileThatChangedMeanwhileIsFetchedAfresh) {
  EXPECT_EQ(fetch("changed"), sha256_hex(content_));
  std::ofstream(goal_.string() + ".part", std::ios::binary) << "other bytes";
  std::ofstream(goal_.string() + ".part.tag") << "\"old\"\n";
  EXPECT_EQ(fetch("good"), sha256_hex(content_));
}

TEST_F(Download, ServersWithoutRangesRedirectsAndBusyOnes) {
  EXPECT_EQ(fetch("noranges"), sha256_hex(content_));
  EXPECT_EQ(fetch("moved"), sha256_hex(content_));
  EXPECT_EQ(fetch("busy"), sha256_hex(content_));
}

TEST_F(Download, WrongChecksumLeavesNothing) {
  options_.sha256 = std::string(64, '0');
  EXPECT_NE(error_of("good").find("wrong checksum: SHA-256 " + sha256_hex(content_)), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(goal_));
  EXPECT_FALSE(std::filesystem::exists(goal_.string() + ".part"));
}

TEST_F(Download, ErrorsSayWhatTheServerSaid) {
  EXPECT_NE(error_of("nowhere").find("the server answered 404"), std::string::npos);
  EXPECT_NE(error_of("circle").find("redirect"), std::string::npos);
  client_.attempt_count = 1;
  EXPECT_NE(error_of("stuck").find("too slow"), std::string::npos) << error_of("stuck");
}

TEST_F(Download, WhatProgressThrowsComesOutUnchanged) {
  struct Stop {};
  options_.progress = [](std::int64_t, std::int64_t) { throw Stop(); };
  EXPECT_THROW(fetch("good"), Stop);
  EXPECT_EQ(request_count(), 1);
  EXPECT_FALSE(std::filesystem::exists(goal_));
  options_.progress = nullptr;
  EXPECT_EQ(fetch("good"), sha256_hex(content_));
}

TEST_F(Download, OneProcessAtATimeFillsAFile) {
  std::string second = "not tried";
  options_.progress = [&](std::int64_t, std::int64_t) {
    DownloadOptions options;
    try {
      if (second == "not tried") second = download_named(server_.url("/good/model.pt"), goal_, options);
    } catch (const Error& error) {
      second = error.what();
    }
  };
  EXPECT_EQ(fetch("good"), sha256_hex(content_));
  EXPECT_NE(second.find("another process is fetching it"), std::string::npos) << second;
}

TEST_F(Download, ADiskThatTakesNoFolderIsADiskError) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small disk";
  const TestFolder disk;
  const std::string mount =
      "mount -t tmpfs -o size=100k,nr_inodes=1 none '" + disk.path().string() + "' 2>/dev/null";
  if (std::system(mount.c_str()) != 0) GTEST_SKIP() << "a small disk cannot be mounted here";
  goal_ = disk / "models/model.pt";
  const std::string error = error_of("good");
  const bool unmounted = std::system(("umount '" + disk.path().string() + "'").c_str()) == 0;
  EXPECT_TRUE(error.starts_with("disk: ")) << error;
  EXPECT_NE(error.find("models: cannot make this folder: No space left on device"), std::string::npos)
      << error;
  EXPECT_TRUE(unmounted);
}

TEST_F(Download, FullDiskKeepsWhatCame) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small disk";
  const TestFolder disk;
  const std::string mount = "mount -t tmpfs -o size=100k none '" + disk.path().string() + "' 2>/dev/null";
  if (std::system(mount.c_str()) != 0) GTEST_SKIP() << "a small disk cannot be mounted here";
  goal_ = disk / "model.pt";
  const std::string error = error_of("good");
  const auto kept = std::filesystem::file_size(goal_.string() + ".part");
  const bool unmounted = std::system(("umount '" + disk.path().string() + "'").c_str()) == 0;
  EXPECT_TRUE(error.starts_with("disk: ")) << error;
  EXPECT_NE(error.find("No space left on device"), std::string::npos) << error;
  EXPECT_GT(kept, 50000u);
  EXPECT_TRUE(unmounted);
}

}  // namespace
}  // namespace pupil::fetch
