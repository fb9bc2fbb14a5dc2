// SPDX-License-Identifier: Apache-2.0
// A line of the home's tables, and what a child program writes: any bytes are read.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "listen/pcm_reader.h"
#include "listen/table_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> fields =
      pupil::listen::table_fields({reinterpret_cast<const char*>(data), size});
  pupil::listen::table_line(fields);
  try {
    pupil::listen::PcmReader reader(16000);
    std::vector<std::int16_t> samples;
    const std::size_t half = size / 2;
    reader.push({data, half}, samples);
    reader.push({data + half, size - half}, samples);
  } catch (const pupil::Error&) {
  }
  return 0;
}
