#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays out recordings that sep-nano was not trained on, in the folders that `pupil evaluate-separation` reads.

usage: layout.py SHARED OUT

OUT/dogs/<class>        data/dogs, val and test, trust A to C
OUT/background/<class>  ESC-50, fold 4, without its dogs
Links, no copies.
"""

import csv
import pathlib
import sys

CLASS_OF = {name: name for name in ("bark", "growl", "howl", "whine", "yelp", "pant", "dog_mixed", "dog_unspecified")}
CLASS_OF["growl_play"] = "growl"


def link(out, kind, label, file):
    folder = out / kind / label
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "_".join(file.parts[-3:])
    place.unlink(missing_ok=True)
    place.symlink_to(file.resolve())


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main():
    shared, out = map(pathlib.Path, sys.argv[1:])
    for row in rows(shared / "data/dogs/index.csv"):
        held_out = row["split"] in ("val", "test") and row["label_trust"] in ("A", "B", "C")
        if held_out and row["our_label"] in CLASS_OF:
            link(out, "dogs", CLASS_OF[row["our_label"]], shared / "data/dogs" / row["path"])
    for row in rows(shared / "data/esc50/esc50.csv"):
        if row["fold"] == "4" and row["category"] != "dog":
            link(out, "background", row["category"], shared / "data/esc50/audio" / row["filename"])


main()
