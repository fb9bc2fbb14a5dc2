#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The comparison of docs/edge-benchmarks.md in one run on one core: pupil, onnxruntime and XNNPACK on the same models.
#   bench/peers/run.sh [--json] [MODEL.pupil...]     without models: random weights in the shapes tiny, small, dscnn
# Needs a release build (build/release) and bench/peers/setup.sh. MODEL.onnx must be beside each model (pupil export).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${PUPIL_BUILD_DIR:-build/release}
peers=${PUPIL_PEERS_DIR:-build/peers}
core=${CORE:-1}
rounds=${ROUNDS:-1000}
options=(--onnxruntime "$peers/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1" --rounds "$rounds")
[[ "${1:-}" == --json ]] && { options+=(--json); shift; }

cmake --build "$build" --target peers_bench random_model pupil pupil-forge >/dev/null
models=("$@")
if ((${#models[@]} == 0)); then
  folder=$peers/models
  project=$peers/random-project
  mkdir -p "$folder"
  [[ -e "$project/pupil.toml" ]] || "$build/pupil" init "$project" >/dev/null
  for shape in tiny small dscnn; do
    "$build/tests/random_model" $shape 1 "$peers/$shape.pupil"
    "$build/pupil" export "$project" --student "$peers/$shape.pupil" --name $shape --out "$folder" >/dev/null
    models+=("$folder/$shape.pupil")
  done
fi
for model in "${models[@]}"; do
  taskset -c "$core" "$build/bench/peers/peers_bench" "$model" "${options[@]}"
done
