#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Indexes as spreadsheets write them: semicolons, tabs, marks, CRLF, decimal commas; UTF-16 is refused by its name.
. "$(dirname "$0")/lib.sh" "$@"
sounds 'wav("in/a b.wav", [bark(16000, 2.0)], 16000); wav("in/c.wav", [hiss(16000, 2.0, 0.1)], 16000)'
columns=(--path-column file --label-column label --onset-column from --offset-column to)
labels() { "$PUPIL" status "$1" --json | python3 -c 'import json,sys
print(" ".join("%s=%d" % (r["label"], r["train"] + r["val"] + r["test"]) for r in json.load(sys.stdin)["labels"]))'; }
check() { # WHAT FILE
  rm -rf p; "$PUPIL" init p --classes "dog barking" rain >/dev/null
  "$PUPIL" --quiet collect p --csv "$2" "${columns[@]}" >/dev/null 2>err || fail "$1: $(cat err)"
  [[ $(labels p) == "dog; large=1 rain=1" ]] || fail "$1: $(labels p)"
}
printf 'file;label;from;to\n"a b.wav";"dog; large";0,5;1,25\nc.wav;rain;;\n' > in/semicolons.csv
printf '\xef\xbb\xbffile;label;from;to\r\na b.wav;"dog; large";0.5;1.25\r\nc.wav;rain;;\r\n' > in/mark.csv
printf 'file\tlabel\tfrom\tto\na b.wav\tdog; large\t0.5\t1.25\nc.wav\train\t\t\n' > in/tabs.tsv
printf 'sep=;\r\nfile;label;from;to\r\na b.wav;"dog; large";0,5;1,25\r\nc.wav;rain;;\r\n' > in/hint.csv
for file in in/*.csv in/*.tsv; do check "$file" "$file"; done
iconv -f UTF-8 -t UTF-16 in/semicolons.csv > in/utf16.csv
expect 1 "utf16.csv: UTF-16 text; save it as UTF-8" "$PUPIL" collect p --csv in/utf16.csv "${columns[@]}"
expect 1 "no column 'labels', did you mean 'label'? (columns: file, label, from, to)" \
  "$PUPIL" collect p --csv in/semicolons.csv --path-column file --label-column labels
printf 'where\tlabel\nc.wav\train\n' > in/unusual.tsv
expect 1 "(columns: where, label)" "$PUPIL" collect p in/unusual.tsv
exit $failures
