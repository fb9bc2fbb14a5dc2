#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A microphone that gives nothing: a model of three sounds took zeros for one of them at 0.95. It is none of these,
# as a recording and in a stream, from the first window to the last.
. "$(dirname "$0")/lib.sh"

sounds '
import math, random
noise = random.Random(3)
def shape(make): return [make(t) for t in range(6 * 16000)]
wav("zeros.wav", [shape(lambda t: 0)], 16000)
wav("offset.wav", [shape(lambda t: 0.1)], 16000)
wav("small_offset.wav", [shape(lambda t: -0.001)], 16000)
wav("hum50.wav", [shape(lambda t: 0.05 * math.sin(2 * math.pi * 50 * t / 16000))], 16000)
wav("hum60.wav", [shape(lambda t: 0.02 * sum(math.sin(2 * math.pi * 60 * k * t / 16000) / k for k in (1, 2, 3, 5)))], 16000)
wav("last_bit.wav", [shape(lambda t: noise.choice((0, 0, 1, -1)) / 32768)], 16000)
wav("hiss.wav", [shape(lambda t: noise.gauss(0, 0.001))], 16000)
wav("short.wav", [[0] * 8000], 16000)
'
for input in *.wav; do
  output=$("$PUPIL" classify "$MODEL" "$input" --json) || fail "classify $input"
  [[ "$output" == *'"label":"none of these"'* ]] || fail "$input: $output"
  output=$("$PUPIL" classify "$MODEL" "$input" --events) || fail "classify --events $input"
  [[ -z "$output" ]] || fail "$input has events: $output"
done
exit $failures
