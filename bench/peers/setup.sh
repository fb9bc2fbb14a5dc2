#!/usr/bin/env bash
# Fetches the engines that pupil is compared with, none of which pupil needs:
#   bench/peers/setup.sh [FOLDER]     default build/peers; CMake looks there (PUPIL_PEERS_DIR)
# onnxruntime comes from npm (its package holds the C libraries for x86-64 and aarch64), XNNPACK from Debian.
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

if ! dpkg-query -W -f='${Status}' libxnnpack-dev 2>/dev/null | grep -q "install ok installed"; then
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends libxnnpack-dev >/dev/null
fi
echo "peers: $(dpkg-query -W -f='${Package} ${Version}' libxnnpack-dev)"
