#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares networks and resolutions of the student on one project's test clips, in one Markdown table:
#
#   bench/student_choice.sh PROJECT [EPOCHS]
#
# Every row is one training run with the project's [train] section, EPOCHS (20) long, and one or two keys changed.
# It can be stopped and run again at any time. Models, logs and the table (choice.md) go to PROJECT/choice.
set -euo pipefail
project=$(cd "$1" && pwd)
epochs=${2:-20}
pupil=${PUPIL:-$(cd "$(dirname "$0")/.." && pwd)/build/release/pupil}
choice=$project/choice
mkdir -p "$choice"

# pupil.toml with keys of [train] set: with_keys FILE KEY=VALUE...
with_keys() {
  local file=$1
  shift
  awk -v keys="$*" '
    BEGIN { count = split(keys, wanted, " ") }
    { name = $1; sub(/=.*/, "", name) }
    in_train { for (i = 1; i <= count; ++i) if (name == substr(wanted[i], 1, index(wanted[i], "=") - 1)) next }
    { print }
    /^\[/ { in_train = 0 }
    /^\[train\]/ { in_train = 1; for (i = 1; i <= count; ++i) print wanted[i] }
  ' "$file"
}

set_file=$("$pupil" train "$project" --prepare | tail -1)
table=$choice/choice.md

row() {
  local name=$1
  shift
  local folder=$choice/$name
  mkdir -p "$folder"
  with_keys "$project/pupil.toml" "epochs=$epochs" "$@" > "$folder/pupil.toml"
  if [[ ! -s $folder/compare/table.md ]]; then
    echo "$name: $*" >&2
    "$pupil" compare "$folder" --set "$(cd "$project" && realpath "$set_file")" --only distilled > "$folder/compare.log" 2> "$folder/compare.err" ||
      { tail -1 "$folder/compare.err" >&2; return 1; }
  fi
  grep -E '^\| distilled, (float|int8) \|' "$folder/compare/table.md" | sed "s/^| distilled,/| $name,/"
}

{
  echo "| | accuracy % | macro F1 % | retained % | size | MMAC/window | ms/window |"
  echo "|---|---|---|---|---|---|---|"
  row inverted 'body="inverted"'
  row separable 'body="separable"'
  row cp 'body="cp"'
  row plain 'body="plain"'
  row mel-40 mel_count=40
  row mel-96 mel_count=96
  row hop-16 hop_ms=16.0
  row frame-32 frame_ms=32.0
  row frame-40 frame_ms=40.0
} | tee "$table"
