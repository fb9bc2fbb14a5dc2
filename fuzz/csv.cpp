// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: records or a pupil::Error, and what was read, written with all fields quoted, reads the
// same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "corpus/csv.h"

namespace {

using Records = std::vector<std::vector<std::string>>;

Records read_all(std::string_view text) {
  pupil::corpus::CsvReader reader(text, "fuzz");
  Records records;
  for (std::vector<std::string> fields; reader.next(fields);) records.push_back(fields);
  return records;
}

std::string quote_all(const Records& records) {
  std::string text;
  for (const auto& record : records) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : record[i]) text += c == '"' ? "\"\"" : std::string(1, c);
      text += '"';
    }
    text += '\n';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Records records = read_all(text);
    if (read_all(quote_all(records)) != records) std::abort();
  } catch (const pupil::Error&) {
  }
  try {
    pupil::corpus::parse_csv(text, "fuzz");
  } catch (const pupil::Error&) {
  }
  return 0;
}
