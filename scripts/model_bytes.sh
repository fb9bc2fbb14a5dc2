#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains one model of each size on synthetic sounds and prints their SHA-256: the same sources, seed and machine give the
# same bytes, so a change that says "no functional change" leaves these lines as they were.
#   scripts/model_bytes.sh [PUPIL]      default build/release/pupil
set -euo pipefail
pupil=$(realpath "${1:-build/release/pupil}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
"$pupil" --quiet synth recordings --clips 60 --seconds 3 --classes bark,doorbell,rain --seed 5 >/dev/null
for size in tiny small base; do
  "$pupil" init yard --classes "dog barking" doorbell rain --source recordings >/dev/null
  sed -i "s/^#size = \"small\"/size = \"$size\"/; s/^#epochs = 60/epochs = 10/" yard/pupil.toml
  "$pupil" --quiet run yard --until export >/dev/null 2>&1
  printf '%-6s %s\n' "$size" "$(sha256sum <yard/model/yard.pupil | cut -d' ' -f1)"
  mv yard "$size"
done
