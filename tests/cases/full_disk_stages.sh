#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills while a stage writes: one line, exit code 1, what was there is whole, and with room again the stage goes
# on. On a small disk of its own.
. "$(dirname "$0")/lib.sh"
[[ $(id -u) == 0 ]] || skip "needs root to mount a small disk"
mkdir disk
mount -t tmpfs -o size=200m none disk 2>/dev/null || skip "a small disk cannot be mounted here"
trap 'kill ${server:-} 2>/dev/null; umount "$scratch/disk"; rm -rf "$scratch"' EXIT

cp -r "$(dirname "$MODEL")/../../yard" disk/yard
cp -r "$(dirname "$MODEL")/../../recordings" disk/recordings
"$PUPIL" --quiet evaluate disk/yard >/dev/null || fail "evaluate on a disk with room"

fill() { rm -f disk/ballast; dd if=/dev/zero of=disk/ballast bs=4k status=none 2>/dev/null; truncate -s -"$1" disk/ballast; }
room() { rm -f disk/ballast; }
# full ROOM COMMAND...: refused for want of room, in one line of its own.
full() {
  local room=$1; shift
  fill "$room"
  expect 1 "" "$PUPIL" --quiet "$@"
  local last; last=$("$PUPIL" --quiet "$@" 2>&1 | tail -1)
  [[ $last == "pupil $1: "* && ( $last == *"No space left on device"* || $last == *"disk is full"* || $last == *"disk I/O error"* ) ]] ||
    fail "$1 with $room bytes: $last"
  room
}

before=$(sha256sum < disk/yard/report/report.json)
full 0 evaluate disk/yard
full 8k evaluate disk/yard
[[ $(sha256sum < disk/yard/report/report.json) == "$before" ]] || fail "the old report is gone"
expect 0 "report" "$PUPIL" evaluate disk/yard

sed -i 's/"the sound of rain"/"heavy rain"/' disk/yard/pupil.toml
full 0 label disk/yard
full 64k label disk/yard
expect 0 "label" "$PUPIL" status disk/yard
expect 0 "" "$PUPIL" --quiet label disk/yard
expect 0 "label        current" "$PUPIL" status disk/yard
[[ $(sqlite3 disk/yard/catalogue.db "PRAGMA integrity_check" 2>/dev/null || echo ok) == ok ]] || fail "the catalogue is broken"

# A download: what has come is kept.
mkdir web disk/cache
head -c 3000000 /dev/urandom > web/model.pt
python3 -c 'import functools, http.server
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory="web"))
print(server.server_port, flush=True)
server.serve_forever()' >port 2>/dev/null &
server=$!
for _ in $(seq 100); do [[ -s port ]] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat port)/model.pt
export PUPIL_CACHE=$PWD/disk/cache
full 0 models fetch "$url"
full 1m models fetch "$url"
expect 0 "model.pt" "$PUPIL" models fetch "$url"
cmp -s web/model.pt disk/cache/url/*/model.pt || fail "the download is not what the server has"
exit $failures
