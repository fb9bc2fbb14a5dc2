#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where a project lies and what the shell grants: a folder that may only be read, limits, closed streams, no environment, a
# project that was moved. Nothing may hang, and commands that only look need not write.
. "$(dirname "$0")/lib.sh"
synth in --clips 6 --seconds 2 --classes bark,rain --seed 3
rm in/*.csv
mkdir "my yard"
"$PUPIL" init "my yard/p" --classes "dog barking" rain --source in >/dev/null
expect 0 "6 new clips" "$PUPIL" collect "my yard/p"

# Closed streams: what is opened next must not take their place.
expect 1 "standard output cannot be written" bash -c '"$0" status "my yard/p" >&-' "$PUPIL"
expect 1 "standard output cannot be written" bash -c '"$0" --help >/dev/full' "$PUPIL"
expect 0 "" bash -c '"$0" collect "my yard/p" 0<&- 2>&-' "$PUPIL"
expect 0 "6 clips" "$PUPIL" status "my yard/p"

# Limits. The forge's libraries retried for ever.
for limit in "-v 600000" "-v 1000000" "-d 400000"; do
  expect 1 "the limit (ulimit ${limit%% *}) is" timeout 20 bash -c "ulimit $limit; exec \"\$0\" run \"my yard/p\"" "$PUPIL"
done
expect 1 "pupil collect: " bash -c 'ulimit -f 8; mkdir full; cp "my yard/p/pupil.toml" full; exec "$0" collect full in' "$PUPIL"

# No environment; a symbolic link to the program; another folder, through a link, with a slash behind.
expect 0 "" env -i "$PUPIL" run "my yard/p" --dry-run
ln -s "$PUPIL" linked
ln -s "my yard/p" way
expect 0 "evaluate" ./linked run way/ --dry-run
"$PUPIL" init new --classes a b --source in >/dev/null
expect 1 "TMPDIR" env TMPDIR=/nowhere "$PUPIL" run new --dry-run
expect 1 "no such folder" bash -c 'mkdir gone; cd gone; rmdir ../gone; exec "$0" status p' "$PUPIL"

# Moved, a project still works; a source that is gone is named.
place="Höfe 'und' \"so\"?#%41"
mv "my yard" "$place"
expect 0 "6 known" "$PUPIL" collect "$place/p"
expect 0 "6 clips" "$PUPIL" status "$place/p/"
mkdir other
mv in other/
expect 1 "[[source]] '" "$PUPIL" collect "$place/p"

# Read only, for whoever is not root.
mkdir "$place/yard"
mv "$place/p/"* "$place/yard"
ln -s "$place/yard" yard
sed -i "s#^path = .*#path = '$PWD/other/in'#" yard/pupil.toml
chmod 755 .
chmod -R a+rX "$place" other
if [[ $(id -u) == 0 ]]; then
  as() { setpriv --reuid=65534 --regid=65534 --clear-groups env PUPIL_CACHE=/nowhere "$@"; }
  expect 1 "(ulimit -u)" timeout 20 prlimit --nproc=2 setpriv --reuid=65534 --regid=65534 --clear-groups "$PUPIL" run yard
  as test -x "$PUPIL" || skip "the program's folder is closed to others"
else
  chmod -R a-w yard/
  trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
  as() { "$@"; }
fi
before=$(find yard/ | sort)
expect 0 "6 clips" as "$PUPIL" status yard
expect 0 "licence" as "$PUPIL" licences yard
expect 0 "evaluate" as "$PUPIL" run yard --dry-run
for command in run collect label train export evaluate; do
  expect 1 "not writable" as "$PUPIL" $command yard
done
[[ $(find yard/ | sort) == "$before" ]] || fail "something was written into the folder"
exit $failures
