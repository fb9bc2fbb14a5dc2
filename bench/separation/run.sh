#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of sep-nano's model card: how much closer to the clean dog its output is than the mixture, on recordings that its
# training has not seen. usage: bench/separation/run.sh PUPIL SHARED [MODEL] [further options of pupil evaluate-separation]
set -eu
pupil=$1
shared=$2
model=${3:-sep-nano}
[ $# -gt 3 ] && shift 3 || shift $#
layout=build/separation
rm -rf "$layout"
python3 "$(dirname "$0")/layout.py" "$shared" "$layout"
exec "$pupil" evaluate-separation "$layout/dogs" --background "$layout/background" --model "$model" --clips-per-class 0 \
  --snr 0 10 5 -5 --query-of "bark=a dog barking" "growl=a dog growling" "howl=a dog howling" "whine=a dog whining" \
  "yelp=a dog yelping" "pant=a dog panting" "dog_mixed=a dog" "dog_unspecified=a dog" "$@"
