#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What refinement does to the teachers' labels, in Markdown tables:
#
#   bench/labels.sh ESC50_PROJECT [DOGS_PROJECT]
#
# Projects as scripts/real.sh makes them, collected and labelled once; their pupil.toml is left as it was. Each of
# ESC-50's folds is held out in turn: prototypes are learned from the other three, and the fold is scored as new audio
# is. Of the dogs the val split judges (it is learned from, without its labels), never test.
set -euo pipefail
source "$(dirname "$0")/settings.sh"
pupil=${PUPIL:-$(cd "$(dirname "$0")/.." && pwd)/build/release/pupil}
esc50=$(cd "$1" && pwd)
cp "$esc50/pupil.toml" "$esc50/pupil.toml.kept"
trap 'mv "$esc50/pupil.toml.kept" "$esc50/pupil.toml"' EXIT

# hold_out FOLD: it is test, the others train.
hold_out() {
  local map="" fold
  for fold in 1 2 3 4; do
    [[ $fold == "$1" ]] && map+="\"$fold=test\", " || map+="\"$fold=train\", "
  done
  sed "0,/^\[\[source\]\]/s//&\nsplit_map = [${map%, }]/" "$esc50/pupil.toml.kept" >"$esc50/pupil.toml"
  "$pupil" --quiet collect "$esc50" >/dev/null
}

# figures PROJECT SPLIT EXPRESSION: of the report on one split, after labelling; `r` is its JSON.
figures() {
  "$pupil" --quiet label "$1" --split "$2" --json |
    python3 -c "import json, sys; r = json.load(sys.stdin); t = r.get('truth', {}); c = r['classes']
total = lambda key: sum(row[key] for row in c)
print($3)"
}
accuracy='"%.1f" % (100 * t["accuracy"])'
agreement='"%.1f" % (100 * r["refinement"]["agreement"])'

echo "| held out | held out, by name % | refined % | learned from, by name % | refined % | keep their class % |"
echo "|---|---|---|---|---|---|"
for fold in 1 2 3 4; do
  hold_out "$fold"
  set_keys "$esc50/pupil.toml" label 'refine="off"'
  named=$(figures "$esc50" test "$accuracy") named_learned=$(figures "$esc50" train "$accuracy")
  set_keys "$esc50/pupil.toml" label 'refine="auto"'
  echo "| fold $fold | $named | $(figures "$esc50" test "$accuracy") | $named_learned |" \
    "$(figures "$esc50" train "$accuracy") | $(figures "$esc50" train "$agreement") |"
done

echo
echo "| given labels a class | fold 1 % | 2 | 3 | 4 |"
echo "|---|---|---|---|---|"
for given in 0 1 2 4 8 24; do
  row="| $given |"
  for fold in 1 2 3 4; do
    hold_out "$fold"
    set_keys "$esc50/pupil.toml" label 'refine="auto"' "fixed_per_class=$given"
    row+=" $(figures "$esc50" test "$accuracy") |"
  done
  echo "$row"
done

# Windows of folds 1 to 3, each scored by prototypes of the other folds; fold 4 judges no threshold.
echo
echo "| accept | margin | by name: accepted % | of them right % | refined: accepted % | of them right % |"
echo "|---|---|---|---|---|---|"
counts='total("accepted_right"), total("accepted_with_truth"), r["labelled"] - r["verdicts"]["background"]'
for thresholds in "0.2 0" "0.3 0.1" "0.35 0.1" "0.4 0.1" "0.5 0.1" "0.6 0.2" "0.7 0.2" "0.8 0.2"; do
  row="| ${thresholds/ / | } |"
  for refine in off auto; do
    for fold in 1 2 3; do
      hold_out "$fold"
      set_keys "$esc50/pupil.toml" label "refine=\"$refine\"" "accept=${thresholds% *}" "margin=${thresholds#* }"
      figures "$esc50" test "$counts"
    done >"$esc50/.counts"
    row+=$(awk '{right += $1; accepted += $2; all += $3}
                END {printf " %.1f | %.1f |", 100 * accepted / all, 100 * right / accepted}' "$esc50/.counts")
  done
  echo "$row"
done
rm -f "$esc50/.counts"

[[ $# -lt 2 ]] && exit
dogs=$(cd "$2" && pwd)
cp "$dogs/pupil.toml" "$dogs/pupil.toml.kept"
trap 'mv "$esc50/pupil.toml.kept" "$esc50/pupil.toml"; mv "$dogs/pupil.toml.kept" "$dogs/pupil.toml"' EXIT
echo
echo "| dogs, val | accuracy % | balanced % | any dog, AUC |"
echo "|---|---|---|---|"
for refine in off auto; do
  set_keys "$dogs/pupil.toml" label "refine=\"$refine\""
  figures "$dogs" val \
    "f\"| $refine | {100 * t['accuracy']:.1f} | {100 * t['balanced_accuracy']:.1f} | {t['any_class_auc']:.3f} |\""
done
