#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes models/clap-nano anew: examples, tagger, two courses of training, the second from the first with twice the examples.
# An hour and a half on one core; stop it anywhere and run it again.
# usage: scripts/pretrain_nano.sh PUPIL SHARED [OUT] [further options of pupil pretrain teacher]
# Needs ../shared's data/dogs, data/esc50 and weights/efficientat_mn04; the clips that may be used are listed, with their
# licences checked, by models/clap-nano-clips.json.
set -eu
pupil=$1
shared=$2
out=${3:-models/clap-nano}
[ $# -gt 3 ] && shift 3 || shift $#
: "${OPENBLAS_CORETYPE:=SkylakeX}"
export OPENBLAS_CORETYPE
first=build/clap-nano.first

phase() {
  "$pupil" pretrain teacher "$@" --manifest models/clap-nano-clips.json --root "$shared" \
    --tagger "$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt" --batch 32 --seed 1
}
phase "$first" --config nano --examples 6400 --steps 2800 --learning-rate 0.0015 "$@"
phase "$out" --from "$first" --work build/clap-nano.work --examples 12800 --steps 2500 --learning-rate 0.001 "$@"
