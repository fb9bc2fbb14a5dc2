#!/usr/bin/env bash
# The whole way on real recordings: ESC-50 with its 50 classes, and dogs against the rest, labelled by EfficientAT (and
# clap-nano beside it where that is built in); figures go to docs/results.md.
#   scripts/real.sh [FOLDER]       where the projects lie, default build/real
#   SEED=2 EPOCHS=60 scripts/real.sh ...
# Needs ../shared (or $PUPIL_SHARED). Stop it anywhere and run it again: it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
shared=$(realpath "${PUPIL_SHARED:-../shared}")
out=${1:-build/real}
seed=${SEED:-1}
epochs=${EPOCHS:-60}
tagger=$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt
[[ -f $tagger ]] || { echo "real.sh: $tagger is not here" >&2; exit 1; }
mkdir -p "$out"

# teacher_lines WEIGHT: the tagger alone, or with the built-in CLAP beside it, which counts for WEIGHT.
teacher_lines() {
  if "$pupil" models list | grep -E '^clap-nano .*built in' >/dev/null; then
    echo "ensemble = [{model = \"$tagger\"}, {model = \"clap-nano\", weight = $1}]"
  else
    echo "model = \"$tagger\""
  fi
}

# set_section DIR SECTION LINES: puts settings at the head of a section of pupil.toml.
set_section() {
  SETTINGS=$3 awk -v section="[$2]" '{print} $0 == section {print ENVIRON["SETTINGS"]}' "$1/pupil.toml" >"$1/pupil.toml.new"
  mv "$1/pupil.toml.new" "$1/pupil.toml"
}

# given DIR CLASS LABEL...: which given labels mean a class.
given() {
  local file=$1/pupil.toml class=$2 list
  shift 2
  list=$(printf '"%s", ' "$@")
  LIST="given = [${list%, }]" awk -v name="name = \"$class\"" '{print} $0 == name {print ENVIRON["LIST"]}' "$file" >"$file.new"
  mv "$file.new" "$file"
}

make_esc50() {
  "$pupil" init "$1" --preset esc50 --source "$shared/data/esc50" >/dev/null
  set_section "$1" teacher "$(teacher_lines 0.2)
hears = \"clip\""
  set_section "$1" label "accept = 0.35
margin = 0.1"
  set_section "$1" train "epochs = $epochs
embedding = 1.0
doubtful = true"
}

# Labels of trust A to C; whine and yelp are one class: the teacher hardly tells them apart, and names few of either.
make_dogs() {
  mkdir -p "$1"
  python3 - "$shared/data/dogs/index.csv" "$1/index.csv" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
with open(sys.argv[2], "w", newline="") as out:
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(row for row in rows if row["label_trust"] != "D")
PY
  "$pupil" init "$1" --preset dogs >/dev/null
  python3 - "$1/pupil.toml" "$shared/data/dogs" <<'PY'
import re, sys
path, root = sys.argv[1:]
text = open(path).read()
text = re.sub(r'\[\[class\]\]\nname = "yelp".*?(?=\[\[class\]\])', "", text, flags=re.S)
text = text.replace('audioset = ["Whimper (dog)"]', 'audioset = ["Whimper (dog)", "Yip"]')
source = f'''any_class = ["dog_mixed", "dog_unspecified"]

[[source]]
csv = "index.csv"
root = "{root}"
label_column = "our_label"
group_column = "recording_group"
split_column = "split"
licence_column = "licence"
source_column = "source_repo"

[[class]]'''
open(path, "w").write(text.replace("[[class]]", source, 1))
PY
  given "$1" growl growl_play
  given "$1" whine yelp
  given "$1" speech neg/speech neg/speech_tts
  given "$1" person 'neg/human_*' neg/baby_cry neg/unknown_baby neg/us_children_playing
  given "$1" music neg/music neg/unknown_music neg/us_street_music
  given "$1" "other animal" neg/cat neg/bird neg/guinea_pig neg/fox neg/whale
  given "$1" vehicle neg/us_car_horn neg/us_siren neg/us_engine_idling
  given "$1" household neg/household_misc neg/doorbell neg/door_knock neg/footsteps neg/unknown_dishes \
    neg/us_air_conditioner neg/us_drilling neg/us_jackhammer neg/squeaky_toy neg/dog_door_scratch
  given "$1" quiet neg/background
  set_section "$1" teacher "$(teacher_lines 0.5)
hears = \"clip\""
  set_section "$1" label "accept = 0.25
margin = 0.05
reject = 0.1"
  set_section "$1" train "epochs = $((epochs * 4))
embedding = 1.0
doubtful = true"
}

for project in esc50 dogs; do
  [[ -e $out/$project/pupil.toml ]] || "make_$project" "$out/$project"
  "$pupil" run "$out/$project" --seed "$seed"
done
scripts/results_table.py docs/results.md "SEED=$seed EPOCHS=$epochs scripts/real.sh" "$out/esc50/report/report.json" "$out/dogs/report/report.json"
echo "docs/results.md has the figures"
