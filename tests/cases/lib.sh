# SPDX-License-Identifier: Apache-2.0
# Shared by the cases. Each case is one fault that a user of such tools once reported, reproduced with small inputs:
#   NAME.sh PUPIL MODEL SHARED
# PUPIL is the program, MODEL a small exported model (case_model.sh makes it once), SHARED reference data that may
# be absent. A case ends with the number of failed expectations; 77 is a skip, with its reason on standard output.
PUPIL=$1 MODEL=$2 SHARED=$3
CASES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$CASES/../expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

synth() { "$PUPIL" --quiet synth "$@" >/dev/null; }

# A project's training made short, and its bank of negatives small: quick DIR EPOCHS
quick() {
  [[ -e $scratch/bank ]] || small_bank "$scratch/bank" "$PUPIL"
  sed -i 's/^#size = "small"/size = "tiny"/; s/^#epochs = 60/epochs = '"$2"'/
    s|^#negative_bank = .*|negative_bank = "'"$scratch/bank"'"|' "$1/pupil.toml"
}

# Python with sounds.py's functions at hand: sounds 'wav("a.wav", [bark(16000)], 16000)'
sounds() { PYTHONPATH=$CASES python3 -B -c "from sounds import *
$1"; }

skip() { echo "skipped: $*"; exit 77; }
