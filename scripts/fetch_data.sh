#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Brings the public data behind the figures of docs/results.md into build/data, each source by the hash of its content:
#   data/esc50/                     ESC-50, 2,000 clips of 5 s in 50 classes (CC BY-NC 3.0; for measuring, not for models that ship)
#   weights/efficientat_mn04/       EfficientAT mn04, an AudioSet tagger (MIT), and AudioSet's class names
#   scripts/fetch_data.sh [FOLDER]
# Then: PUPIL_SHARED=build/data PROJECTS=esc50 scripts/real.sh. Run again, it goes on; what is there whole is left alone.
# Our own figures were measured on ESC-50 encoded as Opus at 44 kbit/s: expect differences of some tenths of a percent.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-build/data}
mkdir -p "$out"

# file PATH URL SHA256: downloaded beside its place, checked, then moved there.
file() {
  local path=$out/$1 url=$2 sha256=$3
  [[ -f $path ]] && sha256sum --check --quiet <<<"$sha256  $path" 2>/dev/null && return
  mkdir -p "$(dirname "$path")"
  echo "fetch_data: $1"
  curl --fail --location --silent --show-error --continue-at - --output "$path.part" "$url"
  if ! sha256sum --check --quiet <<<"$sha256  $path.part"; then
    rm "$path.part"
    echo "fetch_data: $url has changed: its SHA-256 is not $sha256" >&2
    exit 1
  fi
  mv "$path.part" "$path"
}

# A commit is named by the hash of all its content.
esc50_commit=33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6
if [[ ! -f $out/data/esc50/esc50.csv ]]; then
  echo "fetch_data: ESC-50 (some 600 MB)"
  clone=$out/esc50.git
  [[ -d $clone ]] || git init --quiet "$clone"
  git -C "$clone" fetch --quiet --depth 1 https://github.com/karolpiczak/ESC-50 "$esc50_commit"
  git -C "$clone" checkout --quiet "$esc50_commit"
  mkdir -p "$out/data/esc50"
  rm -rf "$out/data/esc50/audio"
  mv "$clone/audio" "$out/data/esc50/audio"
  mv "$clone/meta/esc50.csv" "$out/data/esc50/esc50.csv"
  rm -rf "$clone"
fi

efficientat=weights/efficientat_mn04
file $efficientat/mn04_as_mAP_432.pt \
  https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt \
  899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c
file $efficientat/class_labels_indices.csv \
  https://raw.githubusercontent.com/fschmid56/EfficientAT/main/metadata/class_labels_indices.csv \
  cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429

echo "fetch_data: $out is complete"
