#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil listen under faults at random: children killed, stopped and continued, the home folder taken away and brought back,
# configuration reloaded, model swapped; where this can be had also a full disk (root: a small tmpfs), a broker that is killed
# and stopped (mosquitto, and a program with MQTT), and a clock that is set (libfaketime, and a program that is not static).
# Every source must listen again, no event may be told twice, none may be missed by a source that was not touched, and the
# broker must get every event.
#   bench/listen_faults.sh PUPIL TONE_MODEL [FAULTS] [SEED]
set -euo pipefail
pupil=$(realpath "$1")
tone_model=$(realpath "$2")
faults=${3:-200}
RANDOM=${4:-1}
folder=$(mktemp -d)
child= broker= heard=
clean_up() {
  { kill -9 $child $broker $heard && wait; } 2>/dev/null || true
  cd /
  umount "$folder/home" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT
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
kinds=(kill stop pause clips reload swap)
mkdir home
if mount -t tmpfs -o size=64m tmpfs home 2>/dev/null; then kinds+=(disk); else echo "no full disk: not root"; fi
libraries=$(ldd "$pupil" 2>/dev/null || true)
clock=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -1)
if [[ -n $clock && $libraries == *libc.so* ]]; then kinds+=(clock); else clock= && echo "no clock that is set: no libfaketime, or a static program"; fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_broker() {
  mosquitto -c broker.conf 2>/dev/null &
  broker=$!
}
if [[ $libraries == *mosquitto* ]] && command -v mosquitto mosquitto_sub >/dev/null; then
  kinds+=(broker hang)
  mkdir kept
  printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous true" "user root" "log_type none" "persistence true" \
    "persistence_location $folder/kept/" "autosave_on_changes true" "autosave_interval 1" >broker.conf
  start_broker
  sleep 1
  mosquitto_sub -p "$port" -c -i faults -q 1 -t pupil/faults/events >messages.txt 2>/dev/null &
  heard=$!
else
  echo "no broker: mosquitto is not installed, or the program has no MQTT"
fi
{
  printf '[[model]]\npath = "tone.pupil"\n[events]\nmerge_gap_s = 0.5\n[[sink]]\nkind = "terminal"\n'
  printf '[[sink]]\nkind = "json"\npath = "events.jsonl"\n'
  [[ -z $broker ]] || printf '[[sink]]\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:%d,base=pupil/faults"\n' "$port"
  for name in calm a b; do
    printf '[[source]]\nname = "%s"\ninput = "cmd:exec env -u LD_PRELOAD python3 feed.py %s"\nstall_s = 2\n' $name $name
  done
} >listen.toml
echo "+0" >offset
LD_PRELOAD=$clock FAKETIME_TIMESTAMP_FILE=$folder/offset FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 \
  "$pupil" listen listen.toml >events.txt 2>log.txt &
child=$!
sleep 3
touched() { pgrep -f "feed.py [ab]$" -g "$(pgrep -d, -P "$child")" | shuf -n 1 --random-source=<(yes $RANDOM); } 2>/dev/null
swap=0
for ((i = 0; i < faults; ++i)); do
  kill -0 "$child" 2>/dev/null || { echo "FAILED: it crashed after $i faults"; tail -5 log.txt; exit 1; }
  victim=$(touched || true)
  case ${kinds[RANDOM % ${#kinds[@]}]} in
    kill) [[ -n $victim ]] && kill -9 "$victim" || true ;;
    stop) [[ -n $victim ]] && kill -STOP "$victim" || true ;;
    pause) [[ -n $victim ]] && { kill -STOP "$victim"; sleep 0.3; kill -CONT "$victim"; } 2>/dev/null || true ;;
    clips) if [[ -d home/clips ]]; then  # a file in its place refuses every clip
         mv home/clips home/away && touch home/clips 2>/dev/null || true
         sleep 0.5
         rm -rf home/clips
         mv -T home/away home/clips 2>/dev/null || { cp -rn home/away/. home/clips/ && rm -r home/away; }
       fi ;;
    reload) kill -HUP "$child" ;;
    swap) swap=$((1 - swap))
       cp "$([[ $swap == 1 ]] && echo next/tone.pupil || echo first.pupil)" part && mv part tone.pupil ;;
    disk) head -c 100M /dev/zero >home/filler 2>/dev/null || true
       sleep 0.5
       rm home/filler ;;
    clock) echo "$(((RANDOM % 2) * 2 - 1))" | awk -v s="$RANDOM" '{print ($1 > 0 ? "+" : "-") s % 7200}' >offset ;;
    broker) kill -9 "$broker" && wait "$broker" 2>/dev/null || true
       sleep 0.5
       start_broker ;;
    hang) kill -STOP "$broker" && sleep 1 && kill -CONT "$broker" ;;
  esac
  sleep 0.$((RANDOM % 8 + 1))
done
sleep 75  # the longest back-off
states=$(for name in calm a b; do grep "source $name:" log.txt | tail -1 | grep -o ': [a-z]*' | head -1; done | sort -u)
rounds=$(cat rounds.calm)
kill -TERM "$child"
wait "$child" || { echo "FAILED: exit code $?"; exit 1; }
doubles=$(grep -o '"id":"[^"]*"' events.jsonl | sort | uniq -d | wc -l)
told=$(grep -c . events.jsonl)
calm=$(awk '$2 == "calm" && !/begins/ {print $1}' events.txt | sort -u | wc -l)
restarts=$(grep -c ': waiting:' log.txt || true)
echo "$faults faults: $restarts restarts; states at the end:$states; calm: $rounds tones, $calm events; told twice: $doubles (${kinds[*]})"
unheard=0
if [[ -n $broker ]]; then
  sleep 2
  unheard=$(comm -23 <(grep -o '"id":"[^"]*"' events.jsonl | sort -u) <(grep -o '"id":"[^"]*"' messages.txt | sort -u) | wc -l)
  echo "of $told events the broker's subscriber got all but $unheard"
fi
# A swap while a tone goes on tells of it as two events: never fewer than there were.
[[ $states == ": listening" && $doubles == 0 && $unheard == 0 ]] && ((calm >= rounds))
