#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The comparison of docs/edge-benchmarks.md in one run on one core: pupil, onnxruntime and XNNPACK on the same models.
#   bench/peers/run.sh [--json] [MODEL.pupil...]     without models: random weights in the shapes tiny, small, dscnn
# Needs a release build (build/release), bench/peers/setup.sh and, for XNNPACK, bench/peers/xnnpack.sh before CMake configures.
# onnxruntime runs int8 weights, its fastest form here (int8_onnx.cpp).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${PUPIL_BUILD_DIR:-build/release}
peers=${PUPIL_PEERS_DIR:-build/peers}
core=${CORE:-1}
rounds=${ROUNDS:-1000}
options=(--onnxruntime "$peers/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1" --rounds "$rounds")
[[ "${1:-}" == --json ]] && { options+=(--json); shift; }

cmake --build "$build" --target peers_bench random_model int8_onnx >/dev/null
folder=$peers/models
mkdir -p "$folder"
models=()
for model in "$@"; do
  cp "$model" "$folder/"
  models+=("$folder/$(basename "$model")")
done
if ((${#models[@]} == 0)); then
  for shape in tiny small dscnn; do
    "$build/tests/random_model" $shape 1 "$folder/$shape.pupil"
    models+=("$folder/$shape.pupil")
  done
fi
for model in "${models[@]}"; do
  "$build/bench/peers/int8_onnx" "$model" "${model%.pupil}.onnx"
  taskset -c "$core" "$build/bench/peers/peers_bench" "$model" "${options[@]}"
done
