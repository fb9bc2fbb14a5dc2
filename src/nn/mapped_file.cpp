// SPDX-License-Identifier: Apache-2.0
#include "nn/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/system_error.h"

namespace pupil::nn {
namespace {

std::size_t regular_file_bytes(int descriptor) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) throw_system_error("cannot be read", errno);
  if (!S_ISREG(status.st_mode)) throw Error("is not a regular file");
  if (status.st_size == 0) throw Error("is empty");
  return static_cast<std::size_t>(status.st_size);
}

std::span<std::byte> map(int descriptor) {
  const std::size_t size = regular_file_bytes(descriptor);
  // NORESERVE: a private writable mapping would otherwise be charged as memory in full.
  void* begin = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
  if (begin == MAP_FAILED) throw_system_error("cannot be mapped", errno);
  return {static_cast<std::byte*>(begin), size};
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_system_error(path.string(), errno);
  try {
    bytes_ = map(descriptor);
  } catch (const Error& error) {
    close(descriptor);
    error.rethrow_with(path.string());
  }
  close(descriptor);
}

MappedFile::~MappedFile() {
  munmap(bytes_.data(), bytes_.size());
}

}  // namespace pupil::nn
