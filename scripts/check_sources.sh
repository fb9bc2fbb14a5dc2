#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What every source must have: the licence's name in its first two lines, and the form that .clang-format gives it.
#   scripts/check_sources.sh          says which have not
#   scripts/check_sources.sh --fix    formats them
set -euo pipefail
cd "$(dirname "$0")/.."
git rev-parse --git-dir >/dev/null 2>&1 || { echo "SKIP: not a git clone: the sources were not checked"; exit 77; }
result=0

while read -r file; do
  head -2 "$file" | grep -q "SPDX-License-Identifier: Apache-2.0" || { echo "no licence line: $file"; result=1; }
done < <(git ls-files '*.cpp' '*.h' '*.inc' '*.c' '*.in' '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' ':!fuzz/corpus')

# Another version formats otherwise; Debian 12's is the measure.
if ! clang-format --version 2>/dev/null | grep -q "version 14\."; then
  echo "SKIP: clang-format 14 is not installed: the form of the sources was not checked"
  exit $((result == 0 ? 77 : result))
fi
mapfile -t sources < <(git ls-files '*.cpp' '*.h' '*.c' ':!fuzz/corpus')
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [[ ${1:-} == --fix ]]; then
  clang-format -i "${sources[@]}"
elif ! clang-format --dry-run --Werror "${sources[@]}" 2>"$log"; then
  echo "not as .clang-format has it (scripts/check_sources.sh --fix):"
  grep -oE '^[^:]+' "$log" | grep -E '\.(cpp|h|c)$' | sort -u
  result=1
fi
exit "$result"
