#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of one preset and says aloud what was skipped and why:  scripts/test.sh release
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

# LeakSanitizer cannot see through libraries that are loaded and never unloaded; what is suppressed is listed there.
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"

result=0
ctest --preset "$preset" -j 2 || result=$?

log=build/$preset/Testing/Temporary/LastTest.log
skipped=$(grep -aE '^\[  SKIPPED \] [A-Za-z0-9_/]+\.' "$log" | sort -u || true)
if [[ -n "$skipped" ]]; then
  echo "skipped tests (their reasons stand in $log):"
  echo "$skipped"
  grep -aE '^SKIP: ' "$log" | sort -u || true
fi
exit "$result"
