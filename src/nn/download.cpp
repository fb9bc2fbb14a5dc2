// SPDX-License-Identifier: Apache-2.0
// libcurl does the talking and is included nowhere else.
//
// 1. size_ is how much of PATH.part counts. It grows with what is written and falls to 0 only in
//    start_over().
// 2. PATH.part.tag names the server's version of the file that PATH.part is the beginning of, and is written
//    before the first byte. A rest is asked for only under that name (If-Range): the answer is the rest (206)
//    or, if the file has changed, the whole (200), which starts over.
// 3. The part is synced and hashed before it gets its name: a file under that name is whole.

#include "nn/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::nn {
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

// What one request did.
struct Answer {
  CURLcode code = CURLE_OK;
  long http = 0;
  std::string error;
};

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

// A part file and the requests that fill it.
class Transfer {
 public:
  Transfer(const std::string& url, const std::filesystem::path& path, const DownloadOptions& options)
      : url_(url),
        part_(with_suffix(path, ".part")),
        tag_file_(with_suffix(path, ".part.tag")),
        options_(options) {
    file_ = open_alone(part_);
    size_ = ::lseek(file_, 0, SEEK_END);
  }
  ~Transfer() { ::close(file_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  std::int64_t size() const { return size_; }
  const std::filesystem::path& part() const { return part_; }

  Answer request() {
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
    if (!curl) throw Error("libcurl cannot be started");
    char error[CURL_ERROR_SIZE] = "";
    CURL* handle = curl.get();
    http_ = 0;
    new_tag_.clear();
    curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(handle, CURLOPT_FAILONERROR, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_s));
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "pupil");
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    handle_ = handle;

    curl_slist* headers = nullptr;
    // A server that names no version of its file gives no way to tell whether a beginning still fits.
    if (size_ > 0 && first_line(tag_file_).empty()) start_over();
    if (size_ > 0) {
      // If-Range: the rest only if the file is still the one whose beginning we have; otherwise the whole (200).
      headers = curl_slist_append(headers, concat("If-Range: ", first_line(tag_file_)).c_str());
      // Not CURLOPT_RESUME_FROM: it takes the whole file as an answer for an error.
      curl_easy_setopt(handle, CURLOPT_RANGE, concat(size_, "-").c_str());
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    Answer answer;
    answer.code = curl_easy_perform(handle);
    curl_slist_free_all(headers);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.http);
    answer.error = *error != '\0' ? error : curl_easy_strerror(answer.code);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return answer;
  }

  void start_over() {
    size_ = 0;
    if (::ftruncate(file_, 0) != 0) throw DiskError(concat(part_.string(), ": ", std::strerror(errno)));
  }

  void sync() {
    if (::fsync(file_) != 0) throw DiskError(concat(part_.string(), ": ", std::strerror(errno)));
  }

 private:
  // libcurl is C: what is thrown inside its callbacks is kept in `failure_` and thrown again outside.
  bool guarded(auto&& work) noexcept {
    try {
      work();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded([&] { transfer.take_header({data, size}); }) ? size : CURL_WRITEFUNC_ERROR;
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded([&] { transfer.take({data, size}); }) ? size : CURL_WRITEFUNC_ERROR;
  }

  // Keeps the tag of the answer that counts (not of a redirect before it).
  void take_header(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) new_tag_.clear();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    // A weak tag (W/...) may not be used with If-Range (RFC 9110, 13.1.5); the date then serves.
    if (name == "etag" && !value.starts_with("W/")) new_tag_ = value;
    if (name == "last-modified" && new_tag_.empty()) new_tag_ = value;
  }

  // Without the tag a later run could not tell whether the file has changed meanwhile.
  void write_tag() { write_whole(tag_file_, new_tag_ + "\n"); }

  void take(std::string_view bytes) {
    if (http_ == 0) {
      curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &http_);
      if (http_ == kHttpOk)
        start_over();  // the server sends the whole: it knows no ranges, or the file changed
      if (http_ == kHttpOk) write_tag();
    }
    if (http_ != kHttpOk && http_ != kHttpPartial) return;  // the body of an error page is not kept
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), size_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        throw DiskError(
            concat(part_.string(), ": ", std::strerror(errno), " (what has come so far is kept: run again)"));
      }
      size_ += written;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    report();
  }

  void report() const {
    if (!options_.progress) return;
    curl_off_t rest = -1;
    curl_off_t received = 0;
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &rest);
    curl_easy_getinfo(handle_, CURLINFO_SIZE_DOWNLOAD_T, &received);
    options_.progress(size_, rest < 0 ? 0 : size_ - std::min<std::int64_t>(received, size_) + rest);
  }

  const std::string& url_;
  const std::filesystem::path part_;
  const std::filesystem::path tag_file_;
  const DownloadOptions& options_;
  int file_ = -1;
  std::int64_t size_ = 0;
  CURL* handle_ = nullptr;
  long http_ = 0;
  std::string new_tag_;
  std::exception_ptr failure_;
};

bool worth_repeating(const Answer& answer) {
  switch (answer.code) {
    case CURLE_OK: return answer.http >= 500 || answer.http == 429 || answer.http == 408;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

void fetch_part(const std::string& url, Transfer& transfer, const DownloadOptions& options) {
  double wait_s = options.retry_wait_s;
  int left = options.attempt_count;
  while (true) {
    const std::int64_t before = transfer.size();
    const Answer answer = transfer.request();
    if (answer.code == CURLE_OK && (answer.http == kHttpOk || answer.http == kHttpPartial)) return;
    const std::string reason =
        answer.code == CURLE_OK ? concat("the server answered ", answer.http) : answer.error;
    if (answer.code == CURLE_OK && answer.http == kHttpRangeNotSatisfiable) {
      transfer.start_over();  // what lies here is not the beginning of what lies there
    } else if (!worth_repeating(answer)) {
      throw Error(concat(url, ": ", reason));
    }
    if (transfer.size() > before) {
      left = options.attempt_count;
      wait_s = options.retry_wait_s;
    }
    if (--left <= 0) {
      throw Error(concat(url, ": ", reason, " (", options.attempt_count, " attempts; ",
                         readable_bytes(transfer.size()), " are kept: run again)"));
    }
    log_info(concat(url, ": ", reason, "; trying again in ", fixed(wait_s, 1), " s"));
    std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
    wait_s *= 2;
  }
}

}  // namespace

std::string download(const std::string& url, const std::filesystem::path& path,
                     const DownloadOptions& options) {
  make_folders(path.parent_path());
  std::string sha256;
  {
    Transfer transfer(url, path, options);
    fetch_part(url, transfer, options);
    transfer.sync();
    sha256 = sha256_file(transfer.part());
  }
  const std::filesystem::path part = with_suffix(path, ".part");
  const bool wrong = !options.sha256.empty() && sha256 != options.sha256;
  if (wrong) remove_file(part);
  remove_file(with_suffix(path, ".part.tag"));
  if (wrong) throw Error(concat(url, ": wrong checksum: SHA-256 ", sha256, ", expected ", options.sha256));
  rename_file(part, path);
  return sha256;
}

}  // namespace pupil::nn
