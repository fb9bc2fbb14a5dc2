#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the labels of a project of bench/open_world.sh are worth: bench/open_world/labels.py SHARED PROJECT TRIPLE [TRUTH]

A line per class: its accepted windows, which share of them are of its clips, and which share of its clips' windows that are
above the activity level are accepted as it. Given labels are used for counting alone. TRUTH: strung.py's truth.csv, where
the project's recordings are of that.
"""
import collections
import csv
import os
import sqlite3
import sys

import triples

ACCEPTED, BACKGROUND = 0, 3
QUERY = """SELECT c.path, l.verdict, k.name, (w.start_sample + w.length_samples / 2.0) / v.sample_rate_hz
           FROM labels l JOIN windows w ON w.id = l.window_id JOIN views v ON v.id = w.view_id
           JOIN clips c ON c.id = v.clip_id LEFT JOIN classes k ON k.id = l.class_id"""

shared, project, number = sys.argv[1:4]
if len(sys.argv) > 4:
    with open(sys.argv[4], newline="") as file:
        truth = {name: classes for name, *classes in csv.reader(file)}
else:
    truth = {row["filename"]: [row["category"]] for row in triples.clips(shared)}
accepted, right, windows = collections.Counter(), collections.Counter(), collections.Counter()
for path, verdict, name, middle_s in sqlite3.connect(os.path.join(project, "catalogue.db")).execute(QUERY):
    classes = truth[os.path.basename(path)]
    given = classes[min(int(middle_s / triples.CLIP_SECONDS), len(classes) - 1)]
    if verdict == BACKGROUND:
        continue
    windows[given] += 1
    if verdict == ACCEPTED:
        accepted[name] += 1
        right[name] += name == given
for name in triples.classes_of(shared, int(number)):
    print(f"{name}: {accepted[name]} accepted, {100 * right[name] / max(1, accepted[name]):.0f} % right, "
          f"{100 * right[name] / max(1, windows[name]):.0f} % of its windows found")
print(f"none of these: {accepted['none of these']} accepted")
