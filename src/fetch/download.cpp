// SPDX-License-Identifier: Apache-2.0
// 1. size_ is how much of PATH.part counts. It grows with what is written and falls to 0 only in
//    start_over().
// 2. PATH.part.tag names the server's version of the file that PATH.part is the beginning of, and is written
//    before the first byte. A rest is asked for only under that name (If-Range): the answer is the rest (206)
//    or, if the file has changed, the whole (200), which starts over.
// 3. The part is synced and hashed before it gets its name: a file under that name is whole.

#include "fetch/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "fetch/url.h"

namespace pupil::fetch {
namespace {

constexpr long kHttpOk = 200;
constexpr long kHttpPartial = 206;
constexpr long kHttpRangeNotSatisfiable = 416;

std::filesystem::path with_suffix(const std::filesystem::path& path, const char* suffix) {
  return std::filesystem::path(path).concat(suffix);
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// Nobody else fills the file until it is closed. Whoever did may have put it in its place meanwhile: then it is opened anew.
int open_alone(const std::filesystem::path& part) {
  for (;;) {
    const int file = ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) throw DiskError(concat(part.string(), ": ", std::strerror(errno)));
    const bool locked = ::flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    struct stat opened {
    }, named{};
    const bool same =
        ::fstat(file, &opened) == 0 && ::stat(part.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
    if (locked && same) return file;
    ::close(file);
    if (!locked) throw Error(part.string() + ": another process is fetching it: wait for it, or end it");
  }
}

// The name under which a server's version of a file is asked for again. A weak tag (W/...) may not be used with
// If-Range (RFC 9110, 13.1.5); the date then serves.
std::string tag_of(const Head& head) {
  const std::string& tag = head.header("etag");
  return !tag.empty() && !tag.starts_with("W/") ? tag : head.header("last-modified");
}

// A part file and the attempts that fill it.
class Part {
 public:
  Part(Client& client, const Request& request, const std::filesystem::path& path,
       const DownloadOptions& options)
      : client_(client),
        request_(request),
        path_(with_suffix(path, ".part")),
        tag_file_(with_suffix(path, ".part.tag")),
        options_(options) {
    file_ = open_alone(path_);
    size_ = ::lseek(file_, 0, SEEK_END);
  }
  ~Part() { ::close(file_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void fill() {
    int failed = 0;
    for (;;) {
      const std::int64_t before = size_;
      const Answer answer = attempt();
      const long status = answer.head.status;
      const bool came = status == kHttpOk || status == kHttpPartial;
      if (came && fresh_) begin(answer.head);  // an empty file
      if (came && answer.outcome == Outcome::answered) return;
      failed = size_ > before ? 1 : failed + 1;
      // What is here is not the beginning of what is there: once more, from the start.
      if (status == kHttpRangeNotSatisfiable && size_ > 0)
        start_over();
      else
        client_.wait_to_repeat(request_, answer, failed);
    }
  }

  void sync() {
    if (!sync_file(file_)) throw DiskError(concat(path_.string(), ": ", std::strerror(errno)));
  }

 private:
  Answer attempt() {
    // A server that names no version of its file gives no way to tell whether a beginning still fits.
    if (size_ > 0 && first_line(tag_file_).empty()) start_over();
    fresh_ = true;
    std::vector<std::string> headers;
    if (size_ > 0) headers.push_back(concat("If-Range: ", first_line(tag_file_)));
    return client_.attempt(request_, size_ > 0 ? concat(size_, "-") : std::string(), headers,
                           [&](const Head& head, std::string_view bytes) { take(head, bytes); });
  }

  void start_over() {
    size_ = 0;
    if (!resize_file(file_, 0)) throw DiskError(concat(path_.string(), ": ", std::strerror(errno)));
  }

  // Without the tag a later run could not tell whether the file has changed meanwhile.
  void begin(const Head& head) {
    fresh_ = false;
    if (head.status == kHttpOk) {  // the server sends the whole: it knows no ranges, or the file changed
      start_over();
      write_whole(tag_file_, tag_of(head) + "\n");
    }
    if (head.status == kHttpPartial &&
        !head.header("content-range").starts_with(concat("bytes ", size_, "-")))
      throw FetchError(Failure::unusable,
                       concat(request_.url, ": the server sent another part than asked for"));
    whole_ = head.length < 0 ? -1 : size_ + head.length;
    check_size(whole_);
  }

  void check_size(std::int64_t size_bytes) {
    if (request_.max_bytes <= 0 || size_bytes <= request_.max_bytes) return;
    remove_file(path_);
    remove_file(tag_file_);
    throw FetchError(Failure::too_large,
                     concat(request_.url, ": longer than ", readable_bytes(request_.max_bytes)));
  }

  void take(const Head& head, std::string_view bytes) {
    if (head.status != kHttpOk && head.status != kHttpPartial) return;  // the body of an error page
    if (fresh_) begin(head);
    check_size(size_ + std::ssize(bytes));
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), size_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        throw DiskError(
            concat(path_.string(), ": ", std::strerror(errno), " (what has come so far is kept: run again)"));
      }
      size_ += written;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (options_.progress) options_.progress(size_, std::max<std::int64_t>(0, whole_));
  }

  Client& client_;
  const Request& request_;
  const std::filesystem::path path_;
  const std::filesystem::path tag_file_;
  const DownloadOptions& options_;
  int file_ = -1;
  std::int64_t size_ = 0;
  std::int64_t whole_ = 0;  // bytes of the whole file, as the answer says; -1: it does not
  bool fresh_ = true;       // no byte of this answer has come yet
};

}  // namespace

std::string download(Client& client, const Request& request, const std::filesystem::path& path,
                     const DownloadOptions& options) {
  make_folders(path.parent_path());
  std::string sha256;
  {
    Part part(client, request, path, options);
    part.fill();
    part.sync();
    sha256 = sha256_file(part.path());
  }
  const std::filesystem::path part = with_suffix(path, ".part");
  const bool wrong = !options.sha256.empty() && sha256 != options.sha256;
  if (wrong) remove_file(part);
  remove_file(with_suffix(path, ".part.tag"));
  if (wrong)
    throw Error(concat(request.url, ": wrong checksum: SHA-256 ", sha256, ", expected ", options.sha256));
  rename_file(part, path);
  return sha256;
}

std::string download_named(const std::string& url, const std::filesystem::path& path,
                           const DownloadOptions& options, ClientOptions client_options) {
  client_options.private_authorities.push_back(parse_url(url).authority());
  Client client(std::move(client_options));
  return download(client, {.url = url, .max_bytes = 0}, path, options);
}

}  // namespace pupil::fetch
