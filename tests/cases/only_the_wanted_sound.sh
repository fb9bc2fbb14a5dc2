#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A set that cannot support what the model promises: nothing but the wanted sound, too little of a class.
. "$(dirname "$0")/lib.sh"

synth in --clips 14 --seconds 2 --classes bark --seed 5
rm in/*.csv
"$PUPIL" init p --classes "dog barking" --source in >/dev/null
quick p 2

# The bank of negatives and what a dead microphone gives are there besides: rain and silence are no dogs.
cp -r p helped
sed -i 's/^epochs = 2/epochs = 30/' helped/pupil.toml
output=$("$PUPIL" --quiet run helped 2>&1) || fail "run with the bank: $output"
[[ "$output" == *"100.0 %"* ]] && fail "100 % of one class: $output"
synth other --clips 8 --seconds 2 --classes rain --seed 7
for clip in other/rain/*.flac; do
  output=$("$PUPIL" classify helped/model/*.pupil "$clip" --json)
  [[ "$output" == *'"label":"none of these"'* ]] || fail "rain: $output"
done
found=0
for clip in in/bark/*.flac; do
  [[ $("$PUPIL" classify helped/model/*.pupil "$clip" --json) == *'"label":"dog barking"'* ]] && found=$((found + 1))
done
[[ $found -ge 7 ]] || fail "of 14 barks $found are found"

# Without them it is refused.
sed -i 's/^#broad_negatives = true/broad_negatives = false/' p/pupil.toml
expect 1 "none is of another class or a negative: the student would call everything so" "$PUPIL" --quiet run p
expect 1 "pupil synth FOLDER --classes backgrounds" "$PUPIL" --quiet train p
expect 1 "none is of another class or a negative" "$PUPIL" --quiet compare p
[[ -e p/model ]] && fail "a model was exported"

# Asked for, it goes on and says what comes of it; nothing is "retained" where one class was judged.
sed -i 's/^#absent_classes = false/absent_classes = true/' p/pupil.toml
output=$("$PUPIL" --quiet run p 2>&1) || fail "run with absent_classes: $output"
[[ "$output" == *"everything will be called 'dog barking'"* ]] || fail "not said what it will call everything: $output"
[[ "$output" == *"retained  not known: "* ]] || fail "retained of one class: $output"
[[ "$output" == *"100.0 %"* ]] && fail "100 % of one class: $output"
output=$("$PUPIL" --quiet evaluate p 2>&1)
[[ "$output" == *"retained: not known, all "*" clips are of one class: dog barking"* ]] || fail "evaluate: $output"
[[ "$output" == *"retained: 100"* ]] && fail "evaluate prints 100 %"

# What the message offers works.
synth others --clips 20 --seconds 2 --classes backgrounds --seed 6 || fail "synth --classes backgrounds"
sed -i 's/^absent_classes = true/#absent_classes = false/' p/pupil.toml
expect 0 "" "$PUPIL" --quiet collect p others
expect 0 "" "$PUPIL" --quiet run p --until train

# One clip of a second class.
synth rain --clips 2 --seconds 2 --classes rain --seed 7
rm -rf q two
mkdir two
cp in/*/*.flac two/
cp "$(ls rain/*/*.flac | head -1)" two/rain.flac
"$PUPIL" init q --classes "dog barking" doorbell --source two >/dev/null
quick q 2
sed -i 's/^#broad_negatives = true/broad_negatives = false/' q/pupil.toml
expect 1 "class 'doorbell' has " "$PUPIL" --quiet run q --until train
exit $failures
