// SPDX-License-Identifier: Apache-2.0
// What the custom mutators share. Blind mutation of a file with a length, an offset or a checksum in front is refused at the door
// nearly every time; a custom mutator changes what is behind the door and makes the door fit again. Half of the time the bytes
// are mutated blindly all the same: the door is to be tried too. libFuzzer alone (replays mutate nothing).

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// `text` mutated once by libFuzzer (with its dictionary), at most `most` bytes long.
inline std::string mutated(std::string text, std::size_t most) {
  const std::size_t size = text.size();
  text.resize(size < most ? most : size);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

/// Copies `text` to `data` if it fits; otherwise mutates what is there.
inline std::size_t put_or_mutate(const std::string& text, std::uint8_t* data, std::size_t size,
                                 std::size_t max_size) {
  if (text.empty() || text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  text.copy(reinterpret_cast<char*>(data), text.size());
  return text.size();
}
