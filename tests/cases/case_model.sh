#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# case_model.sh PUPIL FOLDER: the small three-class model that the cases share, FOLDER/yard/model/yard.pupil, and the
# recordings it learned from, FOLDER/recordings.
set -euo pipefail
PUPIL=$1 FOLDER=$2
. "$(dirname "${BASH_SOURCE[0]}")/../expect.sh"
rm -rf "$FOLDER"
mkdir -p "$FOLDER"
cd "$FOLDER"
"$PUPIL" --quiet synth recordings --clips 60 --seconds 3 --classes bark,doorbell,rain --seed 5 >/dev/null
"$PUPIL" init yard --classes "dog barking" doorbell rain --source recordings >/dev/null
small_bank bank "$PUPIL"
sed -i 's|^#negative_bank = .*|negative_bank = "'"$PWD"'/bank"|; s/^#size = "small"/size = "tiny"/; s/^#epochs = 60/epochs = 40/' yard/pupil.toml
"$PUPIL" --quiet run yard --until export
