#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which score tells a model's classes from everything else: AUC of clips of the fold, mean over a clip's windows.

  bench/open_world/open_set.py build/release/window_logits ../shared PROJECT --triple 1 --fold 4

probability   the highest of the reported classes' softmax: what the device has
margin        the highest of their logits less that of "none of these"
max_logit     the highest of their logits
energy        log-sum-exp of their logits
"""
import argparse
import collections
import math
import pathlib
import subprocess

import judge
import triples


def softmax_best(logits, reported):
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    return max(math.exp(z - highest) / total for z in logits[:reported])


SCORES = {
    "probability": softmax_best,
    "margin": lambda z, reported: max(z[:reported]) - z[-1],
    "max_logit": lambda z, reported: max(z[:reported]),
    "energy": lambda z, reported: math.log(sum(math.exp(x) for x in z[:reported])),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "shared", "project"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--triple", type=int)
    parser.add_argument("--fold", default="4")
    options = parser.parse_args()
    triple = triples.classes_of(options.shared, options.triple)
    rows = [row for row in triples.clips(options.shared) if row["fold"] == options.fold]
    files = [options.shared / "data/esc50/audio" / row["filename"] for row in rows]
    reply = subprocess.run([options.program, options.project / "model/world.pupil", *files], check=True,
                           capture_output=True, text=True).stdout
    windows = collections.defaultdict(list)
    for line in reply.splitlines():
        number, *logits = line.split()
        windows[int(number)].append([float(z) for z in logits])
    for name, score in SCORES.items():
        means = {number: sum(score(z, len(triple)) for z in all_of) / len(all_of) for number, all_of in windows.items()}
        named = [value for number, value in means.items() if rows[number]["category"] in triple]
        rest = [value for number, value in means.items() if rows[number]["category"] not in triple]
        print(f"{name} {judge.auc(named, rest):.4f}")


if __name__ == "__main__":
    main()
