#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil submit: the stages by shards as processes, a failing one done again; the scripts for Slurm; sbatch that refuses.
. "$(dirname "$0")/lib.sh"

synth recordings --clips 8 --seconds 1 --classes bark,rain --seed 5
"$PUPIL" init yard --classes "dog barking" rain --source recordings >/dev/null

expect 2 "either --local or --slurm" "$PUPIL" submit yard --local 2 --slurm
expect 2 "go with --slurm" "$PUPIL" submit yard --gpus 1
expect 0 "merge yard" "$PUPIL" submit yard --local 2 --dry-run
[[ ! -e yard/submit && ! -e yard/shards ]] || fail "--dry-run has written something"

# A broken shard stops the stage and is named, with its log; the same command goes on.
mkdir -p yard/shards.new
"$PUPIL" --quiet plan yard collect --shards 2 >/dev/null || fail plan
mkdir -p yard/shards/1 && echo "no database" >yard/shards/1/results.db
expect 1 "collect: 1 of 2 shards failed, the first of them shard 1/2: " "$PUPIL" --quiet submit yard --local 2 --until collect
rm -r yard/shards/1
expect 0 "8 new clips" "$PUPIL" --quiet submit yard --local 2 --until collect
expect 0 "" "$PUPIL" --quiet submit yard --local 2 --until label
[[ $(python3 -c '
import sqlite3
print(sqlite3.connect("yard/catalogue.db").execute("SELECT count(*) FROM labels").fetchone()[0])') -gt 0 ]] || fail "no labels"

# Slurm: what sbatch is asked for, by one that writes it down.
mkdir bin
cat >bin/sbatch <<'S'
#!/bin/sh
echo "$@" >>"$TRACE"
n=$(wc -l <"$TRACE")
[ "$n" != "${FAIL_AT:-0}" ] || { echo "sbatch: error: Batch job submission failed" >&2; exit 1; }
echo "$((100 + n));cluster"
S
cat >bin/squeue <<'S'
#!/bin/sh
[ -z "$WAITING" ] || echo 103
S
printf '#!/bin/sh\necho "$@" >>"$CANCELLED"\n' >bin/scancel
chmod +x bin/*
export PATH=$PWD/bin:$PATH TRACE=$PWD/trace CANCELLED=$PWD/cancelled
expect 0 "label-merge        job 107, afterok:105?afterok:106" "$PUPIL" --quiet submit yard --slurm --shards 3 --nodes 2 --gpus 1 --partition gpu --cpus 8
grep -q -- "--kill-on-invalid-dep=yes --dependency=afternotok:102 .*collect-retry-1.sh" trace || fail "retry: $(cat trace)"
grep -q -- "--dependency=afterok:102?afterok:103 .*collect-merge.sh" trace || fail "merge: $(cat trace)"
grep -q "array=0-2%2" yard/submit/label.sh && grep -q "gres=gpu:1" yard/submit/label.sh && grep -q "partition=gpu" yard/submit/collect.sh ||
  fail "$(cat yard/submit/label.sh)"
grep -q "gres" yard/submit/collect.sh && fail "collect asks for a GPU"
for script in yard/submit/*.sh; do sh -n "$script" || fail "$script"; done
WAITING=1 expect 1 "jobs of an earlier submit are still there" "$PUPIL" --quiet submit yard --slurm
: >trace
FAIL_AT=3 expect 1 "Batch job submission failed" "$PUPIL" --quiet submit yard --slurm
[[ $(sort cancelled | tr '\n' ' ') == "101 102 " ]] || fail "cancelled: $(cat cancelled)"

# Only what is not done of an open plan.
"$PUPIL" --quiet plan yard label --shards 4 >/dev/null || fail plan
"$PUPIL" --quiet label yard --shard 2/4 >/dev/null || fail "label --shard"
expect 0 "array=0,1,3" "$PUPIL" submit yard --slurm --dry-run
exit $failures
