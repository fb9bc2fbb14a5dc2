#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A command never writes over what it reads: under no other spelling, symbolic or hard link.
. "$(dirname "$0")/lib.sh"

sounds 'wav("in.wav", [bark(16000, 1.0)], 16000)
wav("set/dog/a.wav", [bark(16000, 1.0)], 16000)
wav("set/cat/b.wav", [bark(16000, 1.0, f0_hz=300, seed=2)], 16000)'
cp in.wav kept.wav
ln -s in.wav link.wav
ln in.wav hard.wav
mkdir sub
separate() { "$PUPIL" separate --model sep-nano --query "a dog barking" "$@"; }

expect 2 "same file as IN" separate in.wav in.wav
expect 2 "same file as IN" separate in.wav out.wav --residual hard.wav
expect 2 "same file as IN" separate in.wav out.wav --report link.wav
for name in in.wav sub/../in.wav "$PWD/in.wav" link.wav hard.wav; do
  expect 2 "same file as FILE" "$PUPIL" plot in.wav --out "$name"
  expect 2 "same file as FILE" "$PUPIL" features in.wav --out "$name"
done
expect 2 "same file as IN" separate link.wav in.wav
expect 2 "same file as OUT" separate in.wav out.wav --residual ./out.wav
expect 2 "same file as OUT" separate in.wav out.wav --report out.wav
expect 2 "is a device" "$PUPIL" plot in.wav --out /dev/null
expect 2 "is a folder" "$PUPIL" features in.wav --out sub
[[ ! -e out.wav ]] || fail "nothing is written before the check"

"$PUPIL" init p --classes "dog barking" --source in.wav >/dev/null
"$PUPIL" --quiet collect p >/dev/null
expect 2 "same file as the project's" "$PUPIL" separate p --report p/pupil.toml
expect 2 "same file as the project's" "$PUPIL" separate p --report p/catalogue.db

# Folders that a command fills.
cp "$MODEL" m.pupil
expect 2 "same file as --student" "$PUPIL" export p --student m.pupil --out . --name m
mkdir r
cp "$MODEL" r/report.json
expect 2 "same file as TARGET" "$PUPIL" evaluate r/report.json --data set --out r
expect 2 "--audio set/dog holds" "$PUPIL" evaluate-separation set --model sep-nano --audio set/dog
expect 2 "--audio set holds CLEAN" "$PUPIL" evaluate-separation set --model sep-nano --audio set
expect 2 "holds --from" "$PUPIL" pretrain teacher r --from ./r
echo "path,label" >r/list.csv
expect 2 "holds --manifest" "$PUPIL" pretrain teacher r --manifest r/list.csv
expect 2 "holds --manifest" "$PUPIL" pretrain separator r --manifest r/list.csv
expect 2 "holds --set" "$PUPIL" train p --set r/list.csv --out r
expect 1 "holds other files" "$PUPIL" synth set --clips 1
expect 1 "exists already" "$PUPIL" init p

cmp -s in.wav kept.wav || fail "the recording is as it was"
cmp -s m.pupil "$MODEL" || fail "the model is as it was"
expect 0 "" separate in.wav out.wav
expect 0 "" separate in.wav out.wav   # an output of before is replaced
exit $failures
