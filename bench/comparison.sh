#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures what the project's origin claims, table by table, and writes the page. Stop it anywhere and run it again: it
# goes on. FOLDER/results.jsonl has a line a training; a table that is not finished is published with the lines that are.
#
#   bench/comparison.sh PROJECT SHARED FOLDER [TABLE...]   PROJECT as scripts/real.sh makes it of ESC-50; SHARED/data/esc50
#   SEEDS="1 2 3" EPOCHS=60 bench/comparison.sh build/real/esc50 ../shared build/comparison general separation
#
# Tables: general      published models and classical baselines beside the teacher: nothing that takes hours
#         systems      the same with every student of `pupil compare`
#         separation   mixtures at SNRS dB: learned as they are, separated, both, or (oracle) from the clean sounds
#         hours        SHARES of the training recordings, at an equal number of steps
#         label-noise  given labels of which NOISES are replaced by other classes
#         sizes        tiny, small, base
#         page         FOLDER/comparison.md and its plots, from what is there (also done at the end)
# GENERAL: files of published models, by default those of SHARED/weights.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/settings.sh"
pupil=${PUPIL:-$here/../build/release/pupil}
project=$(cd "$1" && pwd)
shared=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
shift 3
tables=("${@:-general separation hours label-noise sizes page}")
read -ra tables <<<"${tables[*]}"
read -ra general <<<"${GENERAL:-$shared/weights/yamnet/yamnet_spectra_in.tflite $shared/weights/stm32_yamnet256/yamnet_256_esc10_int8.tflite $shared/weights/vggish/vggish.pth}"
epochs=${EPOCHS:-60}
results=$out/results.jsonl
touch "$results"

# is_there TABLE SERIES X SEED: whether results has that line.
is_there() {
  grep -qF "\"table\": \"$1\", \"series\": \"$2\", \"x\": \"$3\", \"seed\": $4, " "$results"
}

# note TABLE SERIES X SEED REPORT SPLIT: adds the accuracy of the int8 student in a report as a line.
note() {
  python3 - "$@" >>"$results" <<'PY'
import json, sys
table, series, x, seed, report, split = sys.argv[1:]
figures = json.load(open(report))["splits"][split]["clips_against_truth"]["int8"]["accuracy"]
print(json.dumps({"table": table, "series": series, "x": x, "seed": int(seed), "accuracy": figures["value"],
                  "low": figures["low"], "high": figures["high"], "command": f"bench/comparison.sh PROJECT SHARED FOLDER {table.removesuffix('-clean')}"}))
PY
}

# make_project DIR INDEX: PROJECT's settings on the recordings of an index.
make_project() {
  [[ -e $1/pupil.toml ]] && return
  rm -rf "$1.making" && mkdir -p "$1.making"
  python3 - "$project/pupil.toml" "$2" >"$1.making/pupil.toml" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
block = re.search(r"^\[\[source\]\]\n(?:\w+ = .*\n)+", text, flags=re.M)
print(text[:block.start()] + f'[[source]]\ncsv = "{sys.argv[2]}"\n' + text[block.end():], end="")
PY
  # Of an eighth of the recordings a class may have no accepted window.
  set_keys "$1.making/pupil.toml" train "epochs=$epochs" absent_classes=true
  mv "$1.making" "$1"
}

# esc50_index OUT SHARE NOISE SEED: ESC-50's table with paths, of the training recordings (folds 1 to 3) a share, and of their labels
# a share replaced. Test clips (fold 4) stay as they are. What is kept of a smaller share is kept of a larger one.
esc50_index() {
  [[ -e $1 ]] && return
  python3 - "$shared/data/esc50" "$@" <<'PY'
import csv, fractions, hashlib, os, sys
root, out, share, noise, seed = sys.argv[1:]
share, noise = fractions.Fraction(share), fractions.Fraction(noise)
def draw(*words):
    return int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:8], "big") / 2**64
rows = list(csv.DictReader(open(f"{root}/esc50.csv", newline="")))
here = {os.path.splitext(name)[0]: name for name in os.listdir(f"{root}/audio")}
labels = sorted({row["category"] for row in rows})
with open(out + ".making", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["path", "label", "group", "split"])
    for row in rows:
        name = here.get(os.path.splitext(row["filename"])[0])
        if name is None or row["fold"] not in "1234":
            continue
        split = "test" if row["fold"] == "4" else "train"
        label = row["category"]
        if split == "train" and draw(seed, "kept", row["src_file"]) >= share:
            continue
        if split == "train" and draw(seed, "noise", row["src_file"]) < noise:
            others = [other for other in labels if other != label]
            label = others[int(draw(seed, "label", row["src_file"]) * len(others))]
        writer.writerow([f"{root}/audio/{name}", label, row["src_file"], split])
os.rename(out + ".making", out)
PY
}

# run DIR SEED: all stages; what is done is not done again.
run() {
  "$pupil" --quiet run "$1" --seed "$2" >"$1/run-$2.log" 2>&1
}

