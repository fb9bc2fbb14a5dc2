#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the labels of a project of bench/open_world.sh are worth: bench/open_world/labels.py SHARED PROJECT TRIPLE

A line per class: its accepted windows, which share of them are of its clips, and which share of its clips' windows that are
above the activity level are accepted as it. Given labels are used for counting alone.
"""
import collections
import os
import sqlite3
import sys

import triples

ACCEPTED, BACKGROUND = 0, 3
QUERY = """SELECT c.path, l.verdict, k.name FROM labels l JOIN windows w ON w.id = l.window_id JOIN views v ON v.id = w.view_id
           JOIN clips c ON c.id = v.clip_id LEFT JOIN classes k ON k.id = l.class_id"""

shared, project, number = sys.argv[1:4]
truth = {row["filename"]: row["category"] for row in triples.clips(shared)}
accepted, right, windows = collections.Counter(), collections.Counter(), collections.Counter()
for path, verdict, name in sqlite3.connect(os.path.join(project, "catalogue.db")).execute(QUERY):
    given = truth[os.path.basename(path)]
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
