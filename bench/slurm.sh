#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same project by one process, by four shards on this machine, and by four shards under a Slurm that is started for it, one of whose
# label shards is killed: what each takes, and whether catalogue, labels, training set and student are the same.
#   bench/slurm.sh [FOLDER]      EPOCHS=2 SHARDS=4 PUPIL=build/release/pupil SHARED=../shared
# ESC-50's 1,600 clips, labelled by EfficientAT mn04 (scripts/real.sh), a `tiny` student for a few epochs. Needs root and the packages
# that bench/slurm_here.sh names; without them the part of Slurm is skipped aloud. Run again, it does what is not done.
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$(realpath "${PUPIL:-build/release/pupil}")
shared=$(realpath "${SHARED:-../shared}")
out=${1:-build/slurm}
shards=${SHARDS:-4}
mkdir -p "$out"
out=$(realpath "$out")
. bench/slurm_here.sh

make() {
  rm -rf "$1"
  "$pupil" init "$1" --preset esc50 --source "$shared/data/esc50" >/dev/null
  python3 - "$1/pupil.toml" "$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt" "${EPOCHS:-2}" <<'P'
import re, sys
path, tagger, epochs = sys.argv[1:]
text = open(path).read()
def put(section, lines):
    global text
    for line in lines.splitlines():
        text = re.sub(rf"(?m)^#?{re.escape(line.split(' = ')[0])} = .*\n", "", text, count=0) if section == "train" else text
    text = text.replace(f"[{section}]\n", f"[{section}]\n{lines}\n", 1)
put("teacher", f'model = "{tagger}"\ninput = "clip"')
put("label", "accept = 0.5\nmargin = 0.1\nbroad_negatives = false")
put("train", f'size = "tiny"\nepochs = {epochs}\nbatch = 32')
open(path, "w").write(text)
P
}

# timed NAME COMMAND...: wall and CPU seconds of everything it waited for, to NAME.time.
timed() {
  local name=$1
  shift
  python3 - "$out/$name.time" "$@" <<'P'
import resource, subprocess, sys, time
start = time.time()
code = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if code == 0: open(sys.argv[1], "w").write(f"{time.time() - start:.0f} {used.ru_utime + used.ru_stime:.0f}\n")
sys.exit(code)
P
}

# All that stages decide, with its ids; not when, nor by which run.
rows() {
  python3 - "$1" <<'P'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/catalogue.db")
for table in ("sources", "recordings", "clips", "truths", "set_aside", "views", "levels", "fingerprints", "judgements", "windows",
              "window_embeddings", "view_embeddings", "scores", "labels", "skips", "configs"):
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if (table, row[1]) != ("configs", "used")]
    digest, count = hashlib.sha256(), 0
    for row in db.execute("SELECT {} FROM {} ORDER BY 1, 2".format(", ".join(f'"{n}"' for n in names), table)):
        digest.update(repr(row).encode()); count += 1
    print(table, count, digest.hexdigest())
P
}

if [[ ! -e $out/one.time ]]; then
  make "$out/one"
  timed one "$pupil" --quiet run "$out/one" --until train
fi
if [[ ! -e $out/local.time ]]; then
  make "$out/local"
  timed local "$pupil" --quiet submit "$out/local" --local "$shards" --until train
fi
if [[ -e $out/slurm.time ]]; then
  :
elif ! command -v slurmctld >/dev/null || ((EUID != 0)); then
  echo "slurm: skipped, not installed or not root"
else
  make "$out/slurm"
  trap stop_slurm EXIT
  rm -rf "$out/cluster"
  start_slurm "$out/cluster" "$shards"
  begin=$(date +%s)
  "$pupil" submit "$out/slurm" --slurm --shards "$shards" --until train
  killed=
  while [[ -n $(squeue --noheader) ]]; do
    # The first label shard that is at work dies once, as by the kernel's killer of memory hogs.
    if [[ -z $killed && -e $out/slurm/shards/plan.json && -e $out/slurm/shards/1/progress.json ]] &&
      grep -q '"stage": "label"' "$out/slurm/shards/plan.json"; then
      process=$(python3 -c 'import json,sys; p = json.load(open(sys.argv[1])); print(p["process"] if p["done"] > 20 else "")' "$out/slurm/shards/1/progress.json")
      [[ -z $process ]] || { kill -KILL "$process" && killed=$process && echo "killed label shard 1/$shards (process $process)"; }
    fi
    sleep 0.5
  done
  echo "$(($(date +%s) - begin)) -" >"$out/slurm.time"
  sacct_states=$(for id in $(python3 -c 'import json,sys; print(*json.load(open(sys.argv[1])).values())' "$out/slurm/submit/jobs.json"); do
    scontrol show job "$id" 2>/dev/null | grep -oE 'JobName=[^ ]*|JobState=[^ ]*' | paste -sd' '; done)
  echo "$sacct_states"
  [[ -n $killed ]] || echo "no shard was killed: it was too quick"
fi

rows "$out/one" >"$out/one.rows"
printf '\n| | wall, s | CPU, s | catalogue (16 tables) | float student |\n|---|---|---|---|---|\n'
for name in one local slurm; do
  [[ -e $out/$name.time ]] || continue
  read -r wall cpu <"$out/$name.time"
  rows "$out/$name" >"$out/$name.rows"
  same=equal; cmp -s "$out/one.rows" "$out/$name.rows" || same=DIFFERENT
  student=equal; cmp -s "$out/one/train/checkpoint.safetensors" "$out/$name/train/checkpoint.safetensors" || student=DIFFERENT
  echo "| $name | $wall | $cpu | $same | $student |"
done
