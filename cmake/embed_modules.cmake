# SPDX-License-Identifier: Apache-2.0
# Writes OUT, the C++ source of pupil::demo::modules(), with the bytes of the files SIMD and PLAIN, or with none:
#   cmake -D OUT=modules.cpp [-D SIMD=pupil-simd.wasm -D PLAIN=pupil.wasm] -P embed_modules.cmake

function(literal file variable)
  set(text "")
  if(file)
    file(READ "${file}" text HEX)
    string(REGEX REPLACE "(..)" "\\\\x\\1" text "${text}")
  endif()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

literal("${SIMD}" simd)
literal("${PLAIN}" plain)
file(WRITE "${OUT}" "// SPDX-License-Identifier: Apache-2.0
// Made by cmake/embed_modules.cmake.
#include <string_view>

#include \"demo/page.h\"

namespace pupil::demo {

Modules modules() {
  static constexpr char kSimd[] = \"${simd}\";
  static constexpr char kPlain[] = \"${plain}\";
  const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  return {bytes({kSimd, sizeof(kSimd) - 1}), bytes({kPlain, sizeof(kPlain) - 1})};
}

}  // namespace pupil::demo
")
