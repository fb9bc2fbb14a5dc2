// SPDX-License-Identifier: Apache-2.0
#include "device/model_file.h"

#include <string>

#include "base/check_status.h"
#include "base/error.h"
#include "base/read_file.h"
#include "base/text.h"

namespace pupil::device {

ModelFile::ModelFile(const std::string& path) : bytes_(read_bytes(path)) {
  check_status(model_.load(bytes_.span()), path);
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
