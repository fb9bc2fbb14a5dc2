# SPDX-License-Identifier: Apache-2.0
"""The triples of ESC-50's classes, random but for number 0, and which clips are whose."""
import csv
import pathlib
import random

CLIP_SECONDS = 5


def clips(shared):
    with open(pathlib.Path(shared) / "data/esc50/esc50.csv", newline="") as file:
        return list(csv.DictReader(file))


HOUSE = ["dog", "crying_baby", "glass_breaking"]  # what people watch a house for


def classes_of(shared, number, count=3):
    """`count` classes of the triple `number`: the first three are the triple."""
    names = sorted({row["category"] for row in clips(shared)})
    if number == 0:
        return (HOUSE + random.Random(1000).sample([name for name in names if name not in HOUSE], 5))[:count]
    return random.Random(1000 + number).sample(names, 8)[:count]
