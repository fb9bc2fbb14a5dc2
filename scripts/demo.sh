#!/usr/bin/env bash
# The main job on a small sample: makes some recordings, collects them and prints what was found.
#   PUPIL_DATA=folder make demo      the same on your own recordings
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
demo=build/demo
rm -rf "$demo"
mkdir -p "$demo"

# Sounds made by formulas: no recording needs to lie in the repository. sound NAME FFMPEG-SOURCE
sound() {
  mkdir -p "$(dirname "$demo/recordings/$1")"
  ffmpeg -v error -nostdin -y -f lavfi -i "$2" -c:a flac "$demo/recordings/$1"
}
if [[ -n "${PUPIL_DATA:-}" ]]; then
  recordings=$PUPIL_DATA
else
  recordings=$demo/recordings
  for i in 1 2 3 4; do
    sound "howl/howl$i.flac" "aevalsrc=exprs='0.4*sin(2*PI*(350+40*$i)*t+60*sin(1.1*t*$i))*min(1,3*t)':s=32000:d=$((i + 1))"
    sound "bark/bark$i.flac" "anoisesrc=seed=$i:r=32000:d=2,bandpass=f=$((400 + 150 * i)):w=300,tremolo=f=$((i + 1)):d=0.95,volume=6"
    sound "rain/rain$i.flac" "anoisesrc=seed=1$i:r=32000:d=4:a=0.1,highpass=f=$((500 * i))"
    sound "hum/hum$i.flac" "aevalsrc=exprs='0.2*sin(2*PI*$((40 + 25 * i))*t)+0.05*sin(2*PI*$((300 * i))*t)*(1+sin($i*t))':s=32000:d=3"
  done
  # What a heap of recordings also holds: the same take again, louder and in another format, silence, a broken file.
  ffmpeg -v error -nostdin -y -i "$demo/recordings/howl/howl2.flac" -af volume=1.5 -b:a 96k "$demo/recordings/howl/again.mp3"
  cp "$demo/recordings/bark/bark1.flac" "$demo/recordings/bark/copy.flac"
  sound "hum/silence.flac" "anullsrc=r=32000:d=2"
  head -c 300 "$demo/recordings/rain/rain1.flac" >"$demo/recordings/rain/broken.flac"
fi

"$pupil" init "$demo/yard" --preset dogs
"$pupil" collect "$demo/yard" "$recordings"
"$pupil" status "$demo/yard"
