#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The comparison of docs/everywhere.md: one window in node, one thread, in pupil with vectors and without, onnxruntime-web and tfjs.
#   bench/peers/web.sh [MODEL.pupil]       without a model: random weights in the shape small
# Needs a release build with WebAssembly (build/release); brings the peers from npm to build/peers. ROUNDS and CORE as in run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${PUPIL_BUILD_DIR:-build/release}
peers=$(realpath -m "${PUPIL_PEERS_DIR:-build/peers}")
models=$peers/models
mkdir -p "$models"
packages=(onnxruntime-web@1.30.0 @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0)
[[ -d $peers/node_modules/onnxruntime-web && -d $peers/node_modules/@tensorflow/tfjs-backend-wasm ]] ||
  npm install --prefix "$peers" --no-audit --no-fund --silent "${packages[@]}"

cmake --build "$build" --target pupil random_model int8_onnx >/dev/null
model=${1:-$models/small.pupil}
(($#)) || "$build/tests/random_model" small 1 "$model"
"$build/bench/peers/int8_onnx" "$model" "$models/web.onnx"
"$build/pupil" inspect "$model" --json >"$models/web.json"
taskset -c "${CORE:-1}" node --no-warnings bench/peers/web.mjs "$model" "$models/web.onnx" "$models/web.json" "$build/wasm/modules" "$peers" "${ROUNDS:-300}"
