// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/system_error.h"
#include "base/text.h"

namespace pupil {
namespace {

// Not by size(): pipes and files of /proc have none.
template <typename Bytes>
Bytes read_whole(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!in) throw_system_error(path.string(), errno);
  Bytes bytes;
  typename Bytes::value_type block[16384];
  for (std::size_t count = 0; (count = std::fread(block, 1, sizeof block, in.get())) > 0;) {
    bytes.insert(bytes.end(), block, block + count);
  }
  if (std::ferror(in.get()) != 0) throw_system_error(concat(path.string(), ": cannot be read"), errno);
  return bytes;
}

}  // namespace

std::vector<std::byte> read_bytes(const std::filesystem::path& path) {
  return read_whole<std::vector<std::byte>>(path);
}

std::string read_text(const std::filesystem::path& path) {
  return read_whole<std::string>(path);
}

}  // namespace pupil
