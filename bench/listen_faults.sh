#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil listen under faults at random: children killed, stopped and continued, the home folder taken away and brought back,
# configuration reloaded, model swapped. Every source must listen again, no event may be told twice, none may be missed by a
# source that was not touched.
#   bench/listen_faults.sh PUPIL TONE_MODEL [FAULTS] [SEED]
set -euo pipefail
pupil=$(realpath "$1")
tone_model=$(realpath "$2")
faults=${3:-200}
RANDOM=${4:-1}
folder=$(mktemp -d)
trap 'kill -9 "$child" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
mkdir next
"$tone_model" .
"$tone_model" next 2
cp tone.pupil first.pupil
# In real time, a tone of 2 s every 12 s; source `calm` is left alone, and so must miss nothing.
cat >feed.py <<'PYTHON'
import sys, time
noise, tone = open("noise.raw", "rb").read(), open("tone.raw", "rb").read()
data = noise + tone + noise
start, sent, rounds = time.monotonic(), 0, 0
while True:
    for at in range(0, len(data), 3200):
        sys.stdout.buffer.write(data[at:at + 3200]); sys.stdout.buffer.flush(); sent += 3200
        time.sleep(max(0, start + sent / 32000 - time.monotonic()))
    rounds += 1
    open("rounds." + sys.argv[1], "w").write(str(rounds))
PYTHON
{
  printf '[[model]]\npath = "tone.pupil"\n[events]\nmerge_gap_s = 0.5\n'
  for name in calm a b; do
    printf '[[source]]\nname = "%s"\ninput = "cmd:exec python3 feed.py %s"\nstall_s = 2\n' $name $name
  done
} >listen.toml
"$pupil" listen listen.toml >events.txt 2>log.txt &
child=$!
sleep 3
touched() { pgrep -f "feed.py [ab]$" -g "$(pgrep -d, -P "$child")" | shuf -n 1 --random-source=<(yes $RANDOM); }
swap=0
for ((i = 0; i < faults; ++i)); do
  kill -0 "$child" 2>/dev/null || { echo "FAILED: it crashed after $i faults"; tail -5 log.txt; exit 1; }
  victim=$(touched || true)
  case $((RANDOM % 6)) in
    0) [[ -n $victim ]] && kill -9 "$victim" || true ;;
    1) [[ -n $victim ]] && kill -STOP "$victim" || true ;;
    2) [[ -n $victim ]] && { kill -STOP "$victim"; sleep 0.3; kill -CONT "$victim"; } 2>/dev/null || true ;;
    3) if [[ -d home/clips ]]; then  # a file in its place refuses every clip
         mv home/clips away && touch home/clips 2>/dev/null || true
         sleep 0.5
         rm -rf home/clips
         mv -T away home/clips 2>/dev/null || { cp -rn away/. home/clips/ && rm -r away; }
       fi ;;
    4) kill -HUP "$child" ;;
    5) swap=$((1 - swap))
       cp "$([[ $swap == 1 ]] && echo next/tone.pupil || echo first.pupil)" part && mv part tone.pupil ;;
  esac
  sleep 0.$((RANDOM % 8 + 1))
done
sleep 75  # the longest back-off
states=$(for name in calm a b; do grep "source $name:" log.txt | tail -1 | grep -o ': [a-z]*' | head -1; done | sort -u)
rounds=$(cat rounds.calm)
kill -TERM "$child"
wait "$child" || { echo "FAILED: exit code $?"; exit 1; }
doubles=$(awk '/ begins$/ {print $1, $2}' events.txt | sort | uniq -d | wc -l)
calm=$(awk '$2 == "calm" && !/begins/ {print $1}' events.txt | sort -u | wc -l)
restarts=$(grep -c ': waiting:' log.txt || true)
echo "$faults faults: $restarts restarts; states at the end:$states; calm: $rounds tones, $calm events; told twice: $doubles"
# A swap while a tone goes on tells of it as two events: never fewer than there were.
[[ $states == ": listening" && $doubles == 0 ]] && ((calm >= rounds))
