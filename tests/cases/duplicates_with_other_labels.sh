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

# The longer of two takes is kept, whichever comes first; the shorter names it and leaves it its label.
for longer in a b; do
  rm -rf len t; mkdir -p len/rain len/dog
  shorter=$([[ $longer == a ]] && echo b || echo a)
  folder() { [[ $1 == a ]] && echo dog || echo rain; }
  cp "$take" "len/$(folder $longer)/$longer.flac"; ffmpeg -v error -i "$take" -ss 0.5 -t 2 "len/$(folder $shorter)/$shorter.flac"
  "$PUPIL" init t --classes "dog barking" rain --source len >/dev/null
  expect 0 "1 new clips" "$PUPIL" collect t
  expect 0 "$shorter.flac: near duplicate: same take as clip 1 ($(folder $longer)/$longer.flac)" "$PUPIL" status t --set-aside
  "$PUPIL" status t --json | python3 -c 'import json,sys; s=json.load(sys.stdin)
assert abs(s["hours"] * 3600 - 3) < 0.1, s["hours"]; assert len(s["labels"]) == 2, s["labels"]' || fail "longer $longer"
  expect 0 "2 known" "$PUPIL" collect t
done
exit $failures
