// SPDX-License-Identifier: Apache-2.0
// Each process writes its unfinished files to store/tmp/NAME and holds a lock on store/tmp/NAME/lock: whoever
// gets that lock knows that the owner is gone, whatever became of its process id.
//
// A folder is there for a moment before its lock is held, and another process may remove it in that moment.
// So after locking the owner looks whether the file that it has locked is still the one of that name, and
// makes another folder if not. From then on nobody else gets the lock.

#include "corpus/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "audio/flac_writer.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/quietly.h"
#include "base/sha256.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "store";
constexpr const char* kTemporary = "tmp";
constexpr const char* kLock = "lock";
constexpr std::string_view kFlacMagic = "fLaC";

fs::path audio_path(const fs::path& root, const std::string& hash) {
  return root / hash.substr(0, 2) / (hash + ".flac");
}

[[noreturn]] void fail(const fs::path& path, std::string_view what) {
  throw DiskError(concat(path.string(), ": ", what, ": ", std::strerror(errno)));
}

// Whether `path` names the open file.
bool is_still(int file, const fs::path& path) {
  struct stat open_one {};
  struct stat named {};
  return fstat(file, &open_one) == 0 && stat(path.c_str(), &named) == 0 && open_one.st_dev == named.st_dev &&
         open_one.st_ino == named.st_ino;
}

}  // namespace

fs::path stored_audio_path(const fs::path& project_dir, const std::string& hash) {
  return audio_path(project_dir / kFolder, hash);
}

bool is_whole_audio(const fs::path& file, std::int64_t size_bytes) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (size_bytes != 0 && status.st_size != size_bytes) return false;
  char magic[kFlacMagic.size()] = {};
  std::ifstream in(file, std::ios::binary);
  in.read(magic, sizeof magic);
  return in && std::string_view(magic, sizeof magic) == kFlacMagic;
}

void check_damage(const fs::path& file, const audio::Damage& damage) {
  if (damage.lost_packet_count == 0) return;
  throw Error(concat(file.string(), ": damaged: ", damage.lost_packet_count,
                     " stretches cannot be decoded; delete it and collect its source again"));
}

class Store::TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& root) {
    make_folders(root / kTemporary);
    while (!make(root / kTemporary)) {
    }
  }

  ~TemporaryFolder() {
    // Nothing but the lock is left at a good end, and it goes without remove_all(), which wants memory and a descriptor.
    unlink(lock_path_.c_str());
    // Whoever opens the store next removes what is left.
    if (rmdir(path_.c_str()) != 0) quietly([this] { fs::remove_all(path_); });
    close(lock_);
  }

  const fs::path& path() const { return path_; }

 private:
  // False: another process has removed the folder before it was locked.
  bool make(const fs::path& parent) {
    std::string pattern = (parent / "XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail(parent, "cannot make temporary folder");
    path_ = pattern;
    lock_path_ = path_ / kLock;
    lock_ = open(lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0 && errno == ENOENT) return false;
    if (lock_ < 0) fail(lock_path_, "cannot lock");
    const bool locked = flock(lock_, LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno != EWOULDBLOCK) fail(lock_path_, "cannot lock");
    if (locked && is_still(lock_, lock_path_)) return true;
    close(lock_);
    return false;
  }

  fs::path path_;
  fs::path lock_path_;
  int lock_ = -1;
};

Store::Store(const fs::path& project_dir) : root_(project_dir / kFolder) {
  make_folders(root_);
  temporary_ = std::make_shared<TemporaryFolder>(root_);
  remove_stray_files();
}

fs::path Store::path(const std::string& hash) const {
  return audio_path(root_, hash);
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
  if (!fs::exists(goal.parent_path())) {
    make_folders(goal.parent_path());
    sync_folder(root_);
  }
  if (rename(temporary.c_str(), goal.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    fail(goal, "cannot rename into the store");
  }
  sync_folder(goal.parent_path());
}

std::string Store::put_samples(std::span<const float> samples, std::int32_t sample_rate_hz) const {
  audio::FlacWriter writer(temporary_folder(), sample_rate_hz);
  writer.write(samples);
  return commit(writer.close());
}

std::vector<float> Store::read_samples(const std::string& hash) const {
  audio::Damage damage;
  std::vector<float> samples = audio::decode_file(path(hash), {}, nullptr, &damage);
  check_damage(path(hash), damage);
  return samples;
}

std::vector<float> Store::read_window(const std::string& hash, std::int64_t start_sample,
                                      std::int64_t length_samples) const {
  std::vector<float> window(static_cast<std::size_t>(length_samples), 0.0F);
  audio::Damage damage;
  with_context(path(hash).string(), [&] {
    audio::Decoder decoder(path(hash));
    std::vector<float> skipped(4096);
    std::size_t count = 1;
    for (std::int64_t left = start_sample; left > 0 && count > 0; left -= static_cast<std::int64_t>(count)) {
      const auto take = static_cast<std::size_t>(std::min<std::int64_t>(left, std::ssize(skipped)));
      count = decoder.read(std::span(skipped).first(take));
    }
    if (count > 0) decoder.read(window);
    damage = decoder.damage();
  });
  check_damage(path(hash), damage);
  return window;
}

void Store::remove_stray_files() const {
  std::error_code gone;  // folders vanish meanwhile: their owners end, other processes remove strays too
  for (const fs::path& entry : folder_entries(root_ / kTemporary, &gone)) {
    std::error_code code;
    if (entry == temporary_folder() || !fs::is_directory(entry, code)) continue;
    const fs::path lock_path = entry / kLock;
    const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0) continue;  // removed meanwhile
    // What cannot be removed is the next one's.
    if (flock(lock, LOCK_EX | LOCK_NB) == 0 && is_still(lock, lock_path)) fs::remove_all(entry, code);
    close(lock);
  }
}

}  // namespace pupil::corpus
