// SPDX-License-Identifier: Apache-2.0
#include "nn/precision.h"

#include <string>

#include "base/error.h"

namespace pupil::nn {

Precision read_precision(std::string_view name) {
  if (name == "f32") return Precision::f32;
  if (name == "bf16") return Precision::bf16;
  throw Error("precision \"" + std::string(name) + "\" is not known; \"f32\" and \"bf16\" are");
}

}  // namespace pupil::nn
