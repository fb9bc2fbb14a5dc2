// SPDX-License-Identifier: Apache-2.0
#include "nn/unicode.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace pupil::nn {
namespace {

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

#include "nn/unicode_ranges.inc"

template <std::size_t N>
bool contains(const CodeRange (&ranges)[N], char32_t code) {
  const auto* range = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                       [](char32_t value, const CodeRange& r) { return value < r.first; });
  return range != std::begin(ranges) && code <= std::prev(range)->last;
}

}  // namespace

bool is_letter(char32_t code) {
  return contains(kLetters, code);
}
bool is_number(char32_t code) {
  return contains(kNumbers, code);
}

}  // namespace pupil::nn
