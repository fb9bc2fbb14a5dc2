#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges a model of bench/open_world.sh on the fold held out: classes,auc,recall,false alarms an hour,per class.

AUC: any class against the rest, by the highest of the reported classes' scores over a clip (without negatives their sum is 1). Recall: share of the classes' clips in
which the device's event detector (pupil classify --events) reports an event of their class. False alarms: events in clips of
all other classes, per hour of these clips. Per class: recall and false alarms of each, by its name.
"""
import argparse
import collections
import json
import pathlib
import subprocess

import triples


def classified(pupil, model, files, *options):
    reply = subprocess.run([pupil, "classify", model, *files, "--json", *options], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in reply.stdout.splitlines()]


def auc(positive, negative):
    order = sorted([(score, 1) for score in positive] + [(score, 0) for score in negative])
    ranks, i = 0.0, 0
    while i < len(order):
        j = i
        while j < len(order) and order[j][0] == order[i][0]:
            j += 1
        ranks += sum(label for _, label in order[i:j]) * (i + j + 1) / 2
        i = j
    return (ranks - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))


def main():
    parser = argparse.ArgumentParser()
    for name in ("pupil", "shared", "project"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--triple", type=int)
    parser.add_argument("--fold")
    options = parser.parse_args()
    model = options.project / "model/world.pupil"
    triple = triples.classes_of(options.shared, options.triple)
    truth = {str(options.shared / "data/esc50/audio" / row["filename"]): row["category"]
             for row in triples.clips(options.shared) if row["fold"] == options.fold}
    scores = {line["file"]: max(line["scores"][name] for name in triple)
              for line in classified(options.pupil, model, truth)}
    events = collections.defaultdict(list)
    for line in classified(options.pupil, model, truth, "--events"):
        events[line["file"]].append(line["label"])
    rest = [file for file in truth if truth[file] not in triple]
    named = [file for file in truth if truth[file] in triple]
    hours = len(rest) * triples.CLIP_SECONDS / 3600
    false = collections.Counter(label for file in rest for label in events[file])
    found = collections.Counter(truth[file] for file in named if truth[file] in events[file])
    count = collections.Counter(truth[file] for file in named)
    per_class = ";".join(f"{name} {found[name] / count[name]:.2f} {false[name] / hours:.0f}" for name in triple)
    value = auc([scores[file] for file in named], [scores[file] for file in rest])
    print(f"{'+'.join(triple)},{value:.4f},{sum(found.values()) / len(named):.4f},{sum(false.values()) / hours:.1f},{per_class}")


if __name__ == "__main__":
    main()
