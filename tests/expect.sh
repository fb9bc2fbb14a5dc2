# SPDX-License-Identifier: Apache-2.0
# For tests of commands, sourced by them before they change folder: what fails is printed and counted in `failures`.
failures=0

# expect CODE TEXT COMMAND...: the exit code, and TEXT somewhere in what it prints.
expect() {
  local code=$1 text=$2 got
  shift 2
  local output
  output=$("$@" 2>&1)
  got=$?
  if [[ $got != "$code" || "$output" != *"$text"* ]]; then
    echo "FAILED: $*"
    echo "  wanted exit code $code and '$text', got $got and:"
    echo "$output" | head -5 | sed 's/^/  /'
    failures=$((failures + 1))
  fi
}

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# small_bank FOLDER PROGRAM: the first forty clips of the bank of negatives, so that a test need not embed all.
small_bank() {
  local bank
  bank=$(dirname "$(realpath "$2")")/models/negatives
  mkdir -p "$1/audio"
  head -41 "$bank/index.csv" >"$1/index.csv"
  tail -n +2 "$1/index.csv" | cut -d, -f1 | while read -r clip; do cp "$bank/$clip" "$1/$clip"; done
}
