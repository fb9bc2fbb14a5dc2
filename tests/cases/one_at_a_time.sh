#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command that writes into a project holds its lock and leaves a record of its run, whether it is called alone or
# by `pupil run`.
. "$(dirname "$0")/lib.sh"

cp -r "$(dirname "$MODEL")/../../yard" yard
cp -r "$(dirname "$MODEL")/../../recordings" recordings

# held KIND COMMAND...: while another process holds the lock.
held() {
  python3 - "$@" <<'P'
import fcntl, subprocess, sys
kind, command = sys.argv[1], sys.argv[2:]
with open("yard/.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_SH if kind == "shared" else fcntl.LOCK_EX)
    lock.write("the test")
    lock.flush()
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    sys.exit(done.returncode)
P
}

for command in collect separate label train export evaluate compare run; do
  expect 1 "yard is being worked on by the test" held exclusive "$PUPIL" $command yard
done
expect 1 "is being worked on" held exclusive "$PUPIL" plan yard label --shards 2
expect 1 "is being worked on" held exclusive "$PUPIL" train yard --out elsewhere
expect 1 "is being worked on" held exclusive "$PUPIL" train yard --prepare
expect 1 "is being worked on" held shared "$PUPIL" label yard
# Shards write into folders of their own and need nobody's leave, as who only reads; but each has one process.
expect 0 "" "$PUPIL" --quiet plan yard label --shards 2
expect 1 "is being worked on" held exclusive "$PUPIL" merge yard
expect 0 "shard 0/2 of label" held exclusive "$PUPIL" --quiet label yard --shard 0/2
mkdir -p yard/shards/1
expect 1 "yard/shards/1 is being worked on by" flock yard/shards/1/.lock "$PUPIL" --quiet label yard --shard 1/2
expect 0 "" "$PUPIL" plan yard --discard
# Trainings in folders of their own go beside one another.
expect 0 "elsewhere/student.safetensors" held shared "$PUPIL" train yard --out elsewhere
expect 0 "clips of" held exclusive "$PUPIL" status yard
expect 0 "collect " held exclusive "$PUPIL" run yard --dry-run --until collect
expect 0 "windows labelled" held exclusive "$PUPIL" label yard --report

last() { python3 -c '
import sqlite3
command, outcome, options, inputs = sqlite3.connect("yard/catalogue.db").execute(
  "SELECT command, outcome, options_json, inputs_hash FROM runs ORDER BY id DESC LIMIT 1").fetchone()
print(command, outcome, "yard" in options, len(inputs))'; }
records() { [[ $(last) == "$1" ]] || fail "after $2 the last run is '$(last)', not '$1'"; }
"$PUPIL" --quiet evaluate yard --no-page >/dev/null || fail "evaluate"
records "evaluate done True 64" evaluate
"$PUPIL" --quiet evaluate yard >/dev/null || fail "evaluate"
expect 0 "evaluate  nothing to do" "$PUPIL" run yard --dry-run --from evaluate
"$PUPIL" --quiet evaluate yard --model "$MODEL" --no-page >/dev/null || fail "evaluate --model"
expect 0 "evaluate  1 models" "$PUPIL" run yard --dry-run --from evaluate
"$PUPIL" --quiet train yard --prepare >/dev/null || fail "train --prepare"
records "prepare done True 0" "train --prepare"
"$PUPIL" --quiet compare yard --only "no such row" >/dev/null 2>&1
records "compare failed True 0" "a comparison that failed"
echo broken >broken.pupil
expect 1 "broken.pupil" "$PUPIL" evaluate yard --model broken.pupil
records "evaluate failed True 64" "an evaluation that failed"
exit $failures
