#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Standard output that cannot be written (a full disk) ends every command with one line and exit code 1.
. "$(dirname "$0")/lib.sh"

sounds 'import random
bark_loud = [v * 2 for v in bark(16000, 6.0)]
wav("bark.wav", [bark_loud], 16000)
open("bark.raw", "wb").write(open("bark.wav", "rb").read()[44:])'

# full COMMAND...: standard output is a full disk.
full() { "$@" >/dev/full; }
refused() { expect 1 "standard output cannot be written: No space left on device" full "$@"; }

stream() { "$PUPIL" classify "$MODEL" - "$@" <bark.raw; }
for options in "--stream" "--stream --json" "--windows" "--json"; do refused stream $options; done
for options in "" "--stream" "--windows" "--json" "--windows --json"; do
  refused "$PUPIL" classify "$MODEL" bark.wav $options
done
# Not one bad recording among others: the first line ends it.
two() { "$PUPIL" classify "$MODEL" bark.wav bark.wav >/dev/full; }
expect 1 "standard output cannot be written" two
[[ $(two 2>&1 | wc -l) == 1 ]] || fail "one line for a full disk"

# An endless stream ends at its first line, not when it is over.
endless() {
  timeout 10 "$PUPIL" classify "$MODEL" - --stream < <(exec 2>/dev/null; cat bark.raw; exec sleep 15) >/dev/full
}
expect 1 "standard output cannot be written" endless

"$PUPIL" init p --classes "dog barking" --source bark.wav >/dev/null
"$PUPIL" --quiet collect p >/dev/null
refused "$PUPIL" status p
refused "$PUPIL" status p --json
refused "$PUPIL" licences p
refused "$PUPIL" version
refused "$PUPIL" --help
refused "$PUPIL" status --help
refused "$PUPIL" separate --help   # the other executable
refused "$PUPIL" models list
refused "$PUPIL" inspect "$MODEL"
refused "$PUPIL" features bark.wav --out f.safetensors
refused "$PUPIL" plot bark.wav --out p.png

# A reader that has seen enough is no failure of the disk.
"$PUPIL" inspect "$MODEL" 2>closed.txt | head -1 >/dev/null
[[ ! -s closed.txt ]] || fail "a closed pipe is not a full disk: $(cat closed.txt)"

exit $failures
