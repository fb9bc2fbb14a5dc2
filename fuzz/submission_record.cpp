// SPDX-License-Identifier: Apache-2.0
// Any bytes as the record of a recording that somebody sent: it is listed or named in a warning, whatever it holds.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "corpus/submissions.h"
#include "input_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string name = std::string(64, 'a') + ".json";
  put_input(name.c_str(), {reinterpret_cast<const char*>(data), size});
  std::vector<std::string> warnings;
  if (pupil::corpus::list_submissions(input_folder(), &warnings).size() + warnings.size() != 1) std::abort();
  try {
    pupil::corpus::read_submissions(input_folder());
  } catch (const pupil::Error&) {
  }
  return 0;
}
