#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Little memory, few descriptors, no home, a full folder for temporary files, other languages, time zones and years: a command does
# its work with the same result, or says in one line what it lacks, and the next one completes.
. "$(dirname "$0")/lib.sh"
synth in --clips 4 --seconds 1 --classes bark,rain --seed 3
rm in/*.csv
"$PUPIL" init p --classes "dog barking" rain --source in >/dev/null
limited() { local limit=$1; shift; (ulimit $limit; exec timeout 60 "$@"); }

# What a catalogue says of the clips; not when.
contents() { python3 -c 'import sqlite3, sys
base = sqlite3.connect(sys.argv[1] + "/catalogue.db")
for table in ("clips", "recordings", "views", "windows"): print(base.execute("SELECT * FROM " + table).fetchall())' "$1" | sed 's/, [0-9]\{19\},/,/g'; }
fresh() { rm -rf q; cp -r p q; }
fresh
expect 0 "4 new clips" "$PUPIL" collect q
contents q >wanted

# Descriptors.
for count in 8 12; do
  fresh
  expect 1 "Too many open files" limited "-n $count" "$PUPIL" collect q
  expect 0 "" "$PUPIL" --quiet collect q
  contents q | cmp -s - wanted || fail "another catalogue after $count descriptors"
done
for count in 16 32 64; do
  fresh
  expect 0 "4 new clips" limited "-n $count" "$PUPIL" collect q
done
expect 0 "bytes" limited "-n 8" "$PUPIL" inspect "$MODEL"
expect 0 "" limited "-n 8" "$PUPIL" classify "$MODEL" in/bark/*0.flac

# Address space: of the libraries that decode, not of the recordings.
for kilobytes in 100000 200000; do
  fresh
  expect 1 "pupil collect: " limited "-v $kilobytes" "$PUPIL" collect q
  expect 0 "" "$PUPIL" --quiet collect q
  contents q | cmp -s - wanted || fail "another catalogue after $kilobytes kB"
done
for kilobytes in 40000 100000; do
  expect 1 "the limit (ulimit -v) is" limited "-v $kilobytes" "$PUPIL" status q
done

# No home, no environment at all.
expect 0 "" env -u HOME -u XDG_CACHE_HOME "$PUPIL" models list
expect 0 "4 known" env -i "$PUPIL" collect q

# A full folder for temporary files.
if [[ $(id -u) == 0 ]] && mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
  trap 'umount "$scratch/small"; rm -rf "$scratch"' EXIT
  dd if=/dev/zero of=small/ballast bs=4k status=none 2>/dev/null
  fresh
  expect 0 "4 new clips" env TMPDIR="$PWD/small" "$PUPIL" collect q
fi

# A decimal comma, a language without i, another day.
for language in de_DE tr_TR; do localedef -i $language -f UTF-8 "$PWD/$language.UTF-8" >/dev/null 2>&1; done
for language in C de_DE.UTF-8 tr_TR.UTF-8; do
  for zone in UTC Pacific/Kiritimati America/St_Johns; do
    fresh
    expect 0 "4 new clips (4.0 s)" env LOCPATH="$PWD" LC_ALL=$language TZ=$zone "$PUPIL" collect q
    contents q | cmp -s - wanted || fail "another catalogue with $language in $zone"
  done
done

# After January 2038.
faketime=$(find /usr/lib -name 'libfaketime.so.1' 2>/dev/null | head -1)
if [[ -n $faketime ]]; then
  fresh
  expect 0 "4 new clips" env LD_PRELOAD="$faketime" FAKETIME="@2040-05-01 12:00:00" "$PUPIL" collect q
  python3 -c 'import sqlite3; print(sqlite3.connect("q/catalogue.db").execute("SELECT started_at FROM runs").fetchone()[0])' | grep -q ^2040-05-01 ||
    fail "a run in 2040 has another date"
else
  echo "libfaketime is not installed: dates after 2038 were not tried"
fi
exit $failures
