// SPDX-License-Identifier: Apache-2.0
#include "audio/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/system_error.h"

namespace pupil::audio {
namespace {

// A hostile index can send a demuxer in circles. An honest file is read about once; a badly interleaved one
// up to 64 kB (FFmpeg's buffer) for each packet of some hundred bytes. Beyond that, reading fails.
constexpr std::int64_t kMaxRereads = 256;
constexpr std::int64_t kFreeReadBytes = 64 << 20;

std::int64_t budget_for(std::int64_t size_bytes) {
  if (size_bytes < 0 || size_bytes > std::numeric_limits<std::int64_t>::max() / (2 * kMaxRereads)) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return kFreeReadBytes + kMaxRereads * size_bytes;
}

}  // namespace

ByteSource::ByteSource(const std::filesystem::path& path) : name_(path.filename().string()) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0 && errno == ENOENT) throw Error("no such file");
  if (file_ < 0) throw_system_error("cannot open", errno);
  struct stat status {};
  const bool known = ::fstat(file_, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    ::close(file_);
    throw Error("is a folder, not an audio file");
  }
  seekable_ = ::lseek(file_, 0, SEEK_CUR) >= 0;
  if (known && S_ISREG(status.st_mode)) size_bytes_ = status.st_size;
  read_budget_bytes_ = budget_for(size_bytes_);
}

ByteSource::ByteSource(std::span<const std::byte> bytes)
    : bytes_(bytes),
      size_bytes_(static_cast<std::int64_t>(bytes.size())),
      read_budget_bytes_(budget_for(size_bytes_)) {}

ByteSource::~ByteSource() {
  if (file_ >= 0) ::close(file_);
}

FfmpegBytes ByteSource::view() noexcept {
  FfmpegBytes view{};
  view.owner = this;
  view.read = [](void* owner, std::uint8_t* buffer, std::int32_t capacity) {
    return static_cast<ByteSource*>(owner)->read(buffer, capacity);
  };
  if (seekable_) {
    view.seek = [](void* owner, std::int64_t position_bytes) {
      return static_cast<ByteSource*>(owner)->seek(position_bytes);
    };
  }
  view.size_bytes = size_bytes_;
  view.name = name_.c_str();
  return view;
}

std::int32_t ByteSource::read(std::uint8_t* buffer, std::int32_t capacity) noexcept {
  if (capacity <= 0) return 0;
  if (read_budget_bytes_ <= 0) return -1;
  std::int64_t count = 0;
  if (file_ >= 0) {
    do {
      count = ::read(file_, buffer, static_cast<std::size_t>(capacity));
    } while (count < 0 && errno == EINTR);
    if (count < 0) read_errno_ = errno;
  } else {
    count = std::clamp<std::int64_t>(size_bytes_ - position_bytes_, 0, capacity);
    if (count > 0) std::memcpy(buffer, bytes_.data() + position_bytes_, static_cast<std::size_t>(count));
    position_bytes_ += count;
  }
  read_budget_bytes_ -= std::max<std::int64_t>(count, 1);
  return static_cast<std::int32_t>(count);
}

std::int64_t ByteSource::seek(std::int64_t position_bytes) noexcept {
  if (position_bytes < 0) return -1;
  if (file_ >= 0) return ::lseek(file_, position_bytes, SEEK_SET);
  position_bytes_ = position_bytes;
  return position_bytes;
}

}  // namespace pupil::audio
