#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a source costs pupil listen in real time: processor time for one and for many sources, memory, and how many one core
# would carry; with a program for the Pi also the instructions for a second of audio, counted under qemu.
#   bench/listen_cost.sh PUPIL MODEL [SOURCES] [SECONDS] [PI_PUPIL]
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
pupil=$(realpath "$1")
model=$(realpath "$2")
sources=${3:-32}
length_s=${4:-60}
pi=${5:+$(realpath "$5")}
folder=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
# One program feeds all of them: noise in real time, in blocks of 100 ms.
cat >feed.py <<'PY'
import os, random, sys, time
pipes = [open(f"source{i}", "wb", buffering=0) for i in range(int(sys.argv[1]))]
random.seed(1)
noise = [random.randbytes(3200) for _ in range(64)]
begin = time.monotonic()
for n in range(1, 1 << 30):
    time.sleep(max(0, begin + n / 10 - time.monotonic()))
    for pipe in pipes:
        pipe.write(noise[n % 64])
PY
# ticks PID: processor time of the program alone, not of its children.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

measure() {
  local count=$1 before after
  for ((i = 0; i < count; ++i)); do mkfifo "source$i"; done
  {
    printf '[[model]]\npath = "%s"\n' "$model"
    for ((i = 0; i < count; ++i)); do printf '[[source]]\nname = "s%d"\ninput = "cmd:exec cat source%d"\n' "$i" "$i"; done
  } >listen.toml
  "$pupil" listen listen.toml >/dev/null 2>log.txt &
  children=($!)
  python3 feed.py "$count" 2>/dev/null &
  children+=($!)
  sleep 5
  before=$(ticks "${children[0]}")
  sleep "$length_s"
  after=$(ticks "${children[0]}")
  awk -v n="$count" -v t="$((after - before))" -v s="$length_s" -v hz="$(getconf CLK_TCK)" \
    -v kb="$(awk '/^VmRSS/ {print $2}' "/proc/${children[0]}/status")" 'BEGIN {
      share = t / hz / s
      printf "%3d sources: %.2f %% of a core, %.3f %% each", n, 100 * share, 100 * share / n
      if (share > 0) printf ", %d on one core", n / share
      printf "; %.1f MB resident\n", kb / 1024 }'
  [[ $(grep -c ': listening' log.txt) == "$count" ]] || { echo "FAILED: not all sources were listening" >&2; exit 1; }
  kill "${children[@]}" && wait "${children[@]}" 2>/dev/null || true
  children=()
  rm -f source*
}

measure 1
measure "$sources"
if [[ -n $pi ]]; then
  g++ -O2 -shared -fPIC "$repository/bench/icount.cpp" -o icount.so
  # instructions SECONDS
  instructions() {
    head -c $(($1 * 32000)) /dev/urandom >noise.raw
    ICOUNT_OUT=count.txt qemu-aarch64 -cpu cortex-a72 -plugin ./icount.so "$pi" listen "$model" --source - \
      <noise.raw >/dev/null 2>log.txt
    cat count.txt
  }
  short=$(instructions 20)
  long=$(instructions 40)
  awk -v n="$(((long - short) / 20))" 'BEGIN { printf "%.1f million instructions of a Cortex-A72 for a second of audio\n", n / 1e6 }'
fi
