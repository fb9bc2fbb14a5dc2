// SPDX-License-Identifier: Apache-2.0
#include "device/model_file.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/check_status.h"
#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::device {

ModelFile::ModelFile(const std::string& path) {
  const std::vector<std::byte> bytes = read_bytes(path);
  blocks_.resize((bytes.size() + sizeof(Block) - 1) / sizeof(Block));
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(blocks_)).begin());
  check_status(model_.load(std::as_bytes(std::span(blocks_)).first(bytes.size())), path);
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
