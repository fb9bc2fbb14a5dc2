#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the engines that pupil is compared with, none of which pupil needs:
#   bench/peers/setup.sh [FOLDER]     default build/peers; CMake looks there (PUPIL_PEERS_DIR)
# onnxruntime comes from npm (its package contains the C libraries for x86-64 and aarch64), XNNPACK from Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-build/peers}
onnxruntime=1.30.0
mkdir -p "$folder"

if [[ ! -d "$folder/node_modules/onnxruntime-node" ]]; then
  command -v npm >/dev/null || { echo "peers: npm is missing (package npm, or nodejs.org)" >&2; exit 1; }
  # "skip": without the CUDA libraries that its install script would download.
  ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix "$folder" --no-audit --no-fund --silent "onnxruntime-node@$onnxruntime"
fi
echo "peers: $folder/node_modules/onnxruntime-node/bin/napi-v6/linux/{x64,arm64}/libonnxruntime.so.1"

packages=(libxnnpack-dev libpthreadpool-dev)
if ! dpkg-query -W -f='${Status}\n' "${packages[@]}" 2>/dev/null | grep -c "install ok installed" | grep -q 2; then
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
echo "peers: $(dpkg-query -W -f='${Package} ${Version}' libxnnpack-dev)"

# Debian's XNNPACK for aarch64, unpacked but not installed: for counting instructions under qemu-aarch64.
arm=$(realpath "$folder")/arm64
if [[ ! -e "$arm/root/usr/lib/aarch64-linux-gnu/libXNNPACK.so" ]]; then
  mkdir -p "$arm"/{state/lists/partial,cache/archives/partial,root}
  : > "$arm/status"
  cat > "$arm/apt.conf" <<CONF
Dir::State "$arm/state";
Dir::State::status "$arm/status";
Dir::Cache "$arm/cache";
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
CONF
  export APT_CONFIG="$arm/apt.conf"
  apt-get update -qq
  (cd "$arm" && apt-get download -qq "${packages[@]}" libxnnpack0 libpthreadpool0 libcpuinfo0)
  for package in "$arm"/*.deb; do dpkg -x "$package" "$arm/root"; done
fi
echo "peers: $arm/root"