# judge DIR INDEX TABLE SERIES X SEED: the exported student on the test clips of an index.
judge() {
  "$pupil" --quiet evaluate "$1"/model/*.pupil --data "$2" --split test --json >"$1/judged.json" 2>"$1/judge.log"
  note "$3" "$4" "$5" "$6" "$1/judged.json" data
}

separation() {
  local seed snr arm dir
  for seed in ${SEEDS:-1}; do
    for snr in ${SNRS:-10 5 0 -5}; do
      "$pupil" mix "$shared/data/esc50" "$out/mixed$snr" --snr="$snr" --seed 1 >/dev/null
      for arm in original separated both oracle; do
        is_there separation-clean "$arm" "$snr" "$seed" && continue
        dir=$out/separation$snr-$arm
        make_project "$dir" "$out/mixed$snr/$([[ $arm == oracle ]] && echo clean || echo noisy).csv"
        [[ $arm == separated || $arm == both ]] && set_keys "$dir/pupil.toml" separate "mode=\"$arm\""
        run "$dir" "$seed"
        is_there separation "$arm" "$snr" "$seed" || judge "$dir" "$out/mixed$snr/noisy.csv" separation "$arm" "$snr" "$seed"
        judge "$dir" "$out/mixed$snr/clean.csv" separation-clean "$arm" "$snr" "$seed"
      done
    done
  done
}

# learned TABLE SERIES X SEED SHARE NOISE KEY=VALUE...: a student on ESC-50's recordings with settings of [train].
learned() {
  is_there "$1" "$2" "$3" "$4" && return
  local dir=$out/$1-${2// /-}-${3//\//-of-}
  esc50_index "$out/esc50-${5//\//-of-}-$6.csv" "$5" "$6" 1
  make_project "$dir" "$out/esc50-${5//\//-of-}-$6.csv"
  set_keys "$dir/pupil.toml" train "${@:7}"
  run "$dir" "$4"
  note "$1" "$2" "$3" "$4" "$dir/report/report.json" test
}

# At an equal number of steps: of half the recordings twice the epochs, or the smaller shares would only have been trained for less.
hours() {
  local seed share part whole length hard=(alpha=1.0 embedding=0.0 doubtful=false) soft=(alpha=0.1 embedding=1.0 doubtful=true)
  for seed in ${SEEDS:-1}; do
    for share in ${SHARES:-1/8 1/4 1/2 1}; do
      IFS=/ read -r part whole <<<"$share"
      length="epochs=$((epochs * ${whole:-1} / part))"
      learned hours "hard labels alone" "$share" "$seed" "$share" 0 'init="none"' "$length" "${hard[@]}"
      learned hours "soft targets" "$share" "$seed" "$share" 0 'init="none"' "$length" "${soft[@]}"
      learned hours "hard labels alone, backbone" "$share" "$seed" "$share" 0 'init="auto"' "$length" "${hard[@]}"
      learned hours "soft targets, backbone" "$share" "$seed" "$share" 0 'init="auto"' "$length" "${soft[@]}"
    done
  done
}

label_noise() {
  local seed noise
  for seed in ${SEEDS:-1}; do
    for noise in ${NOISES:-0 0.1 0.2 0.4}; do
      learned label-noise "given labels" "$noise" "$seed" 1 "$noise" 'init="none"' use_given_labels=true alpha=1.0 embedding=0.0 doubtful=false
      learned label-noise "given labels and soft targets" "$noise" "$seed" 1 "$noise" 'init="none"' use_given_labels=true alpha=0.5
    done
  done
}

sizes() {
  local seed size
  for seed in ${SEEDS:-1}; do
    for size in tiny small base; do learned sizes "from random weights" "$size" "$seed" 1 0 'init="none"' "size=\"$size\""; done
  done
}

# compare [--only ROWS]: the table of systems, and the page from all that is there.
compare() {
  local seed_count
  seed_count=$(wc -w <<<"${SEEDS:-1}")
  "$pupil" compare "$project" --seeds "$seed_count" --general "${general[@]}" --page "$out/comparison.md" --results "$results" "$@" >/dev/null
  printf '%s\n' "$@" >"$out/compared"
}

# page: with the systems that were compared last; models are embedded anew, students are not trained anew.
page() {
  local last=()
  [[ -s $out/compared ]] && mapfile -t last < <(grep . "$out/compared" || true)
  [[ -e $out/compared ]] || last=(--only general baselines)
  compare "${last[@]}"
}

for table in "${tables[@]}"; do
  case $table in
    general) compare --only general baselines ;;
    systems) compare ;;
    separation) separation ;;
    hours) hours ;;
    label-noise) label_noise ;;
    sizes) sizes ;;
    page) page ;;
    *) echo "comparison: $table: not one of general, systems, separation, hours, label-noise, sizes, page" >&2; exit 2 ;;
  esac
done
[[ ${tables[-1]} == page || ${tables[-1]} == general || ${tables[-1]} == systems ]] || page
echo "$out/comparison.md"
