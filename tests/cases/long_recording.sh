#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory does not grow with the longest recording: an hour in one file, through every stage up to training.
. "$(dirname "$0")/lib.sh"
most_mb=300

synth s --clips 12 --seconds 3 --classes bark,rain --seed 3
ls s/*/*.flac | sed "s#^#file '$PWD/#; s#\$#'#" >list
ffmpeg -v error -f concat -safe 0 -i list -ar 16000 minute.wav
mkdir in
ffmpeg -v error -stream_loop 99 -i minute.wav -c copy in/hour.wav
(echo path,split; echo hour.wav,train) >in/index.csv
"$PUPIL" init p --classes "dog barking" rain --source in/index.csv >/dev/null
quick p 1
sed -i 's/^#hop_s = 0.5/hop_s = 5.0/; s/^#near_duplicates = true/near_duplicates = false/' p/pupil.toml

# peak STAGE: megabytes that running up to STAGE takes at most, children included.
peak() {
  python3 -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=open("errors", "w")).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024 if code == 0 else -1)' \
    "$PUPIL" --quiet run p --until "$1"
}
for stage in collect label train; do
  mb=$(peak $stage)
  ((mb > 0)) || { fail "$stage: $(head -3 errors)"; break; }
  ((mb <= most_mb)) || fail "$stage takes $mb MB for an hour in one file, more than $most_mb"
done
exit $failures
