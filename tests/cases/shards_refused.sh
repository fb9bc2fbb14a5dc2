#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What must not be merged is refused by name: shards that are missing, half done, changed, of another pupil.toml; and a launcher
# that does not fit the plan.
. "$(dirname "$0")/lib.sh"

synth recordings --clips 8 --seconds 1 --classes bark,rain --seed 5
"$PUPIL" init yard --classes "dog barking" rain --source recordings >/dev/null

expect 1 "no plan for shards; pupil plan yard STAGE --shards N" "$PUPIL" collect yard --shard 0/2
expect 2 "collect, separate or label, found 'train'" "$PUPIL" plan yard train --shards 2
expect 2 "--shards is missing" "$PUPIL" plan yard collect
"$PUPIL" --quiet plan yard collect --shards 2 >/dev/null || fail plan
expect 0 "is kept" "$PUPIL" --quiet plan yard collect --shards 2
expect 1 "is not merged" "$PUPIL" --quiet plan yard collect --shards 3
expect 1 "planned for 2 shards, not for 3" "$PUPIL" collect yard --shard 0/3
expect 1 "of collect, not of label" "$PUPIL" label yard --shard 0/2
expect 2 "expected I/N" "$PUPIL" collect yard --shard 2/2
expect 2 "no launcher has set" "$PUPIL" collect yard --shard auto
expect 2 "the array is not 0-(N-1)" env SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MAX=3 "$PUPIL" collect yard --shard auto
expect 1 "planned for 2 shards, not for 4" env PMI_RANK=1 PMI_SIZE=4 "$PUPIL" collect yard --shard auto

expect 1 "shard 0/2 was not started, shard 1/2 was not started" "$PUPIL" merge yard
expect 0 "shard 1/2 of collect" env SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MAX=1 "$PUPIL" --quiet collect yard --shard auto
expect 0 "done before" "$PUPIL" --quiet collect yard --shard 1/2
expect 1 "shard 0/2 was not started: pupil collect yard --shard 0/2" "$PUPIL" merge yard
expect 0 "shard 1/2    done" "$PUPIL" status yard
"$PUPIL" --quiet collect yard --shard 0/2 >/dev/null || fail "shard 0/2"

cp yard/pupil.toml kept.toml
echo "# another" >>yard/pupil.toml
expect 1 "changed since collect was planned" "$PUPIL" merge yard
cp kept.toml yard/pupil.toml
cp yard/shards/1/results.db kept.db
printf x | dd of=yard/shards/1/results.db bs=1 seek=5000 conv=notrunc status=none
expect 1 "shard 1/2 has another results.db than it wrote" "$PUPIL" merge yard
cp kept.db yard/shards/1/results.db
expect 1 "shards of collect may hold what is to be forgotten" "$PUPIL" forget yard somebody
mv yard/shards/1/store away
expect 1 "lost or torn: remove yard/shards/1 and run shard 1/2 again" "$PUPIL" --quiet merge yard
mv away yard/shards/1/store
expect 0 "8 new clips" "$PUPIL" --quiet merge yard
expect 0 "are merged" "$PUPIL" status yard
[[ ! -e yard/shards/1 ]] || fail "the shards' files are still there"

expect 1 "separation is off" "$PUPIL" --quiet plan yard separate --shards 2

# Thrown away on purpose, nothing is left of a plan.
"$PUPIL" --quiet plan yard collect --shards 2 >/dev/null || fail "plan again"
expect 0 "" "$PUPIL" plan yard --discard
[[ ! -e yard/shards ]] || fail "discarded, and still there"
exit $failures
