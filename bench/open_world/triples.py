# SPDX-License-Identifier: Apache-2.0
"""The random triples of ESC-50's classes, and which clips are whose."""
import csv
import pathlib
import random


def clips(shared):
    with open(pathlib.Path(shared) / "data/esc50/esc50.csv", newline="") as file:
        return list(csv.DictReader(file))


def classes_of(shared, number, count=3):
    """`count` classes of the triple `number`: the first three are the triple."""
    names = sorted({row["category"] for row in clips(shared)})
    return random.Random(1000 + number).sample(names, 8)[:count]
