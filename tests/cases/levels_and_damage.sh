#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A microphone's constant offset is no sound; samples that are not numbers, stereo that cancels and quiet recordings of
# more than 16 bits are told, kept or set aside as what they are.
. "$(dirname "$0")/lib.sh"

sounds '
quiet = hiss(16000, 8, 1e-4)
barks = [0.2 * v for v in bark(16000, 2.0, seed=77)]
wav("in/bark_then_quiet.wav", [barks + quiet], 16000)
wav("in/bark_then_quiet_offset.wav", [[0.05 + v for v in [0.2 * v for v in bark(16000, 2.0, seed=78, f0_hz=377, gap_s=0.43)] + quiet]], 16000)
wav("in/dead.wav", [[0.01 + v for v in hiss(16000, 5, 2e-5)]], 16000)
n = float("nan")
x = bark(48000, 2.0, seed=5)
wav("in/half_nan.wav", [[n if i % 2 else v for i, v in enumerate(x)]], 48000, "f32")
wav("in/three_nan.wav", [[n if i in (7, 70, 700) else v for i, v in enumerate(bark(48000, 2.0, seed=9, f0_hz=311))]], 48000, "f32")
wav("in/all_inf.wav", [[float("inf")] * 96000], 48000, "f32")
left = bark(16000, 2.0, seed=6, f0_hz=290)
wav("in/cancels.wav", [left, [-v for v in left]], 16000)
wav("in/quiet24.wav", [[0.002 * v for v in bark(16000, 2.0, seed=11, f0_hz=450)]], 16000, "s24")
wav("in/quiet16.wav", [[0.005 * v for v in bark(16000, 2.0, seed=12, f0_hz=610)]], 16000)
'
"$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
expect 0 "samples have a constant offset of 0.05" "$PUPIL" collect p
aside() { expect 0 "$1" "$PUPIL" status p --set-aside; }
aside "half_nan.wav: damaged: 48,000 of 96,000 samples are not numbers"
aside "all_inf.wav: damaged"
aside "dead.wav: silent"
aside "the mean of its 2 channels cancels, channel 0 alone peaks at"
sql() { sqlite3 p/catalogue.db "$1"; }
[[ $(sql "select count(*) from clips where path = 'three_nan.wav'") == 1 ]] || fail "three bad samples of 96,000 are worth keeping"

# With the offset and without, as many windows sound.
active() {
  sql "select count(*) from windows w join views v on v.id = w.view_id join clips c on c.id = v.clip_id
       where c.path = '$1' and w.activity_db >= 3"
}
without=$(active bark_then_quiet.wav) with=$(active bark_then_quiet_offset.wav)
((with > 0 && with <= without + 2)) || fail "$with windows sound with an offset, $without without"

bits() {
  local hash
  hash=$(sql "select v.hash from views v join clips c on c.id = v.clip_id where c.path = '$1'")
  ffprobe -v error -show_entries stream=bits_per_raw_sample -of csv=p=0 "$(find p/store -name "$hash*")"
}
[[ $(bits quiet24.wav) == 24 ]] || fail "a quiet recording of 24 bits is stored with $(bits quiet24.wav)"
[[ $(bits quiet16.wav) == 16 ]] || fail "a quiet recording of 16 bits is stored with $(bits quiet16.wav)"

expect 0 "half_nan.wav: 48,000 of 96,000 samples are not numbers" "$PUPIL" classify "$MODEL" in/half_nan.wav
expect 1 "not one of its samples is a number" "$PUPIL" classify "$MODEL" in/all_inf.wav
expect 0 "half_nan.wav: 48,000" "$PUPIL" plot in/half_nan.wav --out half.png
expect 1 "not one of its samples is a number" "$PUPIL" plot in/all_inf.wav --out inf.png
exit $failures
