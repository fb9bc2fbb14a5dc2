// SPDX-License-Identifier: Apache-2.0
// The whole is fetched and cut here: yt-dlp's own sections begin up to 10 s early unless it encodes anew, and one
// download serves several stretches. No archive of yt-dlp's own: what it has recorded gives no file, and the catalogue knows
// better what is missing.

#include "harvest/video.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "audio/decoder.h"
#include "audio/wav_writer.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/read_file.h"
#include "base/scratch_folder.h"
#include "base/text.h"

namespace pupil::harvest {
namespace {

using corpus::Fate;

constexpr std::string_view kOldestVersion = "2025.11.12";
constexpr int kNotFound = 127;

struct Ran {
  int code = 0;
  std::string out, err;
};

// No shell: addresses are words, whatever is in them.
Ran run_program(std::vector<std::string> words) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "out", err = scratch.path() / "err";
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw Error(concat(words[0], ": ", std::strerror(errno)));
  if (child == 0) {
    const int in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    execvp(pointers[0], pointers.data());
    _exit(kNotFound);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, read_text(out), read_text(err)};
}

bool is_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

std::string last_line(const std::string& text) {
  std::istringstream in(text);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

void check_video_program(const VideoOptions& options) {
  const Ran ran = run_program({options.program, "--ignore-config", "--version"});
  if (ran.code == kNotFound)
    throw Error(concat(options.program,
                       ": no such program: pipx install 'yt-dlp[default]' ([harvest] yt_dlp names another)"));
  const std::string version = last_line(ran.out);
  // Dates of the same form are in the order of their letters.
  if (ran.code != 0 || version < kOldestVersion)
    throw Error(concat(options.program, " is of ", version.empty() ? "an unknown date" : version,
                       ", sites need ", kOldestVersion, " or later: pipx install --force 'yt-dlp[default]'"));
  for (const char* runtime : {"deno", "node", "qjs", "bun"})
    if (is_in_path(runtime)) return;
  throw Error(concat(options.program,
                     " needs a JavaScript runtime and finds none: install deno 2 or later, node 20 or later, "
                     "quickjs or bun"));
}

std::vector<std::string> video_command(const VideoOptions& options, const std::string& url) {
  return {options.program,
          "--ignore-config",
          "--no-update",  // no word about its age among the reasons
          "--no-playlist",
          "--newline",
          "--no-progress",
          "--no-quiet",  // --print is quiet, and a filter turns away without a word then
          "--no-overwrites",
          "-f",
          "bestaudio/best",
          "--write-info-json",
          "--print",
          "after_move:filepath",
          "-P",
          options.folder.string(),
          "-P",
          concat("temp:", (options.folder / "temp").string()),
          "-o",
          "%(extractor)s-%(id)s.%(ext)s",
          "--restrict-filenames",
          "--max-filesize",
          concat(options.max_megabytes, "M"),
          "--match-filters",
          concat("!is_live & duration<?", std::llround(options.max_duration_s)),  // of unknown length: let in
          "-t",
          "sleep",
          "--",
          url};
}

Fate fate_of_complaint(const std::string& complaint) {
  struct Sign {
    std::string_view words;
    Fate fate;
  };
  static constexpr Sign kSigns[] = {
      {"confirm you", Fate::bot_wall},
      {"not a bot", Fate::bot_wall},
      {"does not pass filter", Fate::too_long},
      {"larger than max-filesize", Fate::too_large},
      {"Private video", Fate::refused},
      {"members-only", Fate::refused},
      {"in your country", Fate::refused},
      {"Sign in", Fate::refused},
      {"HTTP Error 403", Fate::refused},
      {"HTTP Error 429", Fate::unreachable},
      {"timed out", Fate::unreachable},
      {"Temporary failure", Fate::unreachable},
      {"Failed to establish a new connection", Fate::unreachable},
      {"Giving up after", Fate::unreachable},
      {"HTTP Error 5", Fate::unreachable},
      {"nable to connect", Fate::unreachable},
      {"unavailable", Fate::gone},
      {"removed", Fate::gone},
      {"terminated", Fate::gone},
      {"HTTP Error 404", Fate::gone},
  };
  for (const Sign& sign : kSigns)
    if (complaint.find(sign.words) != std::string::npos) return sign.fate;
  return Fate::unusable;
}

Video fetch_video(const VideoOptions& options, const std::string& url) {
  make_folders(options.folder);
  const Ran ran = run_program(video_command(options, url));
  if (ran.code == kNotFound || ran.code == 2)
    throw Error(concat(options.program, ": cannot be used: ", last_line(ran.err)));
  Video video;
  const std::filesystem::path file = last_line(ran.out);
  if (ran.code == 0 && std::filesystem::is_regular_file(file)) {
    video.file = file;
    return video;
  }
  // What a filter turns away is said on standard output, without an error.
  const std::string said = ran.code == 0 ? ran.out + ran.err : ran.err;
  video.fate = fate_of_complaint(said);
  video.detail = last_line(ran.err.empty() ? ran.out : ran.err);
  return video;
}

void cut_recording(const std::filesystem::path& from, double begin_s, double end_s,
                   const std::filesystem::path& to) {
  audio::Decoder decoder(from);
  const double rate = decoder.sample_rate_hz();
  const auto begin = std::llround(begin_s * rate);
  const auto end = end_s > 0 ? std::llround(end_s * rate) : std::numeric_limits<long long>::max();
  audio::WavWriter writer(to.parent_path(), decoder.sample_rate_hz(), audio::WavFormat::kInt16);
  std::vector<float> piece(1 << 15);
  long long at = 0, written = 0;
  while (at < end) {
    const auto count = static_cast<long long>(decoder.read(piece));
    if (count == 0) break;
    const long long first = std::clamp(begin - at, 0LL, count), last = std::clamp(end - at, 0LL, count);
    if (last > first)
      writer.write(
          std::span(piece).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
    written += std::max(0LL, last - first);
    at += count;
  }
  if (written == 0)
    throw Error(
        concat("ends after ", fixed(static_cast<double>(at) / rate, 1), " s, before ", begin_s, " s"));
  writer.commit(to);
}

}  // namespace pupil::harvest
