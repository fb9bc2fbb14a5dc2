// Each process writes its unfinished files to store/tmp/NAME and holds a lock on store/tmp/NAME/lock: whoever
// gets that lock knows that the owner is gone, whatever became of its process id.

#include "corpus/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "audio/decoder.h"
#include "audio/flac_writer.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemporary = "tmp";
constexpr const char* kLock = "lock";

[[noreturn]] void fail(const fs::path& path, std::string_view what) {
  throw DiskError(concat(path.string(), ": ", what, ": ", std::strerror(errno)));
}

void make_folder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw DiskError(concat(folder.string(), ": cannot make folder: ", code.message()));
}

// A rename is on the disk when its folder is.
void flush_folder(const fs::path& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail(folder, "cannot open folder");
  fsync(file);
  close(file);
}

}  // namespace

class Store::TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& root) {
    make_folder(root / kTemporary);
    std::string pattern = (root / kTemporary / "XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail(root / kTemporary, "cannot make temporary folder");
    path_ = pattern;
    lock_ = open((path_ / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0 || flock(lock_, LOCK_EX) != 0) fail(path_ / kLock, "cannot lock");
  }

  ~TemporaryFolder() {
    std::error_code ignored;  // remove_stray_files() of a later run takes what is left
    fs::remove_all(path_, ignored);
    close(lock_);
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  int lock_ = -1;
};

Store::Store(const fs::path& project_dir) : root_(project_dir / "store") {
  make_folder(root_);
  temporary_ = std::make_shared<TemporaryFolder>(root_);
}

fs::path Store::path(const std::string& hash) const {
  return root_ / hash.substr(0, 2) / (hash + ".flac");
}

bool Store::contains(const std::string& hash) const {
  return fs::exists(path(hash));
}

const fs::path& Store::temporary_folder() const {
  return temporary_->path();
}

std::string Store::commit(const fs::path& temporary) const {
  const std::string hash = sha256_file(temporary);
  adopt(temporary, hash);
  return hash;
}

void Store::adopt(const fs::path& temporary, const std::string& hash) const {
  const fs::path goal = path(hash);
  if (fs::exists(goal)) {
    fs::remove(temporary);
    return;
  }
  if (!fs::exists(goal.parent_path())) {
    make_folder(goal.parent_path());
    flush_folder(root_);
  }
  if (rename(temporary.c_str(), goal.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    fail(goal, "cannot rename into the store");
  }
  flush_folder(goal.parent_path());
}

std::string Store::put_samples(std::span<const float> samples, std::int32_t sample_rate_hz) const {
  audio::FlacWriter writer(temporary_folder(), sample_rate_hz);
  writer.write(samples);
  return commit(writer.close());
}

std::vector<float> Store::read_samples(const std::string& hash) const {
  return audio::decode_file(path(hash));
}

std::vector<float> Store::read_window(const std::string& hash, std::int64_t start_sample,
                                      std::int64_t length_samples) const {
  return with_context(path(hash).string(), [&] {
    audio::Decoder decoder(path(hash));
    std::vector<float> window(static_cast<std::size_t>(length_samples), 0.0F);
    std::vector<float> skipped(4096);
    for (std::int64_t left = start_sample; left > 0;) {
      const auto take = static_cast<std::size_t>(std::min<std::int64_t>(left, std::ssize(skipped)));
      const std::size_t count = decoder.read(std::span(skipped).first(take));
      if (count == 0) return window;
      left -= static_cast<std::int64_t>(count);
    }
    decoder.read(window);
    return window;
  });
}

std::int64_t Store::remove_stray_files() const {
  std::int64_t removed = 0;
  for (const auto& entry : fs::directory_iterator(root_ / kTemporary)) {
    if (entry.path() == temporary_folder() || !entry.is_directory()) continue;
    const int lock = open((entry.path() / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0) continue;  // removed meanwhile
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
      // The lock file itself is no audio.
      removed += static_cast<std::int64_t>(fs::remove_all(entry.path())) - 2;
    }
    close(lock);
  }
  return removed;
}

}  // namespace pupil::corpus
