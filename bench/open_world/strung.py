#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Strings the training folds' clips together, three of any classes to a recording of 15 s: bench/open_world/strung.py SHARED FOLDER

FOLDER/truth.csv has a line a recording: its file, then the class of each five seconds. What is there already is not made anew.
"""
import csv
import pathlib
import random
import subprocess
import sys

import triples

CLIPS, RATE, HELD_OUT = 3, 32000, "4"

shared, folder = (pathlib.Path(argument) for argument in sys.argv[1:3])
folder.mkdir(parents=True, exist_ok=True)
rows = [row for row in triples.clips(shared) if row["fold"] != HELD_OUT]
random.Random(7).shuffle(rows)
truth = []
for first in range(0, len(rows) - CLIPS + 1, CLIPS):
    clips = rows[first:first + CLIPS]
    name = f"{first // CLIPS:04}.flac"
    truth.append([name] + [clip["category"] for clip in clips])
    if (folder / name).exists():
        continue
    inputs = [part for clip in clips for part in ("-i", shared / "data/esc50/audio" / clip["filename"])]
    one = "[{0}:a]aformat=sample_rates={1}:channel_layouts=mono,apad=whole_dur={2},atrim=0:{2}[{0}]"
    chain = ";".join(one.format(i, RATE, triples.CLIP_SECONDS) for i in range(CLIPS))
    joined = "".join(f"[{i}]" for i in range(CLIPS)) + f"concat=n={CLIPS}:v=0:a=1"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, inputs), "-filter_complex", f"{chain};{joined}", "-f", "flac",
                    str(folder / (name + ".new"))], check=True)
    (folder / (name + ".new")).rename(folder / name)
with open(folder / "truth.csv", "w", newline="") as file:
    csv.writer(file).writerows(truth)
