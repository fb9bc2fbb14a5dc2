// SPDX-License-Identifier: Apache-2.0
// Any bytes as an index of recordings, and as an AudioFolder's metadata.csv: items, or an Error. Numbers in them are numbers.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "corpus/sources.h"
#include "input_folder.h"

namespace {

void read(const std::filesystem::path& location, pupil::corpus::Layout layout) {
  pupil::corpus::SourceOptions options;
  options.layout = layout;
  try {
    for (const pupil::corpus::SourceItem& item : pupil::corpus::read_source(location, options).items) {
      for (const pupil::corpus::GivenLabel& label : item.given) {
        if ((label.onset_s && !std::isfinite(*label.onset_s)) ||
            (label.offset_s && !std::isfinite(*label.offset_s)))
          std::abort();
      }
    }
  } catch (const pupil::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool made = [] {
    std::filesystem::create_directories(input_folder() / "audio");
    put_input("audio/a.wav", "RIFF");
    put_input("a.wav", "RIFF");
    return true;
  }();
  (void)made;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  put_input("index.csv", text);
  read(input_folder() / "index.csv", pupil::corpus::Layout::automatic);
  put_input("audio/metadata.csv", text);
  read(input_folder() / "audio", pupil::corpus::Layout::audiofolder);
  return 0;
}
