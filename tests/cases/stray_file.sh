#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files next to class folders must not take their labels; labels that count for nothing are said.
. "$(dirname "$0")/lib.sh" "$@"
synth in --clips 8 --seconds 1 --classes bark,rain --seed 3
rm in/*.csv
labels() { "$PUPIL" status "$1" --json | python3 -c 'import json,sys
print(" ".join("%s=%d" % (r["label"] or "none", r["train"] + r["val"] + r["test"]) for r in json.load(sys.stdin)["labels"]))'; }
"$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
expect 0 "4 clips carry the given label 'bark'" "$PUPIL" --quiet collect p
[[ $(labels p) == "bark=4 rain=4" ]] || fail "class folders: $(labels p)"

sounds 'wav("in/microphone_test.wav", [bark(16000, 2.0, 700.0)], 16000)'
mkdir -p in/.cache in/bark/more; cp in/bark/*.flac in/.cache; mv "$(ls in/bark/*.flac | head -1)" in/bark/more
echo notes > in/notes.txt; echo "a,b" > in/rain/metadata.csv; ln -s nowhere in/gone.wav
for dir in p q; do
  [[ $dir == p ]] || "$PUPIL" init q --classes "dog barking" rain --source in >/dev/null
  out=$("$PUPIL" --quiet collect $dir 2>&1)
  [[ $out == *"1 file lies beside the class folders and has no given label (microphone_test.wav)"* ]] || fail "no word: $out"
  [[ $out == *"rain/metadata.csv: no column 'file_name'"* ]] || fail "the other metadata.csv: $out"
  [[ $(labels $dir) == "none=1 bark=4 rain=4" ]] || fail "$dir: $(labels $dir)"
done

# A folder around the class folders is no class.
mkdir -p around/set-1.0; cp -r in/bark in/rain around/set-1.0
"$PUPIL" init w --classes "dog barking" rain --source around >/dev/null
expect 0 "'set-1.0' only holds the other folders" "$PUPIL" collect w
[[ $(labels w) == "bark=4 rain=4" ]] || fail "a folder around: $(labels w)"

# Labels are never taken without a word.
expect 0 "known clips lose their given labels" "$PUPIL" --quiet collect p in --layout plain

# Split folders above the classes, and one stray in each place.
mkdir -p s/train/bark s/test/rain
cp in/rain/*.flac s/test/rain; cp in/bark/*.flac s/train/bark; cp in/microphone_test.wav s/train/x.wav
"$PUPIL" init r --classes "dog barking" rain --source s >/dev/null
expect 0 "beside the folders of splits and classes" "$PUPIL" --quiet collect r
[[ $(labels r) == "none=1 bark=3 rain=4" ]] || fail "split folders: $(labels r)"

# An AudioFolder with files that its index does not name.
mkdir a; cp in/rain/*.flac a; first=$(cd a; ls | head -1)
printf 'file_name,label\n%s,rain\n' "$first" > a/metadata.csv
"$PUPIL" init t --classes "dog barking" rain --source a >/dev/null
expect 0 "3 files are not named by the index and passed over" "$PUPIL" --quiet collect t
exit $failures
