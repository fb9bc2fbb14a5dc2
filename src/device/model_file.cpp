// SPDX-License-Identifier: Apache-2.0
#include "device/model_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::device {

std::vector<std::byte> read_bytes(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!in) throw Error(concat(path, ": ", std::strerror(errno)));
  std::vector<std::byte> bytes;
  std::byte block[16384];
  for (std::size_t count = 0; (count = std::fread(block, 1, sizeof block, in.get())) > 0;) {
    bytes.insert(bytes.end(), block, block + count);
  }
  if (std::ferror(in.get()) != 0) throw Error(concat(path, ": cannot be read: ", std::strerror(errno)));
  return bytes;
}

std::string read_text(const std::string& path) {
  const std::vector<std::byte> bytes = read_bytes(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ModelFile::ModelFile(const std::string& path) : bytes_(read_bytes(path)) {
  // operator new aligns to 16, which is what a model asks for.
  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= edge::kModelAlignment);
  check_status(model_.load(bytes_), path);
}

edge::KernelSet find_kernels(const std::string& name) {
  edge::KernelSet set = edge::KernelSet::automatic;
  if (!edge::parse_kernel_set(name, &set)) {
    throw UsageError(concat("--kernels ", name, ": must be one of ", kKernelsHelp));
  }
  if (!edge::kernel_set_available(set))
    throw Error(concat("kernels '", name, "' cannot run on this machine"));
  return set;
}

}  // namespace pupil::device
