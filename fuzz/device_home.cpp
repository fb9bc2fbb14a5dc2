// SPDX-License-Identifier: Apache-2.0
// Any bytes as the tables of a device's home (index, NUL, verdicts): a source whose files lie in the home, or an Error.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "corpus/device_source.h"
#include "input_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  static const bool made = [] {
    fs::create_directories(input_folder() / "home/index");
    fs::create_directories(input_folder() / "home/clips");
    put_input("home/clips/a.wav", "RIFF");
    put_input("outside.wav", "RIFF");
    return true;
  }();
  (void)made;
  std::string_view rest;
  put_input("home/index/2026-11-29.tsv", first_file({reinterpret_cast<const char*>(data), size}, &rest));
  put_input("home/verdicts.tsv", rest);
  const fs::path home = input_folder() / "home";
  try {
    const pupil::corpus::Source source = pupil::corpus::read_device_home(home, {});
    for (const pupil::corpus::SourceItem& item : source.items) {
      const fs::path within = fs::weakly_canonical(item.file).lexically_relative(fs::weakly_canonical(home));
      if (within.empty() || *within.begin() == "..") std::abort();
    }
    for (const pupil::corpus::SourceReview& review : source.reviews) {
      if (!std::isfinite(review.start_s) || !(review.length_s >= 0)) std::abort();
    }
  } catch (const pupil::Error&) {
  }
  return 0;
}
