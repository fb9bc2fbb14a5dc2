#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Days of audio through pupil listen, faster than real time: memory, descriptors, children, events found, clips within the
# quota. Prints one line for each simulated hour's multiple, and the result.
#   bench/listen_soak.sh PUPIL TONE_MODEL [DAYS] [EVENTS_PER_HOUR]
#   bench/listen_soak.sh build/release/pupil build/release/tests/tone_model 30
set -euo pipefail
pupil=$(realpath "$1")
tone_model=$(realpath "$2")
days=${3:-30}
per_hour=${4:-6}
folder=$(mktemp -d)
child=
trap '[[ -n $child ]] && kill "$child" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
"$tone_model" .
# A stretch of 3600 / per_hour seconds of noise with one tone in it, in whole bytes of 16-bit samples.
stretch_s=$((3600 / per_hour))
for ((i = 0; i < stretch_s / 5; ++i)); do cat noise.raw; done >quiet.raw
truncate -s $(((stretch_s - 2) * 32000)) quiet.raw
cat quiet.raw tone.raw >stretch.raw
planted=$((days * 24 * per_hour))
cat >feed.sh <<FEED
for ((i = 0; i < $planted; ++i)); do cat "$folder/stretch.raw"; done
sleep 1000
FEED
cat >listen.toml <<CONF
[[model]]
path = "tone.pupil"
[[source]]
name = "yard"
input = "cmd:bash '$folder/feed.sh'"
zeros = "accept"
[clips]
quota_mb = 50
per_class_and_day = 1000
CONF
start=$SECONDS
"$pupil" listen listen.toml >events.txt 2>log.txt &
child=$!
resident() { awk '/^VmRSS/ {print $2}' "/proc/$child/status"; }
report() {
  ended=$(grep -c ' s  \|clips/' events.txt || true)
  printf '%6.2f days  %7d kB resident  %3d descriptors  %2d children  %6d events  %3d MB kept  %4d s\n' \
    "$(awk -v n="$ended" -v p="$per_hour" 'BEGIN {print n / p / 24}')" "$(resident)" \
    "$(ls "/proc/$child/fd" | wc -l)" "$(pgrep -P "$child" | wc -l)" "$ended" \
    "$(du -sm home 2>/dev/null | cut -f1)" $((SECONDS - start))
}
first_kb=
next=0
while kill -0 "$child" 2>/dev/null; do
  sleep 0.5
  ended=$(grep -c 'clips/\|no clip' events.txt || true)
  if [[ -z $first_kb && $ended -ge $per_hour ]]; then first_kb=$(resident); report; fi
  if ((ended >= next + planted / 10)); then next=$ended; report; fi
  ((ended >= planted)) && break
  # Nothing more comes: what was missed is missed.
  if [[ $(pgrep -P "$child" -a | grep -c 'feed.sh') == 0 ]]; then break; fi
  if pgrep -x -f 'sleep 1000' -g "$(pgrep -P "$child" | head -1)" >/dev/null 2>&1; then sleep 3; break; fi
done
report
last_kb=$(resident)
kill -TERM "$child"
wait "$child" || true
found=$(grep -c 'clips/\|no clip' events.txt || true)
bytes=$(du -sb home | cut -f1)
echo "planted $planted, found $found; resident grew $((last_kb - first_kb)) kB after the first hour; home $bytes bytes of 50000000"
((found == planted && last_kb - first_kb <= 64 && bytes <= 51000000))
