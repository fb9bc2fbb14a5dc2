// SPDX-License-Identifier: Apache-2.0
// How the caller's memory is cut into pieces: whole lines of the cache, so that no two share one.

#pragma once

#include <cstddef>
#include <cstdint>

namespace pupil::edge {

constexpr std::size_t kLineBytes = 64;

constexpr std::size_t whole_lines(std::size_t bytes) noexcept {
  return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
}

/// The first multiple of `alignment` that is not before `pointer`: at most alignment - 1 bytes on.
inline std::byte* align_up(std::byte* pointer, std::size_t alignment) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return pointer + (alignment - address % alignment) % alignment;
}

}  // namespace pupil::edge
