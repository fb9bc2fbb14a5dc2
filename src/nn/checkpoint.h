// SPDX-License-Identifier: Apache-2.0
// PyTorch checkpoints: the objects that torch.save wrote, flattened to named tensors and plain values.
//
// The usual form is a ZIP archive: NAME/data.pkl is a pickle whose tensors refer to NAME/data/KEY,
// uncompressed. The older form (before PyTorch 1.6) is a row of pickles followed by the storages.
//
// Understood: nested dictionaries, lists and tuples, by keys that are texts or integers; tensors of any
// strides, several on one storage. Kept closed and skipped: NumPy scalars, optimizer and callback objects of
// the usual frameworks (pickle_globals.cpp lists them). Refused, by name: any other class or function,
// quantised and sparse tensors, whole pickled modules. Nothing is ever called.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nn/tensor_layout.h"

namespace pupil::nn {

struct Checkpoint {
  std::vector<TensorLayout> tensors;  ///< In the order of the dictionaries; a bare tensor has the name "".
  std::vector<std::pair<std::string, PlainValue>> values;
};

/// Whether a file that begins with `bytes` says it is a checkpoint.
bool is_checkpoint(std::span<const std::byte> bytes);

/// Every layout lies inside `file`. Throws Error, naming the tensor or the place, otherwise.
Checkpoint read_checkpoint(std::span<const std::byte> file);

}  // namespace pupil::nn
