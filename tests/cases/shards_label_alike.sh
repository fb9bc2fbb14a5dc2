#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# collect, separate and label by shards, each a process with files of its own: whatever their number and order, killed or not,
# the catalogue is that of one process, row for row, and the training set byte for byte.
. "$(dirname "$0")/lib.sh"

synth recordings --clips 12 --seconds 1 --classes bark,rain --seed 5
cp "$(find recordings -name '*.flac' | sort | head -1)" recordings/again.flac
: >recordings/empty.wav

make() {
  "$PUPIL" init "$1" --classes "dog barking" rain --source recordings >/dev/null
  quick "$1" 2
  sed -i 's/^#accept = 0.6/accept = 0.1/; s/^#margin = .*/margin = 0.0/; s/^#reject = 0.3/reject = 0.05/
    s/^#max_per_class = 0/max_per_class = 7/; s/^#mode = "off"/mode = "both"/' "$1/pupil.toml"
}

# rows DIR: everything that stages decide, with its ids; not when and by which run.
rows() {
  python3 - "$1" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/catalogue.db")
for table in ("sources", "recordings", "clips", "truths", "set_aside", "views", "levels", "fingerprints", "judgements", "windows",
              "window_embeddings", "scores", "labels", "skips", "configs"):
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    # When a configuration was last used counts the calls; the mapping of files to a source's name is the folder's.
    columns = ", ".join(f'"{name}"' for name in names if (table, name) != ("configs", "used"))
    for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2"):
        print(table, *(value.hex() if isinstance(value, bytes) else value for value in row))
P
}

# walk DIR N: the three stages by N shards, the last first.
walk() {
  local stage shard
  for stage in collect separate label; do
    expect 0 "items for $2 shards" "$PUPIL" --quiet plan "$1" $stage --shards "$2"
    for ((shard = $2 - 1; shard >= 0; --shard)); do
      expect 0 "shard $shard/$2 of $stage" "$PUPIL" --quiet $stage "$1" --shard "$shard/$2"
    done
    expect 0 "" "$PUPIL" --quiet merge "$1"
  done
}

make one
for stage in collect separate label; do "$PUPIL" --quiet $stage one >/dev/null || fail "$stage one"; done
rows one >one.txt
grep -q "^labels" one.txt && grep -q "^judgements" one.txt || fail "one process decided nothing"

make by3
walk by3 3
rows by3 | cmp -s - one.txt || fail "three shards: other rows: $(rows by3 | diff - one.txt | head -4)"
cmp -s "$("$PUPIL" train one --prepare)" "$("$PUPIL" train by3 --prepare)" || fail "three shards: another training set"
expect 0 "merged already: nothing to do" "$PUPIL" merge by3
rows by3 | cmp -s - one.txt || fail "merging twice changed something"

# Killed somewhere each, another place in each stage: the plan, a shard, the merge. Launchers name the shard by their variables.
make killed
delay=0.2
for stage in collect separate label; do
  delay=$(python3 -c "print($delay + 0.15)")
  timeout -s KILL $delay "$PUPIL" --quiet plan killed $stage --shards 2 >/dev/null 2>&1
  "$PUPIL" --quiet plan killed $stage --shards 2 >/dev/null || fail "plan $stage"
  for shard in 0 1; do
    timeout -s KILL $delay "$PUPIL" --quiet $stage killed --shard $shard/2 >/dev/null 2>&1
    expect 0 "shard $shard/2" env OMPI_COMM_WORLD_RANK=$shard OMPI_COMM_WORLD_SIZE=2 "$PUPIL" --quiet $stage killed --shard auto
  done
  timeout -s KILL $delay "$PUPIL" --quiet merge killed >/dev/null 2>&1
  "$PUPIL" --quiet merge killed >/dev/null || fail "merge $stage"
done
rows killed | cmp -s - one.txt || fail "killed: other rows: $(rows killed | diff - one.txt | head -4)"
exit $failures
