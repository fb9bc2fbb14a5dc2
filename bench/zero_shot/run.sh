#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tables of clap-nano's model card: zero-shot classification beside EfficientAT mn04 on recordings that neither the training of
# clap-nano nor this project's own models have seen. usage: bench/zero_shot/run.sh PUPIL SHARED [MODEL]
set -eu
pupil=$1
shared=$2
model=${3:-clap-nano}
here=$(dirname "$0")
tagger=$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt

table() {
  printf '\n### %s\n\n' "$1"
  shift
  "$pupil" bench zero-shot --models "$model" "$tagger" "$@"
}
dogs() { table "$1" --classes "$here/$2" --csv "$shared/data/dogs/index.csv" --label-column our_label \
  --where 'split=val|test' 'label_trust=A|B|C'; }
esc() { title=$1 classes=$2; shift 2; table "$title" --classes "$here/$classes" --csv "$shared/data/esc50/esc50.csv" \
  --root "$shared/data/esc50/audio" --path-column filename --label-column category --where fold=4 "$@"; }

dogs 'data/dogs, val and test, trust A to C, prompts of the preset' dogs.toml
dogs 'The same clips, dog prompts never trained on' dogs_unseen.toml
esc 'ESC-50, fold 4: a dog among the other 49 kinds' dogs.toml
esc 'The same clips, dog prompts never trained on' dogs_unseen.toml
esc 'ESC-10, fold 4' esc10.toml esc10=True
esc 'ESC-10, fold 4, prompts never trained on' esc10_unseen.toml esc10=True
