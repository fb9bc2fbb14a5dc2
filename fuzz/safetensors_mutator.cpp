// SPDX-License-Identifier: Apache-2.0
// Changes the header's JSON and writes its new length in front, with as much data behind it as there was.

#include <algorithm>
#include <cstring>

#include "mutator.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  constexpr std::size_t kLengthBytes = 8;
  if (seed % 2 == 0 || size < kLengthBytes) return LLVMFuzzerMutate(data, size, max_size);
  std::uint64_t length = 0;
  std::memcpy(&length, data, kLengthBytes);
  const std::string file(reinterpret_cast<const char*>(data) + kLengthBytes, size - kLengthBytes);
  const std::size_t header_bytes = std::min<std::uint64_t>(length, file.size());
  const std::string header = mutated(file.substr(0, header_bytes), header_bytes + 64);
  length = header.size();
  std::string whole(reinterpret_cast<const char*>(&length), kLengthBytes);
  whole += header + file.substr(header_bytes);
  return put_or_mutate(whole, data, size, max_size);
}
