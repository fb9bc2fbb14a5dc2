#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of one preset and says aloud what was skipped and why:  scripts/test.sh release
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

# LeakSanitizer cannot see through libraries that are loaded and never unloaded; what is suppressed is listed there.
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"

# Debian's python3 comes first: it is what scripts/setup.sh installs numpy for, and where python3 is a shim of a version manager
# each of the servers and checks that the tests start would begin with most of a second in shells.
export PATH="/usr/bin:$PATH"

result=0
ctest --preset "$preset" -j 2 || result=$?

log=build/$preset/Testing/Temporary/LastTest.log
skipped=$(grep -aE '^\[  SKIPPED \] [A-Za-z0-9_/]+\.' "$log" | sed "s: ([0-9]* ms)\$::" | sort -u || true)
if [[ -n "$skipped" ]]; then
  echo "skipped tests (their reasons stand in $log):"
  echo "$skipped"
  grep -aE '^SKIP: ' "$log" | sort -u || true
fi
# Once more at the end, where a long output is read first.
if [[ $result != 0 ]]; then
  echo "what failed (the whole of it stands in $log):"
  grep -aE -A 6 ': Failure$' "$log" | head -n 120 || true
  awk '/^[0-9]+\/[0-9]+ Testing: /{name=$3; n=0} {line[n++ % 15]=$0}
       /^Test Failed|^Test timeout/{print "-- " name; for (i = (n > 15 ? n - 15 : 0); i < n; ++i) print line[i % 15]}' "$log"
fi
exit "$result"
