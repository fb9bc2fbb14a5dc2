#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One bad entry never stops the collection: loops of links, dangling links, pipes, sockets and devices.
. "$(dirname "$0")/lib.sh" "$@"
mkdir -p in/dog self
sounds 'wav("in/dog/a.wav", [bark(16000, 1.0)], 16000)'
cp in/dog/a.wav self
ln -s .. in/dog/music; ln -s loop self/loop; ln -s nowhere.wav self/gone.wav; ln -s /dev/zero self/zero.wav
mkfifo in/stream.wav self/pipe.wav
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("self/plug.wav")'
for s in in self; do
  "$PUPIL" init p_$s --classes "dog barking" rain --source $s >/dev/null
  out=$(timeout 20 "$PUPIL" --quiet collect p_$s 2>&1) || fail "$s: collect ended with $?: $out"
  [[ $out == *"1 files: 1 new clips"* ]] || fail "$s: $out"
  [[ $out == *"a named pipe, not a file"* ]] || fail "$s: the pipe is not mentioned: $out"
  expect 0 "collect" timeout 20 "$PUPIL" run p_$s --dry-run
done
[[ $out == *"a socket, not a file"* && $out == *"a device, not a file"* && $out == *"2 entries passed over: a link that leads nowhere"* ]] ||
  fail "self: $out"

# Named in an index, and given directly.
printf 'path,label\na.wav,dog\npipe.wav,dog\nplug.wav,dog\nzero.wav,dog\nloop,dog\ngone.wav,dog\n' > self/i.csv
"$PUPIL" init q --classes "dog barking" rain >/dev/null
expect 0 "set aside, unreadable: 5" timeout 20 "$PUPIL" --quiet collect q --csv self/i.csv --label-column label
expect 0 "pipe.wav: unreadable: a named pipe, not a file" "$PUPIL" status q --set-aside
printf '[[source]]\ncsv = "../self/i.csv"\nlabel_column = "label"\n' >> q/pupil.toml
expect 0 "collect" timeout 20 "$PUPIL" run q --dry-run
"$PUPIL" init r --classes "dog barking" rain >/dev/null
expect 0 "set aside, unreadable: 2" timeout 20 "$PUPIL" --quiet collect r self/pipe.wav self/zero.wav in/dog/a.wav
mkfifo pipe.csv
expect 1 "pipe.csv" timeout 20 "$PUPIL" --quiet collect r --csv pipe.csv
expect 0 "recording" timeout 60 "$PUPIL" evaluate "$MODEL" --data self/i.csv --label-column label --map "dog=dog barking"
exit $failures
