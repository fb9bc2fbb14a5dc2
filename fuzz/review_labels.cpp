// SPDX-License-Identifier: Apache-2.0
// Any bytes as label files: rows or a pupil::Error, and what was read reads the same once written.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "review/exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pupil::review;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    guess_format(text, "fuzz");
  } catch (const pupil::Error&) {
  }
  for (const ExchangeFormat format : {ExchangeFormat::audacity, ExchangeFormat::raven, ExchangeFormat::csv}) {
    std::vector<LabelRow> rows;
    try {
      rows = read_labels(format, text, "fuzz");
    } catch (const pupil::Error&) {
      continue;
    }
    const std::vector<LabelRow> again = read_labels(format, write_labels(format, rows), "fuzz");
    if (again.size() != rows.size()) std::abort();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (std::abs(again[i].start_s - rows[i].start_s) > 0.001) std::abort();
    }
    merged(rows);
  }
  return 0;
}
