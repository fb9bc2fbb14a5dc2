#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The npm package in node (package_test.mjs).
#   tests/npm/package_test.sh PUPIL RANDOM_MODEL TONE_MODEL MODULES FORGE
# MODULES: the folder with pupil.wasm and pupil-simd.wasm; FORGE: 1 for a program with the forge. Exit code 77 without node or the
# modules.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pupil=$1 random_model=$2 tone_model=$3 modules=$4 forge=$5
command -v node >/dev/null || { echo "SKIP: node is not installed: the npm package was not tried (scripts/setup.sh)"; exit 77; }
[[ -f $modules/pupil.wasm ]] || { echo "SKIP: no WebAssembly modules were built: the npm package was not tried (scripts/setup.sh)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/../../packaging/npm/*.js "$here"/../../packaging/npm/package.json "$work"
cp "$modules"/*.wasm "$work"
"$random_model" tiny 1 "$work/tiny.pupil"
"$random_model" small 2 "$work/small.pupil"
"$tone_model" "$work"
FORGE=$forge PUPIL=$pupil PACKAGE=$work MODELS=$work node --test "$here/package_test.mjs"
