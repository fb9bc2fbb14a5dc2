#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whether sep-nano helps or hurts a teacher: held-out dogs in held-out backgrounds, and the backgrounds alone, classified with
# prompts before and after separation with the query "a dog". One line per teacher, ratio and version.
# usage: bench/separation/teacher.sh PUPIL SHARED [MODEL] [TEACHER...]
set -eu
pupil=$1
shared=$2
model=${3:-sep-nano}
[ $# -gt 3 ] && shift 3 || { shift $#; set -- "$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt" clap-nano; }
here=$(dirname "$0")
layout=build/separation
rm -rf "$layout"
python3 "$here/layout.py" "$shared" "$layout"
"$pupil" evaluate-separation "$layout/dogs" --background "$layout/background" --model "$model" --clips-per-class 20 \
  --snr 10 5 0 -5 --audio "$layout/audio" --query-of "bark=a dog" "growl=a dog" "howl=a dog" "whine=a dog" "yelp=a dog" \
  "pant=a dog" "dog_mixed=a dog" "dog_unspecified=a dog"
for snr in 10 5 0 -5; do
  for version in mixture separated; do
    "$pupil" bench zero-shot --models "$@" --classes "$here/../zero_shot/dogs.toml" --csv "$layout/audio/index.csv" \
      --where "snr_db=$snr" "version=$version" --json |
      python3 -c 'import json, sys
for row in json.load(sys.stdin):
    print("| %s | %s dB | %s | %.3f | %.3f |" % (row["model"].split("/")[-1], sys.argv[1], sys.argv[2], row["accuracy"], row["any_class_auc"]))' "$snr" "$version"
  done
done
