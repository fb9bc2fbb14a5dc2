#!/bin/sh
# Makes models/clap-nano anew: views, tagger, training. Within three hours on two cores; stop it anywhere and run it again.
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
exec "$pupil" pretrain teacher "$out" --work build/clap-nano.work --config nano \
  --manifest models/clap-nano-clips.json --root "$shared" --tagger "$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt" \
  --views 6400 --steps 1000 --batch 32 --learning-rate 0.0015 --seed 1 "$@"
