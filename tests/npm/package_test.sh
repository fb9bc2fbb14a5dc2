#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The npm package in node (package_test.mjs), with modules built from this tree.
#   tests/npm/package_test.sh PUPIL RANDOM_MODEL TONE_MODEL BUILD FORGE      FORGE: 1 for a program with the forge
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pupil=$1 random_model=$2 tone_model=$3 build=$4 forge=$5
command -v node >/dev/null || { echo "SKIP: node is not installed: the npm package was not tried (scripts/setup.sh)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/../../packaging/npm/*.js "$here"/../../packaging/npm/package.json "$work"
"$here/../../scripts/build_wasm.sh" "$work" "$build"
"$random_model" tiny 1 "$work/tiny.pupil"
"$random_model" small 2 "$work/small.pupil"
"$tone_model" "$work"
FORGE=$forge PUPIL=$pupil PACKAGE=$work MODELS=$work node --test "$here/package_test.mjs"
