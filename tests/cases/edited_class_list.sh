#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels, sets and models belong to the classes they were made for: a class list that was edited afterwards is an error
# that names the difference, and never a row of soft targets that means other classes.
. "$(dirname "$0")/lib.sh"

cp -r "$(dirname "$MODEL")/../../yard" yard
cp -r "$(dirname "$MODEL")/../../recordings" recordings
cp yard/pupil.toml toml
"$PUPIL" --quiet evaluate yard --no-page >/dev/null || fail "evaluate on the project as it was made"

edited() { cp toml yard/pupil.toml; sed -i "$1" yard/pupil.toml; }

# A class renamed, one taken out, two swapped: every reader of labels, scores, soft targets or models says so.
edited 's/^name = "rain"/name = "drizzle"/'
for command in train export evaluate compare "run --from train" "run --from export" "run --from evaluate" "label --report"; do
  set -- $command
  expect 1 "with rain, which pupil.toml lacks; without drizzle, which pupil.toml has" "$PUPIL" "$1" yard "${@:2}"
done
expect 1 "pupil label yard" "$PUPIL" train yard
expect 1 "pupil label yard" "$PUPIL" train yard --prepare
expect 1 "other classes" "$PUPIL" train yard --out elsewhere
expect 1 "other classes" "$PUPIL" export yard --student "$MODEL" --out elsewhere
expect 1 "other classes" "$PUPIL" evaluate yard --model "$MODEL"
expect 1 "other classes" "$PUPIL" pretrain teacher teacher --project yard
edited 's/^name = "rain"/name = "x"/; s/^name = "doorbell"/name = "rain"/; s/^name = "x"/name = "doorbell"/'
expect 1 "in the order dog barking, doorbell, rain, " "$PUPIL" train yard
edited '/^name = "rain"/,/^$/ s/.*//; s/^\[\[class\]\]$/&/'
python3 - <<'P'
import re
text = open("toml").read()
open("yard/pupil.toml", "w").write(re.sub(r'\[\[class\]\]\nname = "rain"\n(?:[^\[\n].*\n|#.*\n)*', "", text))
P
expect 1 "with rain, which pupil.toml lacks" "$PUPIL" train yard
expect 0 "stale: made for other classes: with rain" "$PUPIL" status yard

# Back again: nothing was lost.
cp toml yard/pupil.toml
expect 0 "student.safetensors" "$PUPIL" train yard

# A class that becomes a negative keeps its labels, but the set that says which are reported is another one, and a
# model that reports it is told from the project's.
sed -i '/^name = "rain"/{x;s/.*//;x}' yard/pupil.toml
python3 - <<'P'
text = open("toml").read()
block = text[text.index('[[class]]\nname = "rain"'):]
head = text[:len(text) - len(block)]
open("yard/pupil.toml", "w").write(head + block.replace("[[class]]", "[[negative]]", 1))
P
first=$("$PUPIL" train yard --prepare)
cp toml yard/pupil.toml
[[ $("$PUPIL" train yard --describe) == *"parameters, "*"receptive field"* ]] || fail "train --describe"
[[ $("$PUPIL" train yard --prepare) != "$first" ]] || fail "one set for other reported classes"

exit $failures
