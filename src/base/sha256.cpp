// SPDX-License-Identifier: Apache-2.0
// What is the same whoever computes the hash: sha256_openssl.cpp, or in the device build sha256_plain.cpp.

#include "base/sha256.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/system_error.h"
#include "base/text.h"

namespace pupil {

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

std::string Sha256::hex() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : digest()) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

// Through stdio: a stream would bring its locales into the device program.
std::string sha256_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!in) throw_system_error(concat(path.string(), ": cannot be read"), errno);
  Sha256 hash;
  std::vector<char> piece(1 << 16);
  for (std::size_t count = 0; (count = std::fread(piece.data(), 1, piece.size(), in.get())) > 0;)
    hash.update(std::string_view(piece.data(), count));
  if (std::ferror(in.get()) != 0) throw_system_error(concat(path.string(), ": cannot be read"), errno);
  return hash.hex();
}

}  // namespace pupil
