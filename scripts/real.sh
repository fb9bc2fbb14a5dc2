#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole way on real recordings: ESC-50 with its 50 classes, and dogs against the rest, labelled by EfficientAT (the dogs with
# clap-nano beside it where that is built in); figures go to docs/results.md.
#   scripts/real.sh [FOLDER]       where the projects lie, default build/real
#   SEED=2 EPOCHS=50 PROJECTS=dogs RESULTS=page.md scripts/real.sh ...
# Needs the recordings and weights of scripts/fetch_data.sh (build/data), or a folder of the same form in $PUPIL_SHARED. Stop it anywhere and run it again: it goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$PWD/build/release/pupil
shared=$(realpath "${PUPIL_SHARED:-$([[ -d build/data ]] && echo build/data || echo ../shared)}")
out=${1:-build/real}
seed=${SEED:-1}
epochs=${EPOCHS:-50}
tagger=$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt
[[ -f $tagger ]] || { echo "real.sh: $tagger is not here" >&2; exit 1; }
mkdir -p "$out"

# The tagger alone, or with the built-in CLAP beside it.
dog_teacher() {
  if "$pupil" models list | grep -E '^clap-nano .*built in' >/dev/null; then
    echo "ensemble = [{model = \"$tagger\"}, {model = \"clap-nano\", weight = 0.5}]"
  else
    echo "model = \"$tagger\""
  fi
}

# set_section DIR SECTION LINES: puts settings at the head of a section of pupil.toml.
set_section() {
  SETTINGS=$3 awk -v section="[$2]" '{print} $0 == section {print ENVIRON["SETTINGS"]}' "$1/pupil.toml" >"$1/pupil.toml.new"
  mv "$1/pupil.toml.new" "$1/pupil.toml"
}

make_esc50() {
  "$pupil" init "$1" --preset esc50 --source "$shared/data/esc50" >/dev/null
  set_section "$1" teacher "model = \"$tagger\"
input = \"clip\""
  # Every recording is of one of the fifty classes: there is nothing for "none of these" to win.
  set_section "$1" label "accept = 0.5
margin = 0.1
broad_negatives = false"
  # 24 clips a class are soon known by heart: more mixing and masking than the defaults, and more, smaller steps. The refined labels
  # alone: the more of the soft targets, the worse (docs/results.md, "Hard labels, from the backbone").
  set_section "$1" train "epochs = $epochs
batch = 32
alpha = 1.0
mixup = 0.8
mask_time = 0.15
mask_mel = 0.2
mixstyle = 0.5
weight_decay = 0.03"
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
text = text.replace("[[class]]", source, 1)

def given(name, labels):
    '''Which words of the index mean a class.'''
    global text
    start = text.index(f'name = "{name}"')
    end = text.index("\n\n", start)
    block = re.sub(r"\ngiven = .*", "", text[start:end])
    words = ", ".join(f'"{label}"' for label in labels.split())
    text = text[:start] + block + f"\ngiven = [{words}]" + text[end:]

given("growl", "growl_play")
given("whine", "yelp")
given("speech", "neg/speech neg/speech_tts")
given("person", "neg/human_* neg/baby_cry neg/unknown_baby neg/us_children_playing")
given("music", "neg/music neg/unknown_music neg/us_street_music")
given("other animal", "neg/cat neg/bird neg/guinea_pig neg/fox neg/whale")
given("vehicle", "neg/us_car_horn neg/us_siren neg/us_engine_idling")
given("household", "neg/household_misc neg/doorbell neg/door_knock neg/footsteps neg/unknown_dishes neg/us_air_conditioner "
      "neg/us_drilling neg/us_jackhammer neg/squeaky_toy neg/dog_door_scratch")
given("quiet", "neg/background")
open(path, "w").write(text)
PY
  set_section "$1" teacher "$(dog_teacher)
input = \"clip\""
  set_section "$1" label "accept = 0.25
margin = 0.05
reject = 0.1"
  # A class without an accepted window is learned from soft targets alone.
  set_section "$1" train "epochs = $epochs
batch = 32
embedding = 1.0
doubtful = true
absent_classes = true"
}

reports=()
for project in ${PROJECTS:-esc50 dogs}; do
  if [[ ! -e $out/$project ]]; then
    # Aside first: half a project file would be taken for a whole one.
    rm -rf "$out/making"
    "make_$project" "$out/making/$project"
    mv "$out/making/$project" "$out/$project"
  fi
  "$pupil" run "$out/$project" --seed "$seed"
  reports+=("$out/$project/report/report.json")
done
results=${RESULTS:-docs/results.md}
scripts/results_table.py "$results" "SEED=$seed EPOCHS=$epochs scripts/real.sh" "${reports[@]}"
echo "$results has the figures"
