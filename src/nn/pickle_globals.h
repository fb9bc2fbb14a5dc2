// SPDX-License-Identifier: Apache-2.0
// The names of Python functions and classes that may appear in a checkpoint, and what each means to us.
// Nothing is ever called: a name is either understood, known to be training state that holds no weights, or
// refused.

#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string_view>

namespace pupil::nn {

struct PickleGlobal {
  enum class Meaning {
    kTensor,       ///< f(storage, offset, size, stride, ...) is a tensor of the storage's dtype.
    kTypedTensor,  ///< f(storage, offset, size, stride, requires_grad, hooks, dtype, ...).
    kFromType,     ///< f(function, type, arguments, state) is function(*arguments).
    kFirst,        ///< f(x, ...) is x.
    kDictionary,   ///< f(...) is an empty dictionary, or one of the pairs in its argument.
    kStorage,      ///< The type of a storage, with its dtype (Undefined: bytes).
    kDtype,        ///< A dtype.
    kOpaque,       ///< State without weights (a NumPy scalar, a scheduler, a path): kept closed and skipped.
  };
  Meaning meaning = Meaning::kOpaque;
  c10::ScalarType dtype = c10::ScalarType::Undefined;
};

/// Empty for a name that is not known; the file is then refused.
std::optional<PickleGlobal> find_pickle_global(std::string_view module, std::string_view name);

}  // namespace pupil::nn
