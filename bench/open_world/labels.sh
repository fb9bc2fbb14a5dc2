#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What labels are worth in the open world, before anything is trained: the heap of bench/open_world.sh, fold 4 left out, labelled
# for each triple by what a teacher hears of a window; then the same clips strung together, three to a recording.
#
#   bench/open_world/labels.sh SHARED FOLDER
#   TRIPLES="0 1 2" INPUTS="window context" HEAPS="clips strung" TEACHER=mn04 bench/open_world/labels.sh ../shared build/labels
#
# Embeds once for each input and heap; a triple then takes seconds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pupil=${PUPIL:-$here/../../build/release/pupil}
shared=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
teacher=${TEACHER:-mn04}

for heap in ${HEAPS:-clips strung}; do
  recordings=() truth=()
  if [[ $heap == strung ]]; then
    python3 "$here/strung.py" "$shared" "$out/strung"
    recordings=(--recordings "$out/strung") truth=("$out/strung/truth.csv")
  fi
  for input in ${INPUTS:-window context}; do
    dir=$out/$teacher-$heap-$input
    mkdir -p "$dir"
    for triple in ${TRIPLES:-0 1 2 3 4 5 6 7 8 9 10}; do
      python3 "$here/project.py" "$shared" "$dir" --triple "$triple" --teacher "$teacher" --input "$input" "${recordings[@]}"
      "$pupil" --quiet collect "$dir" >/dev/null
      "$pupil" --quiet label "$dir" >"$dir/label.log"
      python3 "$here/labels.py" "$shared" "$dir" "$triple" "${truth[@]}" | sed "s/^/$heap, $input, triple $triple: /"
    done
  done
done
