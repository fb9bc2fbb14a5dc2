#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Audio that is gone from DIR/store, or torn, is noticed, named and taken in again.
. "$(dirname "$0")/lib.sh" "$@"
synth s --clips 8 --seconds 1.5 --classes bark,rain --seed 3
mkdir in; cp s/*/*.flac in
"$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
"$PUPIL" --quiet collect p >/dev/null
first() { find p/store -name '*.flac' | sort | head -1; }
gone() { rm "$1"; }
empty() { : > "$1"; }
torn() { truncate -s 5000 "$1"; }
zeros() { local size; size=$(stat -c %s "$1"); : > "$1"; truncate -s "$size" "$1"; }
for how in gone empty torn zeros; do
  file=$(first)
  $how "$file"
  expect 1 "pupil collect" "$PUPIL" --quiet label p
  expect 1 "it is the audio of " "$PUPIL" --quiet label p
  expect 0 "collect   1 files" "$PUPIL" run p --dry-run
  expect 0 "is there again: 1" "$PUPIL" --quiet collect p
  name=$(basename "$file" .flac)
  [[ $(sha256sum < "$file" | cut -d' ' -f1) == "$name" ]] || fail "$how: the file is not what it was"
done
# Also from a copy in another folder.
cp -r in other
rm "$(first)"; mv in away
expect 0 "is there again: 1" "$PUPIL" --quiet collect p other
mv away in
# Damage that no size shows: not embedded in silence.
file=$(first); size=$(stat -c %s "$file")
dd if=/dev/zero of="$file" bs=1 seek=$((size / 3)) count=$((size / 3)) conv=notrunc status=none
expect 1 "damaged" "$PUPIL" --quiet label p
rm "$file"; "$PUPIL" --quiet collect p >/dev/null
expect 0 "" "$PUPIL" --quiet label p
exit $failures
