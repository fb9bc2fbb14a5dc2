#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The commands as a user types them, on sounds made here: command_line_test.sh PUPIL
# Prints what went wrong and exits 1; exits 0 with a line "SKIP: ..." when there is no ffmpeg to make sounds with.
set -uo pipefail
. "$(dirname "$0")/expect.sh"
pupil=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

expect 0 "usage: pupil COMMAND" "$pupil" --help
expect 2 "usage: pupil COMMAND" "$pupil"
expect 2 "did you mean 'collect'?" "$pupil" colect
expect 2 "did you mean '--json'?" "$pupil" status . --jsn
expect 1 "no such folder" "$pupil" status nowhere
for command in $("$pupil" --help | awk '/^  [a-z]/ {print $1}'); do
  expect 0 "usage: pupil $command" "$pupil" "$command" --help
done
expect 0 "efficientat-mn04" "$pupil" models list --cache "$folder"
expect 1 "did you mean 'efficientat-mn04'?" "$pupil" models fetch efficientat-mn4 --cache "$folder"

if ! command -v ffmpeg >/dev/null; then
  echo "SKIP: ffmpeg is not installed: no sounds to collect"
  exit $((failures > 0))
fi
make_sound() { ffmpeg -v error -nostdin -y -f lavfi -i "$2" "$1"; }
mkdir -p sounds/rain sounds/siren
make_sound sounds/rain/one.flac "anoisesrc=seed=1:r=32000:d=2:a=0.3"
make_sound sounds/rain/two.mp3 "anoisesrc=seed=2:r=44100:d=2:a=0.3,highpass=f=900"
make_sound sounds/siren/one.wav "aevalsrc=exprs='0.3*sin(2*PI*700*t+200*sin(2*PI*t))':s=16000:d=2"
cp sounds/rain/one.flac sounds/rain/copy.flac
head -c 40 sounds/siren/one.wav >sounds/siren/broken.wav

expect 0 "pupil.toml" "$pupil" init yard --preset dogs
expect 1 "" "$pupil" init yard --preset dogs   # does not overwrite
expect 0 "3 new clips" "$pupil" collect yard sounds
expect 0 "0 new clips" "$pupil" collect yard sounds
expect 0 "exact duplicate" "$pupil" status yard
expect 0 '"clips"' "$pupil" status yard --json
expect 0 "rain" "$pupil" status yard
expect 0 "licence not stated" "$pupil" licences yard
expect 0 "198 frames x 64 mel bins" "$pupil" features sounds/siren/one.wav --out f.safetensors
expect 2 "unknown front end" "$pupil" features sounds/siren/one.wav --config k17 --out f.safetensors
expect 0 "pixels" "$pupil" plot sounds/rain/two.mp3 --out p.png
expect 1 "broken.wav" "$pupil" plot sounds/siren/broken.wav --out q.png
expect 1 "pupil label" "$pupil" evaluate yard
expect 0 "9 windows labelled" "$pupil" label yard   # by the built-in teacher, clap-nano
expect 1 "pupil export" "$pupil" evaluate yard

# Words that the built-in models were never trained on.
"$pupil" init taxes --preset dogs >/dev/null && sed -i 's/"a dog barking"/"quantum tax law"/' taxes/pupil.toml
expect 0 "3 new clips" "$pupil" collect taxes sounds
expect 0 "never trained on 'quantum', 'tax', 'law'" "$pupil" label taxes
separate() { "$pupil" separate sounds/siren/one.wav out.wav --model sep-nano --query "$1"; }
expect 0 "never trained on 'quantum', 'tax', 'law'" separate "quantum tax law"
expect 0 "" separate "a dog barking"
[[ "$(separate "a dog barking" 2>&1)" == *"never trained"* ]] && { echo "FAILED: a warning of known words"; failures=$((failures + 1)); }

# A class that is shown: three clips, and no words for it.
mkdir hiss
for seed in 5 6 7; do make_sound hiss/$seed.wav "anoisesrc=seed=$seed:r=32000:d=2:a=0.3,highpass=f=4000"; done
expect 2 "expected NAME=FOLDER" "$pupil" init shown --examples hiss
expect 1 "no such folder of examples" "$pupil" init shown --examples hiss=hisses
expect 0 "pupil.toml" "$pupil" init shown --classes rain --examples hiss=hiss --source sounds
expect 0 "6 new clips" "$pupil" collect shown
expect 0 "3 are examples of their class" "$pupil" label shown
rm hiss/7.wav
expect 1 "2 clips show a class badly; put 3 to 50 there" "$pupil" collect shown

expect 1 "none.pupil" "$pupil" evaluate none.pupil --data sounds
expect 2 "--data" "$pupil" evaluate none.pupil
sed -i 's/^\[window\]/[window]\nlenght_s = 1/' yard/pupil.toml
expect 1 "did you mean 'length_s'?" "$pupil" collect yard sounds

((failures == 0)) && echo "all commands answered as they should"
exit $((failures > 0))
