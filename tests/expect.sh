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
