#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds XNNPACK for bench/peers from sources that are at hand:
#   bench/peers/xnnpack.sh SOURCES [x86_64|aarch64] [FOLDER]    into FOLDER/xnnpack-ARCH, default build/peers
# SOURCES holds checkouts of XNNPACK, cpuinfo, pthreadpool, FXdiv, FP16 and, for aarch64, kleidiai, each in a folder of that
# name; they are on GitHub, kleidiai on Arm's GitLab. About 1,200 small files.
set -euo pipefail
sources=$(realpath "${1:?SOURCES is missing}")
arch=${2:-x86_64}
cd "$(dirname "$0")/../.."
folder=${3:-build/peers}
mkdir -p "$folder/xnnpack-$arch"
target=$(realpath "$folder/xnnpack-$arch")
for part in XNNPACK cpuinfo pthreadpool FXdiv FP16; do
  [[ -d "$sources/$part" ]] || { echo "xnnpack.sh: $sources/$part is missing" >&2; exit 1; }
done
options=(-DXNNPACK_BUILD_TESTS=OFF -DXNNPACK_BUILD_BENCHMARKS=OFF -DXNNPACK_BUILD_ALL_MICROKERNELS=OFF -DCMAKE_BUILD_TYPE=Release
         "-DCPUINFO_SOURCE_DIR=$sources/cpuinfo" "-DPTHREADPOOL_SOURCE_DIR=$sources/pthreadpool"
         "-DFXDIV_SOURCE_DIR=$sources/FXdiv" "-DFP16_SOURCE_DIR=$sources/FP16")
if [[ $arch == aarch64 ]]; then
  options+=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc
            -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_ASM_COMPILER=aarch64-linux-gnu-gcc)
  if [[ -d "$sources/kleidiai" ]]; then
    options+=("-DKLEIDIAI_SOURCE_DIR=$sources/kleidiai")
  else
    options+=(-DXNNPACK_ENABLE_KLEIDIAI=OFF)
  fi
fi
cmake -S "$sources/XNNPACK" -B "$target/build" -G Ninja "${options[@]}" >/dev/null
cmake --build "$target/build" --target XNNPACK
# One archive and two headers are all that peers_bench needs.
ar=ar
[[ $arch == aarch64 ]] && ar=aarch64-linux-gnu-ar
mkdir -p "$target/include" "$target/lib"
cp "$sources/XNNPACK/include/"*.h "$sources/pthreadpool/include/pthreadpool.h" "$target/include/"
find "$target/build" -name '*.a' | sed 's/^/addlib /' |
  { echo "create $target/lib/libXNNPACK.a"; cat; echo save; echo end; } | "$ar" -M
git -C "$sources/XNNPACK" log -1 --format=%cs > "$target/version" 2>/dev/null || echo "${XNNPACK_VERSION:-unknown}" > "$target/version"
echo "peers: $target"
