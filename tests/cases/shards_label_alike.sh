#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shards of `pupil label` only embed and score; one process decides, over all windows. Whatever the order of the shards,
# and side by side, the labels and the training set are those of one process, byte for byte.
. "$(dirname "$0")/lib.sh"

synth recordings --clips 24 --seconds 2 --classes bark,rain --seed 5
weights=$SHARED/weights/efficientat_mn04/mn04_as_mAP_432.pt

# make DIR TEACHER
make() {
  "$PUPIL" init "$1" --classes "dog barking" rain --source recordings >/dev/null
  quick "$1" 2
  sed -i 's/^#accept = 0.6/accept = 0.1/; s/^#margin = .*/margin = 0.0/; s/^#reject = 0.3/reject = 0.05/
    s/^#max_per_class = 0/max_per_class = 7/; s|^#model = "clap-nano"|model = "'"$2"'"|
    s/^prompts = \["dog barking".*/&\naudioset = ["Bark", "Dog"]/; s/^prompts = \["rain".*/&\naudioset = ["Rain"]/' "$1/pupil.toml"
  python3 - "$1/pupil.toml" <<'P'
import re, sys
text = open(sys.argv[1]).read()
names = {"speech": "Speech", "music": "Music", "wind": "Wind", "silence": "Silence"}
def named(match):
    block = match.group(0)
    if "audioset" in block: return block
    return block.replace("\nprompts", '\naudioset = ["Vehicle"]\nprompts', 1)
open(sys.argv[1], "w").write(re.sub(r'\[\[(class|negative)\]\]\n(?:[^\[\n].*\n)*', named, text))
P
  "$PUPIL" --quiet collect "$1" >/dev/null || fail "collect $1"
}

# labels DIR: every window's label by its clip and place.
labels() {
  python3 -c '
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1] + "/catalogue.db").execute("""
  SELECT v.hash, w.start_sample, x.verdict, k.name, hex(x.soft) FROM labels x JOIN windows w ON w.id = x.window_id
  JOIN views v ON v.id = w.view_id JOIN classes k ON k.id = x.class_id ORDER BY 1, 2""")
print("\n".join(str(row) for row in rows))' "$1"
}

for teacher in clap-nano "$weights"; do
  [[ $teacher == clap-nano || -f $teacher ]] || { echo "without $teacher: CLAP alone"; continue; }
  rm -rf one back beside
  make one "$teacher"
  make back "$teacher"
  make beside "$teacher"
  "$PUPIL" --quiet label one >/dev/null || fail "label"
  [[ -n $(labels one) ]] || fail "no labels"

  for shard in 1/2 0/2; do
    expect 0 "pupil label without --shard decides" "$PUPIL" --quiet label back --shard $shard
    [[ -z $(labels back) ]] || fail "shard $shard decided labels"
    expect 1 "pupil label back" "$PUPIL" train back
  done
  expect 0 "windows labelled" "$PUPIL" --quiet label back
  # Once more, and a shard behind it: nothing is taken away.
  expect 0 "0 new embeddings" "$PUPIL" --quiet label back --shard 0/2
  expect 0 "" "$PUPIL" --quiet label back

  "$PUPIL" --quiet label beside --shard 0/2 >/dev/null &
  first=$!
  "$PUPIL" --quiet label beside --shard 1/2 >/dev/null || fail "a shard beside another"
  wait $first || fail "the other shard"
  "$PUPIL" --quiet label beside >/dev/null || fail "label"

  # A shard that was never done is made up for.
  rm -rf half
  make half "$teacher"
  "$PUPIL" --quiet label half --shard 0/3 >/dev/null || fail "label --shard"
  "$PUPIL" --quiet label half >/dev/null || fail "label"

  labels one >one.txt
  for other in back beside half; do
    labels $other | cmp -s - one.txt || fail "$teacher: other labels in $other"
    cmp -s "$("$PUPIL" train one --prepare)" "$("$PUPIL" train $other --prepare)" || fail "$teacher: another set in $other"
  done
  [[ $(python3 -c '
import sqlite3
print(max(n for n, in sqlite3.connect("one/catalogue.db").execute("SELECT count(*) FROM labels WHERE verdict = 0 GROUP BY class_id")))') -le 7 ]] ||
    fail "$teacher: more than max_per_class"
done
expect 2 "--shard makes none" "$PUPIL" label one --shard 0/2 --split test
exit $failures
