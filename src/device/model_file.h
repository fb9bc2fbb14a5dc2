// SPDX-License-Identifier: Apache-2.0
// A model file in memory, checked.

#pragma once

#include <string>

#include "model/aligned_bytes.h"
#include "pupil/edge/kernel_set.h"
#include "pupil/edge/model.h"

namespace pupil::device {

/// A loaded model and its bytes; stays where it was made.
class ModelFile {
 public:
  /// Error that names the file and what is wrong with it.
  explicit ModelFile(const std::string& path);
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  const edge::Model& model() const { return model_; }

 private:
  edge::AlignedBytes bytes_;
  edge::Model model_;
};

/// The kernel set of that name; UsageError for another word, Error when this machine cannot run it.
edge::KernelSet find_kernels(const std::string& name);

/// Help for a --kernels option.
inline constexpr char kKernelsHelp[] =
    "automatic, reference, or one set of instructions: avx2, avx_vnni, avx512_vnni, neon, neon_dot, arm_dsp; all give the same numbers";

}  // namespace pupil::device
