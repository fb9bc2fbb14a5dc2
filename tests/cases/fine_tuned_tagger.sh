#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A tagger that is fine-tuned on a project is a teacher everywhere; killed and run again it ends with the same bytes; and what
# cannot be fine-tuned is said in one line.
. "$(dirname "$0")/lib.sh"

expect 2 "a CLAP learns whole" "$PUPIL" pretrain teacher tuned --from clap-nano --layers last
weights=$SHARED/weights/efficientat_mn04/mn04_as_mAP_432.pt
if [[ ! -f $weights ]]; then
  ((failures == 0)) && skip "$weights is absent"
  exit $failures
fi

"$PUPIL" --quiet synth recordings --clips 24 --seconds 2 --classes bark,doorbell,rain --seed 5 >/dev/null
"$PUPIL" init yard --classes "dog barking" doorbell rain --source recordings >/dev/null
quick yard 1
sed -i 's/^name = "dog barking"/&\naudioset = ["Bark"]\ngiven = ["bark"]/
  s/^name = "doorbell"/&\naudioset = ["Doorbell"]/; s/^name = "rain"/&\naudioset = ["Rain"]/' yard/pupil.toml
sed -i "s|^#model = \"clap-nano\"|model = \"$weights\"|; s/^#accept = .*/accept = 0.34/; s/^#margin = .*/margin = 0.0/
  s/^#broad_negatives = .*/broad_negatives = false/" yard/pupil.toml
"$PUPIL" --quiet collect yard >/dev/null
tune() { "$PUPIL" --quiet pretrain teacher "$@" --from "$weights" --project yard --batch 2 --threads 1; }
expect 1 "pupil label" tune tuned
"$PUPIL" --quiet label yard >/dev/null

expect 2 "--project DIR is missing" "$PUPIL" pretrain teacher tuned --from "$weights"
expect 2 "--caption-column is not for it" tune tuned --caption-column x
expect 2 "neither last nor all" tune tuned --layers first
expect 1 "is neither safetensors nor" "$PUPIL" pretrain teacher tuned --from "$MODEL" --project yard
[[ ! -e tuned ]] || fail "nothing is written before the examples are there"

expect 0 "4 steps" tune tuned --steps 4 --given-labels
tune other --steps 4 --given-labels >/dev/null 2>&1 & killed=$!
for _ in {1..1200}; do [[ -e other.work ]] && break; sleep 0.05; done
kill -9 $killed 2>/dev/null
wait $killed 2>/dev/null
expect 0 "4 steps" tune other --steps 4 --given-labels
cmp tuned/model.safetensors other/model.safetensors || fail "killed and run again: other bytes"
grep -q "given labels" tuned/README.md || fail "the card says what it has learned"

recording=$(find recordings -name "*.wav" -o -name "*.flac" | sort | head -1)
expect 0 "$recording" "$PUPIL" embed tuned --audio "$recording"
sed -i "s|^model = .*|model = \"$PWD/tuned\"|" yard/pupil.toml
expect 0 "windows labelled" "$PUPIL" label yard
expect 1 "class rain has no AudioSet names" bash -c "sed -i '/name = \"rain\"/,/audioset/{/audioset/d}' yard/pupil.toml; '$PUPIL' pretrain teacher new --from '$weights' --project yard"
exit $failures
