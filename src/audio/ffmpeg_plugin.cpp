// SPDX-License-Identifier: Apache-2.0
// Finds and opens pupil-ffmpeg.so. Knows nothing of FFmpeg.

#include "audio/ffmpeg_plugin.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "base/error.h"

namespace pupil::audio {
namespace {

constexpr char kModuleName[] = "pupil-ffmpeg.so";

// Beside the program; one above it (tests and fuzzers have a folder of their own); where it is installed.
std::filesystem::path find_module() {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const char* place : {".", "..", "../lib/pupil"}) {
    const std::filesystem::path candidate = (folder / place / kModuleName).lexically_normal();
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) return candidate;
  }
  throw DiskError(std::string(kModuleName) + ": not found beside " + folder.string() +
                  ", above it or in ../lib/pupil; it comes with pupil and reads audio files");
}

const FfmpegApi& load_module() {
  const std::filesystem::path path = find_module();
  // Local: the names of two hundred libraries stay out of the program's way. Lazy: most are never called.
  void* module = dlopen(path.c_str(), RTLD_LOCAL | RTLD_LAZY);
  if (module == nullptr) throw DiskError(std::string("cannot load FFmpeg: ") + dlerror());
  const auto table = reinterpret_cast<decltype(&pupil_ffmpeg_api)>(dlsym(module, "pupil_ffmpeg_api"));
  if (table == nullptr || table()->version != kFfmpegApiVersion) {
    throw DiskError(path.string() + ": is not of this version of pupil; build or install both together");
  }
  return *table();
}

}  // namespace

const FfmpegApi& ffmpeg_api() {
  static const FfmpegApi& api = load_module();
  return api;
}

}  // namespace pupil::audio
