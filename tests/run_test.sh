#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pupil run from recordings to a model, on sounds made here: run_test.sh PUPIL RANDOM_SEPARATOR [SHARED]
#   - killed with -9 in every stage, several times, it ends with the bytes of a run that was left alone
#   - a second run has nothing to do; a changed prompt does not listen again
#   - two runs at once: the second says who holds the project
#   - a full disk is an error, and a later run completes
# Prints what went wrong and exits 1; "SKIP: ..." and 0 when a prerequisite is missing.
set -uo pipefail
. "$(dirname "$0")/expect.sh"
pupil=$1
random_separator=$2
shared=${3:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The built-in teacher; until it lies beside the programs, the tagger of the shared data.
teacher=clap-nano
if ! "$pupil" models list | grep -E '^clap-nano .*built in' >/dev/null; then
  teacher=$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt
  [[ -f $teacher ]] || { echo "SKIP: no built-in teacher and no ../shared: nothing can label"; exit 0; }
fi

"$pupil" --quiet synth sounds --clips 72 --seconds 2 --classes bark,howl,music,rain --split 50,25,25 --seed 5 >/dev/null || fail "pupil synth"
"$random_separator" "$folder/models"
small_bank "$folder/bank" "$pupil"

# make_project DIR: the name of the folder is the project's, and stands in the model.
make_project() {
  mkdir -p "$(dirname "$1")"
  "$pupil" init "$1" --classes bark howl --source sounds/clips.csv >/dev/null || fail "pupil init"
  sed -i "s|^prompts = \[\"bark\".*|&\naudioset = [\"Bark\", \"Dog\"]|; s|^prompts = \[\"howl\".*|&\naudioset = [\"Howl\", \"Canidae, dogs, wolves\"]|
    s|^\[separate\]|&\nmode = \"both\"\nquery = \"a dog\"\nmodel = \"$folder/models/separator.safetensors\"|
    s|^\[teacher\]|&\nmodel = \"$teacher\"\ninput = \"clip\"|
    s|^\[label\]|&\nnegative_bank = \"$folder/bank\"\naccept = 0.1\nmargin = 0.0\nreject = 0.05\nmax_per_class = 60|
    s|^\[train\]|&\nsize = \"tiny\"\nepochs = 12\nquantise_epochs = 0.34\nbatch = 16\ncheckpoint_s = 0.1|" "$1/pupil.toml"
}

run() { OMP_WAIT_POLICY=passive "$pupil" run "$@" --threads 2; }

# ---- left alone

make_project alone/yard
"$pupil" run alone/yard --dry-run >dry.txt 2>&1 || fail "--dry-run: $(tail -1 dry.txt)"
grep -q '^collect .*72 files' dry.txt || fail "--dry-run does not forecast 72 files: $(head -1 dry.txt)"
[[ -e alone/yard/catalogue.db ]] && fail "--dry-run wrote a catalogue"
start=$(date +%s.%N)
run alone/yard >alone.txt 2>alone.log || { fail "pupil run: $(tail -1 alone.log)"; exit 1; }
echo "left alone: $(awk "BEGIN {print $(date +%s.%N) - $start}") s"
for line in 'model  .*yard.pupil' 'retained' 'next  .*pupil classify'; do
  grep -q "$line" alone.txt || fail "the end of a run has no line '$line'"
done
"$pupil" verify alone/yard/model/yard.pupil >/dev/null || fail "the model does not verify"

run alone/yard >again.txt 2>again.log
grep -q '^nothing to do' again.txt || fail "a second run did something: $(cat again.log)"
sed -i 's/"the sound of howl"/"a wolf howls"/; s/"Howl", "Canidae/"Howl", "Wild animals", "Canidae/' alone/yard/pupil.toml
"$pupil" run alone/yard --dry-run >dry.txt 2>&1
grep -q '^collect *nothing to do' dry.txt && grep -q '^label .*to decide again' dry.txt && grep -q '^train .*epochs' dry.txt ||
  fail "a changed prompt: $(cat dry.txt)"

# ---- killed

# The number of the stage that the log in $1 has come to.
stage_of() { sed -n 's|^\[\([0-9]\)/[0-9]\] .*|\1|p' "$1" | tail -1; }

# kill_in DIR STAGE DELAY: starts a run, waits until it is in STAGE and DELAY longer, kills it. Sets killed_in to the
# stage that it was in; 9 where it had ended.
kill_in() {
  : >killed.log
  OMP_WAIT_POLICY=passive setsid "$pupil" run "$1" --threads 2 >/dev/null 2>killed.log &
  local child=$!
  while kill -0 $child 2>/dev/null && ! grep -q "^\[$2/7\] [a-z]*: [0-9]" killed.log; do sleep 0.01; done
  sleep "$3"
  if kill -9 $child 2>/dev/null; then killed_in=$(stage_of killed.log); else killed_in=9; fi
  wait $child 2>/dev/null
}

make_project killed/yard
names=(. collect separate label train quantise export evaluate)
declare -A kills
for plan in 1:0 1:0.1 1:0.25 2:0 2:0.3 2:0.6 3:0.02 3:0.5 3:1 4:0.05 4:0.4 4:0.8 4:1.2 5:0.02 5:0.3 6:0 6:0.05 7:0 7:0.3; do
  kill_in killed/yard "${plan%:*}" "${plan#*:}"
  kills[$killed_in]=$((${kills[$killed_in]:-0} + 1))
done
for stage in 1 2 3 4 5 6 7; do
  echo "killed in ${names[$stage]}: ${kills[$stage]:-0} times"
  ((${kills[$stage]:-0} > 0)) || fail "never killed in ${names[$stage]}"
done
run killed/yard >/dev/null 2>killed.log || fail "the run after the kills: $(tail -1 killed.log)"

make_project fresh/yard
cmp -s fresh/yard/pupil.toml killed/yard/pupil.toml || fail "the two projects are not the same"
run fresh/yard >/dev/null 2>fresh.log || fail "pupil run: $(tail -1 fresh.log)"
cmp fresh/yard/model/yard.pupil killed/yard/model/yard.pupil || fail "another model after kills"
cmp fresh/yard/train/student.safetensors killed/yard/train/student.safetensors || fail "another student after kills"

# ---- two at once

touch -d '2001-01-01' killed/yard/pupil.toml
"$pupil" run killed/yard --seed 2 >/dev/null 2>first.log &
first=$!
while kill -0 $first 2>/dev/null && ! grep -q '^\[4/7\] train: [0-9]' first.log; do sleep 0.01; done
"$pupil" run killed/yard >/dev/null 2>second.log && fail "two runs at once"
grep -q "is being worked on by pupil run (process $first" second.log || fail "the second run said: $(cat second.log)"
"$pupil" compare killed/yard >/dev/null 2>second.log && fail "a comparison beside a run"
grep -q "is being worked on by pupil run (process $first" second.log || fail "the comparison said: $(cat second.log)"
kill -9 $first
wait $first 2>/dev/null
run killed/yard >/dev/null 2>&1 || fail "the run after two at once"
cmp -s fresh/yard/model/yard.pupil killed/yard/model/yard.pupil || fail "another model after another seed and back"

# ---- a full disk: no file may grow beyond so many kB

for limit in 40 400; do
  make_project "full$limit/yard"
  (ulimit -f $limit; trap '' XFSZ; run "full$limit/yard" >/dev/null 2>full.log) && fail "no error with files of at most $limit kB"
  tail -1 full.log | grep -qiE 'pupil run: .*(full|too large|disk|space)' || fail "a full disk said: $(tail -1 full.log)"
done
run full400/yard >/dev/null 2>full.log || fail "the run after a full disk: $(tail -1 full.log)"
cmp -s fresh/yard/model/yard.pupil full400/yard/model/yard.pupil || fail "another model after a full disk"

((failures == 0)) && echo "pupil run: all as it should be"
exit $((failures > 0))
