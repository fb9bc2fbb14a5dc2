// SPDX-License-Identifier: Apache-2.0
// A model file as C source, for devices without a file system.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pupil::cproject {

/// A header with `alignas(16) const unsigned char NAME_pupil[]`, `NAME_pupil_bytes`, an include guard and a
/// comment that shows its use. It compiles as C11, C++11 and later. Letters of `name` that C does not allow
/// become '_'.
std::string c_array_header(std::string_view name, std::span<const std::byte> model_file);

}  // namespace pupil::cproject
