#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Recordings that were moved are the same clips: nothing is decoded, labelled or set aside anew, be it the project, its
# sources or both that moved.
. "$(dirname "$0")/lib.sh" "$@"
synth home/in --clips 6 --seconds 2 --classes bark,rain --seed 3
rm home/in/*.csv
"$PUPIL" init home/p --classes "dog barking" rain --source home/in >/dev/null
expect 0 "6 new clips" "$PUPIL" --quiet collect home/p
cp "$(ls home/in/bark/*.flac | head -1)" home/in/bark/copy.flac  # a duplicate of its own
expect 0 "set aside, exact duplicate: 1" "$PUPIL" --quiet collect home/p
facts() { "$PUPIL" status "$1" --json | python3 -c 'import json,sys; s=json.load(sys.stdin)
print(s["clips"], s["recordings"], s["set_aside"], [(r["label"], r["train"], r["val"], r["test"]) for r in s["labels"]])'; }
# Where the catalogue says that clips are: folders, each once.
places() { "$PUPIL" status "$1" --json | python3 -c 'import json,sys; print(" ".join(s["source"] for s in json.load(sys.stdin)["sources"]))'; }
before=$(facts home/p)
unchanged() { # WHAT DIR
  [[ $(facts "$2") == "$before" ]] || fail "$1: $(facts "$2"), not $before"
}

mv home "second home"
expect 0 "7 known" "$PUPIL" --quiet collect "second home/p"
unchanged "both moved" "second home/p"
[[ $(places "second home/p") == "$PWD/second home/in" ]] || fail "both moved: $(places "second home/p")"

mv "second home/p" alone
sed -i "s#^path = .*#path = '$PWD/second home/in'#" alone/pupil.toml
expect 0 "7 known" "$PUPIL" --quiet collect alone
unchanged "the project moved" alone

mv "second home/in" elsewhere
sed -i "s#^path = .*#path = '$PWD/elsewhere'#" alone/pupil.toml
expect 0 "collect   nothing" "$PUPIL" run alone --dry-run
expect 0 "7 known" "$PUPIL" --quiet collect alone
unchanged "the sources moved" alone

# Copied without their times, as by a download; the old place is gone.
mkdir copy && (cd elsewhere && for f in */*.flac; do mkdir -p "../copy/${f%/*}"; cat "$f" > "../copy/$f"; done)
rm -r elsewhere
sed -i "s#^path = .*#path = '$PWD/copy'#" alone/pupil.toml
expect 0 "known clips whose file was moved: 6" "$PUPIL" --quiet collect alone
unchanged "copied" alone
[[ $(places alone) == "$PWD/copy" ]] || fail "copied: $(places alone)"
expect 0 "7 known" "$PUPIL" --quiet collect alone

# One file renamed in its folder.
mv "$(ls copy/rain/*.flac | head -1)" copy/rain/renamed.flac
expect 0 "known clips whose file was moved: 1" "$PUPIL" --quiet collect alone
unchanged "renamed" alone

# A copy beside the old place is a duplicate, and so is a file that says less than the one that is gone.
cp -r copy again
expect 0 "set aside, exact duplicate: 7" "$PUPIL" --quiet collect alone again
mv copy flat; for f in flat/*/*; do mv "$f" "flat/$(basename "$f")"; done; rmdir flat/bark flat/rain; rm -r again
expect 0 "set aside, exact duplicate: 7" "$PUPIL" --quiet collect alone flat
"$PUPIL" status alone --json | python3 -c 'import json,sys
labels = {r["label"] for r in json.load(sys.stdin)["labels"]}; assert labels == {"bark", "rain"}, labels' || fail "labels are lost"
exit $failures
