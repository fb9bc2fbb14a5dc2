#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Python package, with numpy and without, then as a wheel in a fresh environment.
#   tests/python/package_test.sh PUPIL RANDOM_MODEL TONE_MODEL BUILD FORGE
# BUILD: where the shared library is built; FORGE: 1 for a program with the forge. numpy, pip and wheel are looked for in Debian's python3;
# what is missing is skipped aloud.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../../packaging/python" && pwd)
pupil=$1 random_model=$2 tone_model=$3 build=$4 forge=$5
python=/usr/bin/python3
[[ -x $python ]] || { echo "SKIP: no $python: the Python package was not tried (scripts/setup.sh)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$package" -B "$build" >"$work/log" 2>&1 && cmake --build "$build" --parallel 2 >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$random_model" tiny 1 "$work/tiny.pupil"
"$tone_model" "$work"
export PUPIL=$pupil MODELS=$work FORGE=$forge PYTHONDONTWRITEBYTECODE=1

export PYTHONPATH=$package PUPIL_EDGE_LIBRARY=$build/libpupil_edge.so
PUPIL_NO_NUMPY=1 "$python" "$here/package_test.py"
if "$python" -c 'import numpy' 2>/dev/null; then
  "$python" "$here/package_test.py"
else
  echo "SKIP: python3-numpy is not installed: the Python package was tried without it alone"
fi

unset PYTHONPATH PUPIL_EDGE_LIBRARY
if ! "$python" -c 'import setuptools, wheel, pip' 2>/dev/null; then
  echo "SKIP: pip, setuptools or wheel is not installed: no wheel was made (scripts/setup.sh)"
  exit 0
fi
cp -r "$package" "$here/../../edge" "$work"
mkdir -p "$work/source/packaging" && mv "$work/python" "$work/source/packaging" && mv "$work/edge" "$work/source"
"$python" -m pip wheel "$work/source/packaging/python" --no-deps --no-build-isolation --no-index --wheel-dir "$work/wheels" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
"$python" -m pip install --no-index --no-deps --target "$work/installed" "$work"/wheels/pupil_edge-*-py3-none-*.whl >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
cd "$work"
PYTHONPATH=$work/installed PUPIL_NO_NUMPY=1 "$python" "$here/package_test.py" PackageTest.test_golden_vectors
ls "$work/wheels"
