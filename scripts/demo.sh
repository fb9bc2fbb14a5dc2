#!/usr/bin/env bash
# The main job on a small sample: makes some recordings, collects them and prints what was found.
#   PUPIL_DATA=folder make demo      the same on your own recordings
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
demo=build/demo
rm -rf "$demo"
mkdir -p "$demo"

# Sounds made by formulas: no recording needs to lie in the repository. sound NAME SECONDS FORMULA(t)
sound() {
  mkdir -p "$(dirname "$demo/recordings/$1")"
  ffmpeg -v error -nostdin -y -f lavfi -i "aevalsrc=exprs='$3':s=32000:d=$2" -c:a "${4:-flac}" "$demo/recordings/$1"
}
if [[ -n "${PUPIL_DATA:-}" ]]; then
  recordings=$PUPIL_DATA
else
  recordings=$demo/recordings
  for i in 1 2 3 4; do
    sound "howl/howl$i.flac" $((i + 1)) "0.4*sin(2*PI*(350+40*$i)*t+60*sin(1.1*t))*min(1,3*t)"
    sound "bark/bark$i.flac" 2 "0.8*random($i)*exp(-18*mod(t,0.5))*sin(2*PI*(500+60*$i)*t)"
    sound "rain/rain$i.flac" 4 "0.1*(random($i)-0.5)"
    sound "hum/hum$i.flac" 3 "0.2*sin(2*PI*50*t)+0.05*sin(2*PI*(100+$i)*t)"
  done
  # What a heap of recordings also holds: the same take again, louder and in another format, silence, a broken file.
  ffmpeg -v error -nostdin -y -i "$demo/recordings/howl/howl2.flac" -af volume=1.5 -b:a 96k "$demo/recordings/howl/again.mp3"
  cp "$demo/recordings/bark/bark1.flac" "$demo/recordings/bark/copy.flac"
  sound "hum/silence.flac" 2 "0*t"
  head -c 300 "$demo/recordings/rain/rain1.flac" >"$demo/recordings/rain/broken.flac"
fi

"$pupil" init "$demo/yard" --preset dogs
"$pupil" collect "$demo/yard" "$recordings"
"$pupil" status "$demo/yard"
