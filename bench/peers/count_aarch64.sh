#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# aarch64 instructions per window, counted under qemu-aarch64, of pupil, onnxruntime and XNNPACK on the same models:
#   bench/peers/count_aarch64.sh MODEL.pupil...      MODEL.onnx beside each (pupil export writes both)
# Needs bench/peers/setup.sh, bench/peers/xnnpack.sh SOURCES aarch64, g++-aarch64-linux-gnu and qemu-user. One line of JSON per
# model, processor and engine.
# Counts are of N windows less those of half as many, so that loading and packing cancel out: the same on every host.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${PUPIL_PEERS_DIR:-build/peers}
build=$peers/build-aarch64
onnxruntime=$(realpath "$peers")/node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1
windows=${WINDOWS:-4}

cmake -S bench/peers -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Linux \
      -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
      -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DPUPIL_PEERS_DIR="$(realpath "$peers")" >/dev/null
cmake --build "$build" --target peers_bench >/dev/null
g++ -O2 -shared -fPIC bench/icount.cpp -o "$build/libicount.so"

# What a program asks of /proc/cpuinfo must be about the emulated processor, not this machine's: qemu looks for
# files in its prefix first.
sysroot() {  # processor
  local root part features="fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
  root=$(realpath "$build")/sysroot-$1
  case $1 in
    cortex-a72) part=0xd08 ;;
    cortex-a76) part=0xd0b features+=" atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp" ;;
  esac
  mkdir -p "$root/proc"
  ln -sfn /usr/aarch64-linux-gnu/lib "$root/lib"
  for ((i = 0; i < $(nproc); ++i)); do
    printf 'processor\t: %d\nFeatures\t: %s\nCPU implementer\t: 0x41\nCPU architecture: 8\n' "$i" "$features"
    printf 'CPU variant\t: 0x0\nCPU part\t: %s\nCPU revision\t: 3\n\n' "$part"
  done > "$root/proc/cpuinfo"
  echo "$root"
}

count() {  # processor windows model engine
  ICOUNT_OUT=$build/count.txt qemu-aarch64 -cpu "$1" -L "$(sysroot "$1")" -plugin "$build/libicount.so" \
    "$build/peers_bench" "$3" --only "$4" --runs "$2" \
    --onnxruntime "$onnxruntime" >&2 || { echo "$4 does not run on $1" >&2; return 1; }
  cat "$build/count.txt"
}

for model in "$@"; do
  for processor in cortex-a72 cortex-a76; do
    for engine in pupil onnxruntime xnnpack; do
      all=$(count $processor $((2 * windows)) "$model" $engine) || continue
      half=$(count $processor "$windows" "$model" $engine) || continue
      echo "{\"model\": \"$(basename "$model")\", \"processor\": \"$processor\", \"engine\": \"$engine\"," \
           "\"instructions_per_window\": $(((all - half) / windows))}"
    done
  done
done
