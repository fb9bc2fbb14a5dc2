#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a teacher makes of a separated view holds for that teacher and those prompts: others judge anew, and going back
# finds the old judgements.
. "$(dirname "$0")/lib.sh"

synth recordings --clips 8 --seconds 2 --classes bark,rain --seed 5
"$PUPIL" init yard --classes "dog barking" rain --source recordings >/dev/null
quick yard 2
sed -i 's/^#mode = "off"/mode = "both"/; s/^#mix = .*/mix = 0.3/' yard/pupil.toml
cp yard/pupil.toml toml
"$PUPIL" --quiet collect yard >/dev/null || fail "collect"
"$PUPIL" --quiet separate yard >/dev/null || fail "separate"

# Judgements by configuration, oldest first: "id=count".
judgements() { python3 -c '
import sqlite3
print(*(f"{c}={n}" for c, n in sqlite3.connect("yard/catalogue.db").execute("SELECT config_id, count(*) FROM judgements GROUP BY 1 ORDER BY 1")))'; }
first=$(judgements)
[[ $first == *=* && $first != *" "* ]] || fail "the first teacher's judgements: $first"
"$PUPIL" --quiet label yard >/dev/null || fail "label"
expect 0 "judge        current" "$PUPIL" status yard

# Other prompts (a negative's too): stale, said, and made anew by separate, run or label.
sed -i 's/"the sound of rain"/"heavy rain"/' yard/pupil.toml
expect 0 "judge        stale: made with another teacher or other prompts (pupil separate yard)" "$PUPIL" status yard
expect 0 "views to judge by the teacher (made with another teacher or other prompts)" "$PUPIL" run yard --dry-run
expect 1 "judge: made with another teacher or other prompts): pupil separate yard" "$PUPIL" train yard
"$PUPIL" --quiet separate yard >/dev/null || fail "separate"
second=$(judgements)
[[ $second == "$first "*=* ]] || fail "not judged anew: $first, then $second"

# Going back: nothing to judge.
cp toml yard/pupil.toml
expect 0 "judge        current" "$PUPIL" status yard

# Labelling alone judges what is pending: another precision is another teacher.
sed -i '/^\[teacher\]/,/^\[/ s/^#precision = "f32"/precision = "bf16"/' yard/pupil.toml
"$PUPIL" --quiet label yard >/dev/null || fail "label"
expect 0 "judge        current" "$PUPIL" status yard
third=$(judgements)
[[ $third == "$second "*=* ]] || fail "label judged nothing: $second, then $third"

# A shard judges its own views; together they do all.
rm -rf two
cp -r toml toml.d 2>/dev/null || true
mkdir two && cp toml two/pupil.toml
"$PUPIL" --quiet collect two recordings >/dev/null || fail "collect"
"$PUPIL" --quiet plan two separate --shards 2 >/dev/null || fail "plan"
for shard in 1/2 0/2; do "$PUPIL" --quiet separate two --shard $shard >/dev/null || fail "separate --shard $shard"; done
"$PUPIL" --quiet merge two >/dev/null || fail "merge"
"$PUPIL" --quiet label two >/dev/null || fail "label"
expect 0 "judge        current" "$PUPIL" status two
exit $failures
