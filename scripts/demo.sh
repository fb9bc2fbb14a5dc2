#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job on a sample: makes a yard full of sounds, runs all stages on it with the built-in models, and lets the
# new model score a long scene that nothing has met before.
#   PUPIL_DATA=folder make demo      the same on your own recordings
#   PUPIL_TEACHER=model make demo    the same with another teacher: a path, or a name of pupil models list
# Everything lies under build/demo afterwards; run again, it goes on with what is there.
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
demo=build/demo
mkdir -p "$demo"

teacher=${PUPIL_TEACHER:-clap-nano}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

if [[ -n "${PUPIL_DATA:-}" ]]; then
  recordings=$PUPIL_DATA
  yard=$demo/own
else
  say "a sample yard: dogs and everyday sounds, made by formulas"
  "$pupil" synth "$demo/recordings" --demo
  recordings=$demo/recordings/clips.csv
  yard=$demo/yard
fi

if [[ ! -e $yard/pupil.toml ]]; then
  "$pupil" init "$yard" --preset dogs --source "$recordings" >/dev/null
  # A few minutes' worth: a real project takes the defaults. Not every heap of recordings has every kind of dog, and a
  # small teacher is seldom sure: its doubtful windows are learned too.
  sed -i "s/^\[train\]/&\nepochs = 30\nabsent_classes = true\ndoubtful = true/; s|^\[teacher\]|&\nmodel = \"$teacher\"|
    s/^\[label\]/&\naccept = 0.35\nmargin = 0.1\nreject = 0.15/" "$yard/pupil.toml"
  sed -i 's/^\[separate\]/&\nmode = "both"\nquery = "a dog"/' "$yard/pupil.toml"
fi

say "pupil run $yard"
"$pupil" run "$yard" --dry-run
"$pupil" run "$yard"

if [[ -n "${PUPIL_DATA:-}" ]]; then
  say "the largest of the recordings: pupil classify --events"
  scene=$(find "$PUPIL_DATA" -type f -size +20k \( -iname '*.wav' -o -iname '*.flac' -o -iname '*.mp3' -o -iname '*.ogg' -o -iname '*.opus' -o -iname '*.m4a' \) \
    -printf '%s %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
  echo "$scene"
else
  say "a long scene that nothing has met before: pupil classify --events"
  "$pupil" synth "$demo/scene" --scenes 1 --minutes 5 --seed 77
  scene=$demo/scene/scenes/scene_0000.flac
  echo "what is in it:"
  grep -E ',(bark|growl|howl|whine|yelp|pant),' "$demo/scene/events.csv" |
    awk -F, '{printf "%9.2f to %9.2f s  %-20s %5.1f dB over its background\n", $3, $4, $2, $5}'
  echo "what the model finds:"
fi
model=$(ls "$yard"/model/*.pupil)
"$pupil" classify "$model" "$scene" --events
if [[ -z "${PUPIL_DATA:-}" ]]; then
  # The report counts them against what is in the scene: a list of events beside it.
  { echo "onset_s,offset_s,label"; awk -F, 'NR > 1 {print $3 "," $4 "," $2}' "$demo/scene/events.csv"; } >"${scene%.flac}.csv"
  "$pupil" --quiet evaluate "$yard" --long "$scene" | grep '^false alarms' || true
fi

say "done"
echo "the report:   $yard/report/index.html (open it in a browser)"
echo "the model:    $model"
echo "try it live:  arecord -f S16_LE -r 16000 | $pupil classify $model - --stream"
