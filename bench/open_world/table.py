#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""results.csv of bench/open_world.sh as a table in Markdown: means over trainings, and the range of the triples."""
import collections
import csv
import sys

groups = collections.defaultdict(list)
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        groups[row["teacher"], row["heap"], row["size"], row["epochs"], row["arm"]].append(row)


def cell(rows, key, digits):
    values = [float(row[key]) for row in rows]
    return f"{sum(values) / len(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


print("| teacher | heap | size | epochs | arm | trainings | AUC | recall | false alarms an hour |\n|---|---|---|---|---|---|---|---|---|")
for (teacher, heap, size, epochs, arm), rows in groups.items():
    print(f"| {teacher} | {heap} | {size} | {epochs} | {arm} | {len(rows)} | {cell(rows, 'auc', 3)} | {cell(rows, 'recall', 2)} "
          f"| {cell(rows, 'false_alarms_per_hour', 0)} |")
