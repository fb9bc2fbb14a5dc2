// SPDX-License-Identifier: Apache-2.0
// The page of `pupil demo`: one file that holds a model, the device library as WebAssembly and all that shows what they
// find, and asks nothing of any server.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pupil::demo {

/// WebAssembly modules of the device library with 128-bit vectors and without; both empty in a build that had no compiler for
/// them (docs/decisions/015-webassembly-at-build-time.md).
struct Modules {
  std::span<const std::byte> simd;
  std::span<const std::byte> plain;
};

/// Those that this program holds; static storage.
Modules modules();

/// The npm package without its audio thread: JavaScript that may stand in a script element of type "module".
std::string package_script();

/// The page for a model, given as its checked file: HTML, in which nothing but base64 comes from the file. Its policy
/// (Content-Security-Policy) allows no request. Deterministic.
std::string page(std::span<const std::byte> model_file, const Modules& modules);

}  // namespace pupil::demo
