#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a model of three classes makes of sounds that nobody named: random triples of ESC-50's classes, learned from an
# unlabelled heap of three folds, judged on the fourth with all its classes present. Stop it anywhere and run it again: it
# goes on. FOLDER/results.csv has a line a training; a table at the end.
#
#   bench/open_world.sh SHARED FOLDER [ARM...]       SHARED/data/esc50, SHARED/weights
#   TRIPLES="1 2 3" SEEDS="1" FOLDS="4" TEACHERS="mn04" EPOCHS=60 SIZE=small HEAP=all bench/open_world.sh ../shared build/open-world
#
# Arms: before      neither groups nor bank; thresholds for a precision of 0.8
#       negatives   broad groups beside the classes; thresholds as before
#       bank        the bank of negatives as well
#       thresholds  thresholds for one false alarm an hour as well: the defaults
#       ten         the same for ten an hour
# TRIPLES: 0 is dog, crying_baby and glass_breaking; others are random.
# HEAP: all (every clip of the training folds), eight (those of the triple and five more classes), alone (the triple's).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pupil=${PUPIL:-$here/../build/release/pupil}
shared=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
arms=("${@:-before negatives bank thresholds ten}")
read -ra arms <<<"${arms[*]}"
epochs=${EPOCHS:-60}
size=${SIZE:-small}
heap=${HEAP:-all}
results=$out/results.csv
[[ -e $results ]] || echo "teacher,heap,triple,fold,seed,arm,size,epochs,classes,auc,recall,false_alarms_per_hour,per_class" >"$results"

arm_export() {
  case $1 in
    thresholds) echo ;;
    ten) echo 'target_false_alarms_per_hour = 10' ;;
    *) echo 'target = "precision"' ;;
  esac
}

arm_label() {
  case $1 in
    before) echo 'broad_negatives = false' ;;
    negatives) echo 'negative_bank = ""' ;;
    *) echo ;;
  esac
}

# One catalogue for each teacher, fold and heap, embedded once; projects are copies of it.
base_project() {
  local teacher=$1 fold=$2 triple=$3 dir=$out/base-$1-$2-$heap
  [[ $heap == all ]] || dir=$dir-$3
  base=$dir
  [[ -e $dir/done ]] && return
  rm -rf "$dir" && mkdir -p "$dir"
  python3 "$here/open_world/project.py" "$shared" "$dir" --heap "$heap" --triple "$triple" --fold "$fold" \
    --teacher "$teacher" --label "broad_negatives = false"
  "$pupil" --quiet collect "$dir" >/dev/null
  "$pupil" --quiet label "$dir" >/dev/null
  touch "$dir/done"
}

one() {
  local teacher=$1 triple=$2 fold=$3 seed=$4 arm=$5
  local key="$teacher,$heap,$triple,$fold,$seed,$arm,$size,$epochs,"
  grep -qF "$key" "$results" && return
  local dir=$out/$teacher-$heap-$triple-$fold-$seed-$arm
  base_project "$teacher" "$fold" "$triple"
  if [[ ! -e $dir/pupil.toml ]]; then
    rm -rf "$dir.making" && mkdir "$dir.making"
    sqlite3 "$base/catalogue.db" ".backup '$dir.making/catalogue.db'"
    cp -rl "$base/store" "$dir.making/store"
    python3 "$here/open_world/project.py" "$shared" "$dir.making" --heap "$heap" --triple "$triple" --fold "$fold" \
      --teacher "$teacher" --label "$(arm_label "$arm")" --train "epochs = $epochs
size = \"$size\"
seed = $seed" --export "$(arm_export "$arm")"
    mv "$dir.making" "$dir"
  fi
  # Arms that differ in thresholds alone share their training.
  local twin
  for twin in "$out/$teacher-$heap-$triple-$fold-$seed"-{bank,thresholds}/train; do
    if [[ ($arm == thresholds || $arm == ten) && ! -e $dir/train && -e $twin/student.safetensors ]]; then cp -r "$twin" "$dir/train"; fi
  done
  "$pupil" --quiet run "$dir" --from label --until export >"$dir/run.log" 2>&1
  python3 "$here/open_world/judge.py" "$pupil" "$shared" "$dir" --triple "$triple" --fold "$fold" |
    sed "s/^/$key/" >>"$results"
}

for teacher in ${TEACHERS:-mn04 clap-nano}; do
  for fold in ${FOLDS:-4}; do
    for triple in ${TRIPLES:-1 2 3 4 5 6 7 8 9 10}; do
      for seed in ${SEEDS:-1 2 3}; do
        for arm in "${arms[@]}"; do one "$teacher" "$triple" "$fold" "$seed" "$arm"; done
      done
    done
  done
done
python3 "$here/open_world/table.py" "$results"
