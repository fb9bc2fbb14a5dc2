#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two files of one take that contradict each other: said aloud with both paths and labels, both labels kept.
. "$(dirname "$0")/lib.sh" "$@"
synth s --clips 4 --seconds 3 --classes rain --seed 3
take=$(ls s/rain/*.flac | head -1)

# Louder and as MP3, so a near duplicate.
mkdir -p near/bark near/rain
cp "$take" near/rain/rain.flac
ffmpeg -v error -i "$take" -af volume=0.7 near/bark/by_mistake.mp3 || skip "no ffmpeg program"
"$PUPIL" init p --classes "dog barking" rain --source near >/dev/null
expect 0 "bark/by_mistake.mp3 (bark) and rain/rain.flac (rain) are the same take with different labels" "$PUPIL" --quiet collect p
status=$("$PUPIL" status p --set-aside)
[[ $status == *"bark  "* && $status == *"rain  "* ]] || fail "one of the two labels is gone: $status"
[[ $status == *"same take as clip 1 (bark/by_mistake.mp3)"* ]] || fail "the kept file is not named: $status"
expect 0 "are the same take with different labels" "$PUPIL" --quiet collect p  # said again, not only once
expect 0 '"metadata_conflicts"' "$PUPIL" --quiet collect p --json

# The same bytes; and words that mean the same class are no contradiction.
mkdir -p exact/rain exact/drizzle exact/bark
cp "$take" exact/rain/a.flac; cp "$take" exact/drizzle/b.flac
"$PUPIL" init q --classes "dog barking" rain --source exact >/dev/null
sed -i 's/^name = "rain"/name = "rain"\ngiven = ["drizzle"]/' q/pupil.toml
if grep -q drizzle q/pupil.toml; then
  out=$("$PUPIL" --quiet collect q 2>&1)
  [[ $out != *"different labels"* ]] || fail "two words of one class are called a contradiction: $out"
fi
cp "$take" exact/bark/c.flac
expect 0 "(bark) are the same take with different labels" "$PUPIL" --quiet collect q

# Licences, authors and groups of an index against another's.
mkdir one; cp "$take" one/a.flac; cp "$take" one/b.flac
printf 'path,l,g,a,lic\na.flac,rain,g1,Ann,CC0\nb.flac,rain,g2,Bob,CC BY\n' > one/i.csv
"$PUPIL" init r --classes "dog barking" rain >/dev/null
out=$("$PUPIL" --quiet collect r --csv one/i.csv --label-column l --group-column g --author-column a --licence-column lic 2>&1)
for word in groups licences authors; do [[ $out == *"different $word"* ]] || fail "different $word are not said: $out"; done

# The shorter of two takes is kept: said with both lengths.
mkdir -p len
ffmpeg -v error -i "$take" -t 2 len/a.flac; cp "$take" len/b.flac
"$PUPIL" init t --classes "dog barking" rain --source len >/dev/null
expect 0 "b.flac (3.00 s) is the same take as clip 1 (a.flac), which is shorter (2.00 s) and kept" "$PUPIL" --quiet collect t
exit $failures
