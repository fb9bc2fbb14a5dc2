#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A recorder that fails, is unplugged or gives one value for ever does not look like a quiet night.
. "$(dirname "$0")/lib.sh"

expect 1 "standard input ended after 0.0 s" "$PUPIL" classify "$MODEL" - --events </dev/null
head -c 16000 /dev/urandom >half_second.pcm
for how in --stream --events --windows; do
  expect 1 "standard input ended after 0.5 s" "$PUPIL" classify "$MODEL" - $how <half_second.pcm
done
expect 0 "standard input ended after 5.0 s" "$PUPIL" classify "$MODEL" - --events < <(head -c 160000 /dev/urandom)
expect 0 "nothing but zeros for 5.0 s" "$PUPIL" classify "$MODEL" - --events < <(head -c 320000 /dev/zero)
expect 0 "nothing but the value 0.25" "$PUPIL" classify "$MODEL" - --events < <(yes $'\x20\x20' | tr -d '\n' | head -c 320000)
expect 0 "sound again after 10.0 s" "$PUPIL" classify "$MODEL" - --stream < <(head -c 320000 /dev/zero; head -c 64000 /dev/urandom)
sounds 'wav("zeros.wav", [[0.0] * 32000], 16000)'
expect 0 "nothing but zeros for 2.0 s" "$PUPIL" classify "$MODEL" zeros.wav
# Sound with pauses is no dead microphone.
output=$("$PUPIL" classify "$MODEL" - --events < <(for i in 1 2 3; do head -c 64000 /dev/urandom; head -c 64000 /dev/zero; done) 2>&1)
[[ "$output" != *warning* ]] || fail "a pause of two seconds is warned of: $output"
exit $failures
