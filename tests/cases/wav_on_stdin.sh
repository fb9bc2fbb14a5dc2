#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What comes on standard input is read as what it says it is: a WAV by its header, whatever its rate, channels and samples;
# other files are refused by name; the rest is raw samples.
. "$(dirname "$0")/lib.sh"

synth s --clips 1 --seconds 3 --classes rain --seed 4
source=$(ls s/*/*.flac)

for format in "pcm_s16le 16000 1" "pcm_s16le 44100 2" "pcm_s24le 48000 2" "pcm_f32le 22050 1" "pcm_u8 16000 1"; do
  read -r codec rate channels <<<"$format"
  ffmpeg -v error -y -i "$source" -c:a "$codec" -ar "$rate" -ac "$channels" in.wav
  file=$("$PUPIL" classify "$MODEL" in.wav --stream 2>/dev/null)
  input=$("$PUPIL" classify "$MODEL" - --stream <in.wav 2>/dev/null)
  pipe=$(ffmpeg -v error -i in.wav -c:a "$codec" -f wav - | "$PUPIL" classify "$MODEL" - --stream 2>/dev/null)
  [[ -n "$file" && "$file" == "$input" ]] || fail "$format: standard input scores otherwise than the file"
  [[ "$file" == "$pipe" ]] || fail "$format: a pipe, whose header says no size, scores otherwise than the file"
done

ffmpeg -v error -y -i in.wav -f s16le -ar 16000 -ac 1 raw.pcm
ffmpeg -v error -y -i in.wav -ar 16000 -ac 1 -c:a pcm_s16le same.wav
[[ $("$PUPIL" classify "$MODEL" - --stream <raw.pcm 2>/dev/null) == $("$PUPIL" classify "$MODEL" - --stream <same.wav 2>/dev/null) ]] ||
  fail "raw samples score otherwise than the same in a WAV"

for file in a.flac a.ogg a.mp3 a.m4a a.aiff a.mkv; do
  ffmpeg -v error -y -i in.wav "$file"
  expect 1 "not raw samples: ffmpeg" "$PUPIL" classify "$MODEL" - --events <"$file"
done
ffmpeg -v error -y -i in.wav -c:a adpcm_ms adpcm.wav
expect 1 "is not read" "$PUPIL" classify "$MODEL" - <adpcm.wav
head -c 30 in.wav >cut.wav
expect 1 "standard input" "$PUPIL" classify "$MODEL" - <cut.wav
exit $failures
