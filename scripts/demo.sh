#!/usr/bin/env bash
# The main job on a small sample: makes some recordings, collects them and prints what was found.
#   PUPIL_DATA=folder make demo      the same on your own recordings
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
demo=build/demo
rm -rf "$demo"
mkdir -p "$demo"

"$pupil" init "$demo/yard" --preset dogs
if [[ -n "${PUPIL_DATA:-}" ]]; then
  "$pupil" collect "$demo/yard" "$PUPIL_DATA"
else
  # Sounds made by formulas: no recording needs to lie in the repository.
  "$pupil" synth "$demo/recordings" --demo
  # What a heap of recordings also holds: a copy, the same take again in another format, silence, a broken file.
  mkdir -p "$demo/heap"
  bark=$demo/recordings/bark/bark_000000.flac
  cp "$bark" "$demo/heap/copy.flac"
  ffmpeg -v error -nostdin -y -i "$bark" -af volume=0.5 -b:a 96k "$demo/heap/again.mp3"
  ffmpeg -v error -nostdin -y -f lavfi -i anullsrc=r=32000:d=2 "$demo/heap/silence.flac"
  head -c 300 "$bark" >"$demo/heap/broken.flac"
  "$pupil" collect "$demo/yard" "$demo/heap" --csv "$demo/recordings/clips.csv" --label-column label --group-column group \
    --split-column split --licence-column licence --author-column author
fi
"$pupil" status "$demo/yard"
