#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil review --import, --export and --summary: what comes in goes out, and what is no file or belongs to the project is not
# overwritten.
#   review_labels_test.sh PUPIL REVIEW_PROJECT
set -uo pipefail
pupil=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/yard"
"$2" "$folder/yard" 3 2>/dev/null || exit 1
cd "$folder"
failures=0
expect() {  # NAME STATUS TEXT COMMAND...
  local name=$1 status=$2 text=$3 output
  shift 3
  output=$("$@" 2>&1)
  local found=$?
  if [[ $found != "$status" || $output != *"$text"* ]]; then
    echo "FAILED: $name: exit $found instead of $status, or no \"$text\" in: $output"
    failures=$((failures + 1))
  fi
}
printf '0\t1\tcat\n0.5\t1.5\tcat\n' >"clip 1.txt"
printf '0\t1\tcst\n' >"clip 2.txt"
expect "an unknown label" 1 "clip 2.txt:1: no class of the project: 'cst', did you mean 'cat'?" "$pupil" review yard --import "clip 2.txt"
expect "import" 0 "2 labels, 2 windows decided" "$pupil" review yard --import "clip 1.txt" --reviewer ann
expect "summary" 0 "ann: 2 verdicts" "$pupil" review yard --summary
expect "export" 0 "1 labels in all.csv" "$pupil" review yard --export csv --merge --out all.csv
expect "what was exported" 0 '"clip 1.wav",0.000,1.500,"cat","ann"' cat all.csv
expect "and back" 0 "2 windows decided" "$pupil" review yard --import all.csv
expect "a folder for Audacity" 0 "" "$pupil" review yard --export audacity --out labels
expect "its file" 0 "cat" cat labels/clip_1.wav.txt
mkfifo pipe
expect "a pipe" 2 "is a device or a pipe" "$pupil" review yard --export csv --out pipe
expect "the catalogue" 2 "the catalogue" "$pupil" review yard --export csv --out yard/catalogue.db
expect "the project's folder" 2 "name another folder" "$pupil" review yard --export audacity --out yard
expect "no place" 2 "--out PATH" "$pupil" review yard --export csv
[[ -p pipe ]] || { echo "FAILED: the pipe was replaced"; failures=$((failures + 1)); }
exit $((failures > 0))
