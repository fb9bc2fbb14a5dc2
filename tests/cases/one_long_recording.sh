#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Errors that name the real cause: why there is nothing to learn from, in `train` and in `status`.
. "$(dirname "$0")/lib.sh"

# One night in one file, which falls into val (or test): given here, by its hash otherwise.
synth s --clips 8 --seconds 2 --classes bark,rain --seed 3
mkdir in
cp s/*/*.flac in/
(echo path,group,split; for file in in/*.flac; do echo "$(basename "$file"),night,val"; done) > in/index.csv
"$PUPIL" init p --classes "dog barking" rain --source in/index.csv >/dev/null
quick p 1
expect 1 "accepted windows are of val and test recordings" "$PUPIL" --quiet run p --until train
expect 1 "0 of 1 recordings train" "$PUPIL" --quiet train p
expect 0 "nothing to learn from: all " "$PUPIL" status p
expect 0 "0 of 1 recordings train" "$PUPIL" status p
expect 0 '"why_nothing_is_learned": "all ' "$PUPIL" status p --json

# Nothing is sure enough.
sed -i 's/^#accept = .*/accept = 1.0/' p/pupil.toml
expect 1 "windows is accepted: " "$PUPIL" --quiet run p --until train
expect 0 "[label] accept is 1.00" "$PUPIL" status p

# Nothing is loud enough.
sed -i 's/^accept = .*/#accept = 0.6/; s/^#activity_db = .*/activity_db = 60.0/' p/pupil.toml
expect 1 "background (below [label] activity_db)" "$PUPIL" --quiet run p --until train
expect 0 "windows are background: none is [label] activity_db = 60" "$PUPIL" status p

# Nothing came in.
mkdir -p broken
echo "no audio" > broken/a.wav
"$PUPIL" init q --classes "dog barking" rain --source broken >/dev/null
"$PUPIL" --quiet collect q broken >/dev/null 2>&1
expect 0 "nothing to learn from: no clip came in: all 1 files were set aside" "$PUPIL" status q

# Hundreds of classes: a line for each that has windows, and few for the others; no thousand warnings.
sed -i 's/^activity_db = .*/#activity_db = 3.0/' p/pupil.toml
for i in $(seq 200); do printf '\n[[class]]\nname = "qx%03d"\nprompts = ["a zorb%03d blip"]\n' "$i" "$i"; done >> p/pupil.toml
output=$("$PUPIL" --quiet run p --until label 2>&1) || fail "200 classes: $output"
(( $(wc -l <<< "$output") <= 60 )) || fail "$(wc -l <<< "$output") lines of warnings"
expect 0 "more of 20" "$PUPIL" status p
exit $failures
