#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One night in one file: too few recordings for three splits go to train, aloud; a given split wins; more undo it.
. "$(dirname "$0")/lib.sh" "$@"
for night in 1 2 3 4 5 6 7 8; do
  rm -rf in p
  sounds "wav('in/night.wav', [bark(16000, 1.5, 400.0 + 50 * $night, $night)], 16000)"
  "$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
  out=$("$PUPIL" --quiet collect p 2>&1)
  split=$("$PUPIL" status p --json | python3 -c 'import json,sys
print(" ".join(r["split"] for r in json.load(sys.stdin)["splits"] if r["clips"]))')
  [[ $split == train ]] || fail "night $night is in $split"
  [[ $out == *"too few recordings to divide"* ]] && said=1
done
[[ $said == 1 ]] || fail "nothing was said"
printf 'path,split\nnight.wav,test\n' > in/i.csv
"$PUPIL" init q --classes "dog barking" rain >/dev/null
out=$("$PUPIL" --quiet collect q --csv in/i.csv --split-column split 2>&1)
[[ $out != *"too few recordings"* ]] || fail "a given split: $out"
"$PUPIL" status q --json | python3 -c 'import json,sys; assert [r["clips"] for r in json.load(sys.stdin)["splits"]] == [0, 0, 1]' ||
  fail "a given split does not win"
# Forty recordings more: divided by their names as ever, whatever came first.
synth in/more --clips 40 --seconds 1 --classes bark,rain --seed 3; rm in/more/*.csv
"$PUPIL" --quiet collect p >/dev/null 2>&1
"$PUPIL" init r --classes "dog barking" rain --source in >/dev/null
"$PUPIL" --quiet collect r >/dev/null 2>&1
splits() { "$PUPIL" status "$1" --json | python3 -c 'import json,sys; print([r["clips"] for r in json.load(sys.stdin)["splits"]])'; }
[[ $(splits p) == "$(splits r)" && $(splits p) != *" 0"* ]] || fail "later recordings: $(splits p) and $(splits r)"
exit $failures
