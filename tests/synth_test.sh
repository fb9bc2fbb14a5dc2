#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil synth as a user types it: what it writes is collected whole; killed, it goes on; errors help.
# synth_test.sh PUPIL [FAULT_SHIM]: kills need the shim, which sanitizers do not suffer
set -uo pipefail
. "$(dirname "$0")/expect.sh"
pupil=$1
shim=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

expect 2 "did you mean 'howl'?" "$pupil" synth out --classes bark,howll
expect 2 "expected 2 numbers" "$pupil" synth out --snr 5
expect 2 "expected 3 numbers" "$pupil" synth out --split 1,2
expect 2 "flac or wav" "$pupil" synth out --format mp3
expect 2 "--demo sets clips" "$pupil" synth out --demo --clips 3
expect 2 "from 0.5 to 600" "$pupil" synth out --seconds 0
expect 1 "cannot make this folder" "$pupil" synth /proc/out
[[ -e out ]] && fail "a refused command left a folder"

# A clip for each of the sounds, collected by the printed command.
expect 0 '"made": 40' "$pupil" synth yard --clips 40 --seconds 1.5 --snr -5,10 --json
expect 0 "pupil.toml" "$pupil" init project --preset dogs
expect 0 "40 new clips" "$pupil" collect project --csv yard/clips.csv --label-column label --group-column group \
  --split-column split --licence-column licence --author-column author
expect 0 "CC0-1.0" "$pupil" licences project
expect 0 "pupil.toml" "$pupil" init folders --preset dogs
expect 0 "40 new clips" "$pupil" collect folders yard
expect 0 "pupil.toml" "$pupil" init events --preset dogs
expect 0 "40 new clips" "$pupil" collect events --csv yard/events.csv --path-column file --label-column class \
  --onset-column onset_s --offset-column offset_s

# Killed while it writes, and again: the folder is the one that was never interrupted.
"$pupil" synth whole --clips 60 --seconds 2 --seed 5 --scenes 1 --minutes 0.5 >/dev/null 2>&1
for call in 3 40 90; do
  [[ -n $shim ]] || break
  head -c 65536 /dev/zero >table
  { LD_PRELOAD=$shim PUPIL_FAULT_TABLE=$PWD/table PUPIL_FAULT_UNDER=$PWD/killed/ PUPIL_FAULT_KIND=write PUPIL_FAULT_CALL=$call PUPIL_FAULT_REASON=kill \
    "$pupil" synth killed --clips 60 --seconds 2 --seed 5 --scenes 1 --minutes 0.5 >/dev/null 2>&1; } 2>/dev/null
  [[ $? == 137 ]] || fail "not killed at write $call"
done
expect 0 "61 files" "$pupil" synth killed --clips 60 --seconds 2 --seed 5 --scenes 1 --minutes 0.5
diff -r whole killed >/dev/null || fail "killed and finished differs from never interrupted"
expect 0 "61 there already" "$pupil" synth killed --clips 60 --seconds 2 --seed 5 --scenes 1 --minutes 0.5
expect 1 'seed is "5", now "6" is asked for' "$pupil" synth killed --clips 60 --seconds 2 --seed 6

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
