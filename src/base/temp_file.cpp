// SPDX-License-Identifier: Apache-2.0
#include "base/temp_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"

namespace pupil {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  const int reason = errno;
  throw DiskError(path.string() + ": " + what + ": " + std::strerror(reason));
}

// The process's number and a count; a name left over from an earlier process of that number is passed over.
std::filesystem::path next_name(const std::filesystem::path& folder) {
  static std::atomic<unsigned> count{0};
  return folder / (kTempPrefix + std::to_string(::getpid()) + "-" + std::to_string(count++));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

TempFile::TempFile(const std::filesystem::path& folder) {
  do {
    path_ = next_name(folder.empty() ? "." : folder);
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file_ < 0 && errno == EEXIST);
  if (file_ < 0) fail(folder, "cannot make a file");
}

TempFile::~TempFile() {
  if (file_ >= 0) ::close(file_);
  if (!committed_) ::unlink(path_.c_str());
}

void TempFile::write(std::span<const std::byte> bytes) {
  if (write_all(file_, bytes) != bytes.size()) fail(path_.parent_path(), "cannot write");
}

void TempFile::seek(std::int64_t position_bytes) {
  if (::lseek(file_, position_bytes, SEEK_SET) < 0) fail(path_, "cannot seek");
}

std::int64_t TempFile::position_bytes() const {
  const off_t position = ::lseek(file_, 0, SEEK_CUR);
  if (position < 0) fail(path_, "cannot tell the position");
  return position;
}

void TempFile::close() {
  if (file_ < 0) return;
  if (!sync_file(file_)) fail(path_.parent_path(), "cannot sync to the disk");
  // Some file systems report a full disk only here.
  if (::close(std::exchange(file_, -1)) != 0) fail(path_.parent_path(), "cannot write");
}

void TempFile::commit(const std::filesystem::path& goal) {
  close();
  if (::rename(path_.c_str(), goal.c_str()) != 0) fail(goal, "cannot put the file in place");
  committed_ = true;
  sync_folder(folder_of(goal));
}

void write_whole(const std::filesystem::path& goal, std::span<const std::byte> bytes) {
  TempFile file(folder_of(goal));
  file.write(bytes);
  file.commit(goal);
}

void write_whole(const std::filesystem::path& goal, std::string_view text) {
  write_whole(goal, std::as_bytes(std::span(text)));
}

}  // namespace pupil
