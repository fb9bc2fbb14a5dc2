// SPDX-License-Identifier: Apache-2.0
#include "nn/pickle_globals.h"

#include <algorithm>
#include <iterator>

namespace pupil::nn {
namespace {

using c10::ScalarType;
using Meaning = PickleGlobal::Meaning;

struct Row {
  std::string_view module;
  std::string_view name;
  PickleGlobal global;
};

// Whatever builds a tensor must stand here: a builder that were taken for opaque would lose weights in
// silence.
constexpr Row kExact[] = {
    {"torch._utils", "_rebuild_tensor", {Meaning::kTensor}},
    {"torch._utils", "_rebuild_tensor_v2", {Meaning::kTensor}},
    {"torch._utils", "_rebuild_tensor_v3", {Meaning::kTypedTensor}},
    {"torch._utils", "_rebuild_parameter", {Meaning::kFirst}},
    {"torch._utils", "_rebuild_parameter_with_state", {Meaning::kFirst}},
    {"torch._tensor", "_rebuild_from_type_v2", {Meaning::kFromType}},
    {"torch", "Size", {Meaning::kFirst}},
    {"collections", "OrderedDict", {Meaning::kDictionary}},
    {"collections", "defaultdict", {Meaning::kDictionary}},

    {"torch", "BoolStorage", {Meaning::kStorage, ScalarType::Bool}},
    {"torch", "ByteStorage", {Meaning::kStorage, ScalarType::Byte}},
    {"torch", "CharStorage", {Meaning::kStorage, ScalarType::Char}},
    {"torch", "ShortStorage", {Meaning::kStorage, ScalarType::Short}},
    {"torch", "IntStorage", {Meaning::kStorage, ScalarType::Int}},
    {"torch", "LongStorage", {Meaning::kStorage, ScalarType::Long}},
    {"torch", "HalfStorage", {Meaning::kStorage, ScalarType::Half}},
    {"torch", "BFloat16Storage", {Meaning::kStorage, ScalarType::BFloat16}},
    {"torch", "FloatStorage", {Meaning::kStorage, ScalarType::Float}},
    {"torch", "DoubleStorage", {Meaning::kStorage, ScalarType::Double}},
    {"torch", "ComplexFloatStorage", {Meaning::kStorage, ScalarType::ComplexFloat}},
    {"torch", "ComplexDoubleStorage", {Meaning::kStorage, ScalarType::ComplexDouble}},
    {"torch", "UntypedStorage", {Meaning::kStorage, ScalarType::Undefined}},
    {"torch.storage", "UntypedStorage", {Meaning::kStorage, ScalarType::Undefined}},
    {"torch.storage", "_UntypedStorage", {Meaning::kStorage, ScalarType::Undefined}},

    {"torch", "bool", {Meaning::kDtype, ScalarType::Bool}},
    {"torch", "uint8", {Meaning::kDtype, ScalarType::Byte}},
    {"torch", "int8", {Meaning::kDtype, ScalarType::Char}},
    {"torch", "int16", {Meaning::kDtype, ScalarType::Short}},
    {"torch", "int32", {Meaning::kDtype, ScalarType::Int}},
    {"torch", "int64", {Meaning::kDtype, ScalarType::Long}},
    {"torch", "float16", {Meaning::kDtype, ScalarType::Half}},
    {"torch", "bfloat16", {Meaning::kDtype, ScalarType::BFloat16}},
    {"torch", "float32", {Meaning::kDtype, ScalarType::Float}},
    {"torch", "float64", {Meaning::kDtype, ScalarType::Double}},
    {"torch", "complex64", {Meaning::kDtype, ScalarType::ComplexFloat}},
    {"torch", "complex128", {Meaning::kDtype, ScalarType::ComplexDouble}},

    {"torch", "device", {}},
    {"torch", "strided", {}},
    {"torch.nn.parameter", "Parameter", {}},
    {"torch.serialization", "_get_layout", {}},
    {"_codecs", "encode", {}},
    {"argparse", "Namespace", {}},
    {"collections", "Counter", {}},
    {"collections", "deque", {}},
    {"copyreg", "_reconstructor", {}},
    {"copy_reg", "_reconstructor", {}},
    {"types", "SimpleNamespace", {}},
    {"numpy.core.multiarray", "scalar", {}},
    {"numpy.core.multiarray", "_reconstruct", {}},
    {"numpy._core.multiarray", "scalar", {}},
    {"numpy._core.multiarray", "_reconstruct", {}},
};

// Modules whose classes are training state of the usual frameworks: callbacks, hyper-parameters, schedules.
constexpr std::string_view kOpaqueModules[] = {
    "datetime",     "lightning",    "lightning_fabric",  "omegaconf", "pathlib", "torch.optim",
    "torchmetrics", "numpy.dtypes", "pytorch_lightning", "typing",    "uuid",
};

constexpr std::string_view kPlainTypes[] = {
    "bool", "bytearray", "bytes", "complex", "dict",  "float", "frozenset", "int",
    "list", "object",    "range", "set",     "slice", "str",   "tuple",
};

constexpr std::string_view kNumpyTypes[] = {
    "bool_", "dtype",   "float16", "float32", "float64", "int16",  "int32", "int64",
    "int8",  "ndarray", "str_",    "uint16",  "uint32",  "uint64", "uint8",
};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_within(std::string_view module, std::string_view package) {
  return module.starts_with(package) && (module.size() == package.size() || module[package.size()] == '.');
}

bool is_opaque(std::string_view module, std::string_view name) {
  if (name.find('.') != std::string_view::npos)
    return false;  // "pathlib", "os.system" would reach elsewhere.
  if (module == "builtins" || module == "__builtin__") return contains(kPlainTypes, name);
  if (module == "numpy") return contains(kNumpyTypes, name);
  return std::any_of(std::begin(kOpaqueModules), std::end(kOpaqueModules),
                     [&](std::string_view package) { return is_within(module, package); });
}

}  // namespace

std::optional<PickleGlobal> find_pickle_global(std::string_view module, std::string_view name) {
  for (const Row& row : kExact) {
    if (row.module == module && row.name == name) return row.global;
  }
  if (is_opaque(module, name)) return PickleGlobal{};
  return std::nullopt;
}

}  // namespace pupil::nn
