#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the device library for WebAssembly, without and with 128-bit vectors, and puts pupil.wasm and pupil-simd.wasm
# into FOLDER (packaging/npm). Needs clang 19 with its parts for WebAssembly (scripts/setup.sh); exit code 77 without.
#   scripts/build_wasm.sh [FOLDER [BUILD]]
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$source/packaging/npm}
build=${2:-$source/build/wasm}

for program in clang++-19 wasm-ld-19 llvm-ar-19; do
  command -v "$program" >/dev/null || { echo "SKIP: $program is not installed (scripts/setup.sh installs it)"; exit 77; }
done
mkdir -p "$build" "$folder"
for variant in plain simd; do
  [[ $variant == simd ]] && flags=-msimd128 name=pupil-simd.wasm || flags='' name=pupil.wasm
  { cmake -S "$source/packaging/npm" -B "$build/$variant" -D CMAKE_BUILD_TYPE=Release \
      -D CMAKE_TOOLCHAIN_FILE="$source/cmake/wasm.cmake" -D CMAKE_CXX_FLAGS="$flags" &&
    cmake --build "$build/$variant" --parallel 2; } >"$build/log" 2>&1 || { cat "$build/log" >&2; exit 1; }
  cp "$build/$variant/pupil.wasm" "$folder/$name"
done
