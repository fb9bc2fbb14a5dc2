#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several processes train the very bytes of one; one of them killed ends all with a message, and another number of them goes on.
. "$(dirname "$0")/lib.sh"

cp -r "$(dirname "$MODEL")/../../yard" yard
cp -r "$(dirname "$MODEL")/../../recordings" recordings
sed -i 's/^epochs = .*/epochs = 4/; s/^#checkpoint_s = .*/checkpoint_s = 0.2/' yard/pupil.toml
pupil() { "$PUPIL" --quiet "$@"; }
same() { cmp -s alone/student.safetensors "$1/student.safetensors" || fail "$1: other bytes than one process alone"; }
meetings() { [[ -z $(find "$1" -name 'meeting-*') ]] || fail "$1: the file of a meeting stays behind"; }

pupil train yard --out alone >/dev/null || fail "alone"
pupil train yard --out two --processes 2 >/dev/null || fail "two processes"
same two
meetings two

# As mpirun would.
ranks=()
for rank in 0 1 2 3; do
  PMI_RANK=$rank PMI_SIZE=4 PUPIL_MEETING=first pupil train yard --out launched --processes auto >"rank$rank" 2>&1 &
  ranks+=($!)
done
for rank in "${ranks[@]}"; do wait "$rank" || fail "a launched process: $(cat rank?)"; done
same launched
meetings launched

# A process is killed: all end, the last checkpoint stays, another number goes on.
pupil train yard --out killed --processes 4 >/dev/null 2>said &
first=$!
for _ in {1..600}; do
  [[ -e killed/checkpoint.safetensors ]] && break
  sleep 0.1
done
child=$(pgrep -f -- "--processes auto --out killed" | tail -n 1)
kill -9 "$child"
wait "$first" && fail "a process was killed and the exit code is 0"
grep -q "another process of this training is gone" said || fail "a lost process is not named: $(cat said)"
[[ -z $(pgrep -f -- "--processes auto --out killed") ]] || fail "the others live on"
[[ -e killed/student.safetensors ]] && fail "the training was over before it was killed"
pupil train yard --out killed --processes 2 >/dev/null || fail "going on with two"
same killed
meetings killed

# What the first cannot do, the others do not wait for.
sed 's/"the sound of rain"/"heavy rain"/' yard/pupil.toml >toml && cp -r yard stale && cp toml stale/pupil.toml
expect 1 "the labels are not those that pupil.toml asks for" timeout 100 "$PUPIL" train stale --processes 2

expect 1 "batch = 64 can be shared by 1, 2, 4, 8, 16 processes, not by 3" pupil train yard --out odd --processes 3
expect 2 "no launcher has set" pupil train yard --processes auto
expect 2 "the launcher names no job: set PUPIL_MEETING" env PMI_RANK=0 PMI_SIZE=2 "$PUPIL" train yard --processes auto
expect 2 "PMI_RANK=2 of PMI_SIZE=2" env PMI_RANK=2 PMI_SIZE=2 "$PUPIL" train yard --processes auto
exit $failures
