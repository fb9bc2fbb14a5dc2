#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What each part of the distillation brings the student, cross-validated: each of ESC-50's folds held out in turn, and the
# same settings for all. A table in Markdown at the end; stop it anywhere and run it again: it goes on.
#
#   bench/ladder.sh PROJECT FOLDER [RUNG...]         PROJECT as scripts/real.sh makes it, collected
#   SEEDS="1 2 3" FOLDS="1 2 3 4" EPOCHS=60 bench/ladder.sh build/real/esc50 build/ladder named refined
#
# Every rung is trained for the same number of steps on the windows of the folds that are not held out:
#   named_hard     the teacher's labels by name, hard labels alone
#   named          the same with its soft targets
#   refined_hard   refined labels ([label] refine), hard labels alone
#   refined        the same with their soft targets
#   backbone       the same from the backbone that ships instead of random weights
#   real           refined labels alone from that backbone, as scripts/real.sh has it
#   tiny           the same of size tiny, from random weights: no backbone of that size ships
#   given          given labels instead: what the network can learn at most from these recordings
# The teacher's own row is its clips by name, as every rung is judged against it. FOLDER/results.csv has a line a training.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
pupil=${PUPIL:-$(cd "$(dirname "$0")/.." && pwd)/build/release/pupil}
project=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
rungs=("${@:-named_hard named refined_hard refined backbone given}")
read -ra rungs <<<"${rungs[*]}"
seeds=${SEEDS:-1}
folds=${FOLDS:-1 2 3 4}
epochs=${EPOCHS:-60}
results=$out/results.csv
[[ -e $results ]] || echo "rung,fold,seed,epochs,teacher_by_name,int8,float,clips" >"$results"

# hold_out FOLD: a project of its own for each fold; its audio is linked, the catalogue copied.
hold_out() {
  local dir=$out/fold$1 map="" fold
  [[ -e $dir ]] && return
  for fold in 1 2 3 4; do
    [[ $fold == "$1" ]] && map+="\"$fold=test\", " || map+="\"$fold=train\", "
  done
  rm -rf "$out/making" && mkdir "$out/making"
  sqlite3 "$project/catalogue.db" ".backup '$out/making/catalogue.db'"
  cp -rl "$project/store" "$out/making/store" 2>/dev/null || cp -r "$project/store" "$out/making/"
  sed "0,/^\[\[source\]\]/s//&\nsplit_map = [${map%, }]/; s#^path = \"\.\./#path = \"$(dirname "$project")/#" \
    "$project/pupil.toml" >"$out/making/pupil.toml"
  set_keys "$out/making/pupil.toml" train "epochs=$epochs"
  "$pupil" --quiet collect "$out/making" >/dev/null
  mv "$out/making" "$dir"
}

# accuracy PROJECT SYSTEM: of the test clips, against given labels, in the last report.
accuracy() {
  python3 -c "import json, sys
part = json.load(open(sys.argv[1] + '/report/report.json'))['splits']['test']['clips_against_truth']
print(part['count'] if sys.argv[2] == 'count' else part[sys.argv[2]]['accuracy']['value'])" "$1" "$2"
}

# teacher_by_name FOLD: the share of the test clips that the teacher names right before anything is refined; no training.
teacher_by_name() {
  [[ -e $out/teacher$1 ]] && return
  set_keys "$out/fold$1/pupil.toml" label 'refine="off"'
  "$pupil" --quiet label "$out/fold$1" --split test --json |
    python3 -c "import json, sys; print(json.load(sys.stdin)['truth']['accuracy'])" >"$out/teacher$1.new"
  mv "$out/teacher$1.new" "$out/teacher$1"
}

for seed in $seeds; do
  for fold in $folds; do
    hold_out "$fold"
    teacher_by_name "$fold"
    dir=$out/fold$fold
    for rung in "${rungs[@]}"; do
      grep -q "^$rung,$fold,$seed,$epochs," "$results" && continue
      refine='"on"' alpha=0.1 embedding=1.0 doubtful=true given=false init='"none"' size='"small"'
      case $rung in
        named_hard) refine='"off"' alpha=1.0 ;;
        named) refine='"off"' ;;
        refined_hard) alpha=1.0 ;;
        refined) ;;
        backbone) init='"auto"' ;;
        real) alpha=1.0 embedding=0.0 doubtful=false init='"auto"' ;;
        tiny) alpha=1.0 embedding=0.0 doubtful=false size='"tiny"' ;;
        given) refine='"off"' alpha=1.0 given=true ;;
        *) echo "ladder: $rung: no rung of that name" >&2; exit 2 ;;
      esac
      set_keys "$dir/pupil.toml" label "refine=$refine"
      set_keys "$dir/pupil.toml" train "alpha=$alpha" "embedding=$embedding" "doubtful=$doubtful" "use_given_labels=$given" "init=$init" "size=$size"
      "$pupil" run "$dir" --seed "$seed" >"$out/$rung-$fold-$seed.log" 2>&1
      echo "$rung,$fold,$seed,$epochs,$(cat "$out/teacher$fold"),$(accuracy "$dir" int8),$(accuracy "$dir" float),$(accuracy "$dir" count)" >>"$results"
    done
  done
done

python3 - "$results" <<'PY'
import csv, statistics, sys
from collections import defaultdict
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
rungs = defaultdict(lambda: defaultdict(list))
for row in rows:
    rungs[row["rung"]][row["fold"]].append(100 * float(row["int8"]))
folds = sorted({row["fold"] for row in rows})
teacher = {row["fold"]: 100 * float(row["teacher_by_name"]) for row in rows if row["teacher_by_name"]}
print("| rung | " + " | ".join(f"fold {fold}" for fold in folds) + " | mean | of the teacher by name |")
print("|---" * (len(folds) + 3) + "|")
def line(name, of_fold):
    known = [fold for fold in folds if fold in of_fold]
    mean = statistics.mean(of_fold[fold] for fold in known)
    shared = [fold for fold in known if fold in teacher]
    kept = (100 * sum(of_fold[fold] for fold in shared) / sum(teacher[fold] for fold in shared)) if shared else None
    print(f"| {name} | " + " | ".join(f"{of_fold[fold]:.1f}" if fold in of_fold else "-" for fold in folds)
          + f" | {mean:.1f} | {f'{kept:.1f} %' if kept is not None else '-'} |")
if teacher:
    line("teacher, by name", teacher)
for rung, by_fold in rungs.items():
    line(rung + ", int8", {fold: statistics.mean(values) for fold, values in by_fold.items()})
PY
