#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches onnxruntime, with which pupil is compared; pupil does not need it:
#   bench/peers/setup.sh [FOLDER]     default build/peers; CMake looks there (PUPIL_PEERS_DIR)
# onnxruntime comes from npm (its package contains the C libraries for x86-64 and aarch64). XNNPACK is built from sources
# that are at hand: bench/peers/xnnpack.sh.
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
