#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A folder is collected; later its owner writes an index with labels, groups, splits and licences of the same audio.
. "$(dirname "$0")/lib.sh" "$@"
synth s --clips 12 --seconds 1.5 --classes bark,rain --seed 3
mkdir in; cp s/*/*.flac in
index() { (echo path,label,group,split,licence,author; cd in; for f in *.flac; do echo "$f,${f%%_*},take $f,$1,CC0,Ann"; done) > "$2"; }
columns=(--label-column label --group-column group --split-column split --licence-column licence --author-column author)
"$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
"$PUPIL" --quiet collect p >/dev/null
clips=$("$PUPIL" status p --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["clips"])')

check() { # WHAT DIR SPLIT
  "$PUPIL" status "$2" --json > status.json
  python3 - "$clips" "$3" <<'END' || fail "$1"
import json, sys
status, clips, split = json.load(open("status.json")), int(sys.argv[1]), sys.argv[2]
print(status["labels"], status["splits"], status["licences"])
assert status["clips"] == clips
assert sorted(row["label"] for row in status["labels"]) == ["bark", "rain"]
assert sum(row[split] for row in status["labels"]) == clips
assert [row["licence"] for row in status["licences"]] == ["CC0"]
END
}

index test in/labels.csv
expect 0 "got labels, group, split or licence from a duplicate: $clips" "$PUPIL" --quiet collect p --csv in/labels.csv "${columns[@]}"
check "the index is lost" p test
# The folder again, with its words of nothing: what the index said stays. A changed index arrives.
"$PUPIL" --quiet collect p >/dev/null; check "the folder takes away what the index brought" p test
index val in/labels.csv
"$PUPIL" --quiet collect p --csv in/labels.csv "${columns[@]}" >/dev/null; check "a changed index is not read again" p val

# Under another name, re-encoded, in another folder: a near duplicate. And all within one collection.
mkdir other
for f in in/*.flac; do ffmpeg -v error -i "$f" -c:a libvorbis other/$(basename "$f" .flac).ogg || skip "no ffmpeg with Vorbis"; done
(echo path,label,group,split,licence,author; cd other; for f in *.ogg; do echo "$f,${f%%_*},take $f,test,CC0,Ann"; done) > other/labels.csv
"$PUPIL" init q --classes "dog barking" rain --source in >/dev/null
"$PUPIL" --quiet collect q >/dev/null
"$PUPIL" --quiet collect q --csv other/labels.csv "${columns[@]}" >/dev/null; check "near duplicates bring nothing" q test
"$PUPIL" init r --classes "dog barking" rain >/dev/null
"$PUPIL" --quiet collect r in --csv other/labels.csv "${columns[@]}" >/dev/null; check "both in one collection" r test
exit $failures
