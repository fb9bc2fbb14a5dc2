#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what pupil needs to build and test on Debian 12, through apt, and nothing that is already there.
#
#   scripts/setup.sh            everything: the forge, tests, fuzzers, cross checks
#   scripts/setup.sh --program  only what the program itself is built from: no tests, no fuzzers
#   scripts/setup.sh --edge     only what a build with PUPIL_FORGE=OFF needs
#   scripts/setup.sh --browser  everything, and Chromium (some 400 MB), in which a test opens the report
#
# Says what it will install, and how much that is, before it does. Safe to run again: when nothing is missing it says so
# and ends at once. Uses sudo when it is not root.
set -euo pipefail

edge_packages=(g++ cmake ninja-build)
forge_packages=(
  git pkg-config ccache
  libtorch-dev libgloo-dev libopenblas0-openmp libdnnl-dev  # teachers, separator, training
  libavformat-dev libavcodec-dev libavutil-dev libswresample-dev libsoxr-dev libflac-dev  # audio in and out
  libsqlite3-dev libssl-dev nlohmann-json3-dev libcurl4-openssl-dev   # catalogue, hashes, files, downloads
  libmosquitto-dev                            # pupil listen: MQTT
  libpng-dev                                  # pupil plot
  libonnx-dev libprotobuf-dev protobuf-compiler  # pupil export
  libsvm-dev libopencv-ml-dev                 # pupil compare
  libflatbuffers-dev flatbuffers-compiler     # pupil compare: models in TensorFlow Lite's files
)
test_packages=(
  clang-format doxygen
  lintian man-db zsh fish mmdebstrap jq python3-yaml  # packages: what Debian asks of them, pages, completions, a bare system; the app
  mosquitto openssl                           # a broker for the tests of MQTT, and certificates
  libgtest-dev libkissfft-dev ffmpeg sqlite3 python3 python3-numpy python3-pip python3-setuptools python3-wheel curl
  clang libclang-rt-14-dev                    # fuzzers
  g++-aarch64-linux-gnu qemu-user             # the same bits on Arm,
  g++-arm-linux-gnueabihf g++-arm-linux-gnueabi  # with 32 bits,
  g++-riscv64-linux-gnu                       # on RISC-V,
  gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm  # on micro-controllers
  clang-19 llvm-19 lld-19 wasi-libc libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 nodejs  # and in WebAssembly
  alsa-utils pulseaudio pulseaudio-utils pipewire-bin wireplumber dbus python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good procps  # sources of pupil listen
)

browser_packages=(chromium)

packages=("${edge_packages[@]}")
case "${1:-}" in
  --edge) ;;
  --program) packages+=("${forge_packages[@]}") ;;
  --browser) packages+=("${forge_packages[@]}" "${test_packages[@]}" "${browser_packages[@]}") ;;
  "") packages+=("${forge_packages[@]}" "${test_packages[@]}") ;;
  *) echo "setup: $1: not one of --program, --edge, --browser" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ "$status" == "install ok installed" ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
# Answered with no, apt-get ends with 1.
sizes=$({ apt-get install --assume-no --no-install-recommends "${missing[@]}" 2>/dev/null || true; } |
  sed -n 's/^Need to get \([^/]*[kMG]B\).* of archives.*/\1 to download/p; s/^After this operation, \(.*\) of additional.*/\1 on the disk/p' |
  paste -sd, | sed 's/,/, /')
echo "setup: installing ${#missing[@]} packages${sizes:+ ($sizes with what they need)}: ${missing[*]}"
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
