#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An index's columns are found by their usual names wherever it is named: init, collect, [[source]]. A group that is
# overlooked lets parts of one recording into train and test.
. "$(dirname "$0")/lib.sh" "$@"
sounds 'for take in "abcdefghij":
  for part in range(3):
    wav("in/%s_%d.wav" % (take, part), [hiss(16000, 1.0, 0.1, seed=ord(take) * 10 + part)], 16000)'
index() { # GROUP: the head of its column, or none
  echo "File Name,Category${1:+,$1},License,mood"
  for take in a b c d e f g h i j; do
    for part in 0 1 2; do echo "${take}_$part.wav,rain${1:+,take $take},CC0,good"; done
  done
}
# Recordings that have clips in more than one split; -1: there are no recordings with several clips.
divided() { python3 -c 'import sqlite3, sys
rows = sqlite3.connect(sys.argv[1] + "/catalogue.db").execute("SELECT substr(c.path, 1, 1), count(DISTINCT r.split), count(DISTINCT r.id) FROM clips c JOIN recordings r ON r.id = c.recording_id GROUP BY 1").fetchall()
print(sum(s > 1 for _, s, _ in rows) if all(n == 1 for _, _, n in rows) else -1)' "$1"; }

for group in group Recording recording_group RECORDING-ID take Session "session id" source_recording src_file; do
  rm -rf p; index "$group" > in/index.csv
  expect 0 "group from '$group'" "$PUPIL" init p --classes rain --source in/index.csv
  grep -q "^group_column = \"$group\"" p/pupil.toml || fail "$group: not written: $(grep _column p/pupil.toml)"
  grep -q '^label_column = "Category"' p/pupil.toml || fail "$group: no label_column"
  grep -q '^licence_column = "License"' p/pupil.toml || fail "$group: no licence_column"
  "$PUPIL" --quiet collect p >/dev/null 2>err || fail "$group: $(cat err)"
  [[ $(divided p) == 0 ]] || fail "$group: takes are divided: $(divided p)"
done

# The same where pupil.toml or the command line names no columns.
for how in 'csv = "../in/index.csv"' 'path = "../in/index.csv"'; do
  rm -rf p; "$PUPIL" init p --classes rain >/dev/null
  printf '[[source]]\n%s\n' "$how" >> p/pupil.toml
  expect 0 "30 new clips" "$PUPIL" collect p
  [[ $(divided p) == 0 ]] || fail "$how: takes are divided"
done
for how in "--csv in/index.csv" in/index.csv; do
  rm -rf p; "$PUPIL" init p --classes rain >/dev/null
  expect 0 "group from 'src_file'" "$PUPIL" collect p $how
  [[ $(divided p) == 0 ]] || fail "$how: takes are divided"
done

# No group: said aloud, by init and by collect.
rm -rf p; index > in/index.csv
expect 0 "30 files share the beginning of their names" "$PUPIL" init p --classes rain --source in/index.csv
expect 0 "30 files share the beginning of their names" "$PUPIL" collect p
exit $failures
