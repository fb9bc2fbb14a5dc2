#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A search for students by successive halving: many networks are trained briefly, the better half longer, and so on.

  bench/student_search.py PROJECT FOLDER --candidates 16 --epochs 4 --rounds 3 --most-mmac 12 --most-kb 256

Drawn from the seed: the table's blocks narrower, wider, deeper or with other kernels, mel bins, hop. What is over the budget (MMAC
per second of audio, kB as int8, both as `pupil train` counts them) is not trained. Judged by `val_agreement`, the share of
validation windows that a student names as the teacher does: test recordings take no part. The network that ships
runs along from the first round to the last, so that a table is not better for having been drawn more often.
FOLDER/results.jsonl has a line a training; stop it anywhere and run it again: it goes on. At the end FOLDER/search.md and search.svg.
"""

import argparse
import json
import math
import os
import random
import re
import subprocess
import sys

from settings import set_key

PUPIL = os.path.abspath(os.environ.get("PUPIL", os.path.join(os.path.dirname(__file__), "../build/release/pupil")))
# The shapes of `small` (src/student/network_table.cpp): channels, expansion, kernel, stride of each block.
SMALL = [(32, 2, "3x3", "2x2"), (32, 2, "3x3", "1x2"), (32, 3, "3x3", "1x1"), (64, 4, "3x3", "2x2"),
         (64, 3, "1x3", "1x1"), (64, 3, "3x3", "1x1"), (96, 4, "1x3", "1x1")]


def draw(source):
    """A network of the space, as keys of [train]."""
    width = source.choice((0.5, 0.75, 1, 1.25, 1.5))
    expansion = source.choice((0.75, 1, 1.25))
    blocks = [f"conv {source.choice((16, 32))} k3x3 s2x2"]
    for channels, factor, kernel, stride in SMALL:
        channels = max(16, 16 * round(channels * width / 16))
        factor = max(1, round(factor * expansion, 1))
        if stride == "1x1" and source.random() < 0.3:
            kernel = "1x3" if kernel == "3x3" else "3x3"
        blocks.append(f"inverted {channels} x{factor:g} k{kernel} s{stride}")
        if stride == "1x1" and source.random() < 0.2:
            blocks.append(blocks[-1].replace(kernel, "1x3"))
    blocks.append(f"pointwise {source.choice((160, 240, 320, 400))}")
    return {"blocks": json.dumps(blocks), "mel_count": str(source.choice((40, 64, 64, 96))),
            "hop_ms": source.choice(("10.0", "10.0", "16.0"))}


class Search:
    def __init__(self, options):
        self.options = options
        self.folder = os.path.abspath(options.folder)
        os.makedirs(self.folder, exist_ok=True)
        project = os.path.abspath(options.project)
        self.settings = open(os.path.join(project, "pupil.toml")).read()
        made = subprocess.run([PUPIL, "train", project, "--prepare"], stdout=subprocess.PIPE, text=True, check=True)
        self.set = made.stdout.split("\n")[-2]
        self.known = {}
        if os.path.exists(self.results()):
            for line in open(self.results()):
                row = json.loads(line)
                if row["set"] == os.path.basename(self.set):  # labels of another day judge otherwise
                    self.known[row["name"], row["epochs"]] = row

    def results(self):
        return os.path.join(self.folder, "results.jsonl")

    def pupil_train(self, name, keys, *more):
        """pupil train with keys of [train] in a folder of their own: what it printed, or None where it refused."""
        place = os.path.join(self.folder, name)
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, "pupil.toml"), "w") as file:
            text = self.settings
            for key, value in dict(keys, init='"none"', seed=str(self.options.seed)).items():
                text = set_key(text, "train", key, value)
            file.write(text)
        with open(os.path.join(place, "log"), "a") as log:
            done = subprocess.run([PUPIL, "train", place, "--set", self.set, *more], stdout=subprocess.PIPE, stderr=log, text=True)
        return done.stdout if done.returncode == 0 else None

    def cost(self, name, keys):
        """kB and MMAC per second of audio; None where there is no such network, or it is over the budget."""
        text = self.pupil_train(name, keys, "--describe")
        found = text and re.search(r"([\d.,]+) (k|M)B as int8; ([\d.]+) MMAC per second", text)
        if not found:
            return None
        kilobytes = float(found[1].replace(",", "")) * (1000 if found[2] == "M" else 1)
        fits = kilobytes <= self.options.most_kb and float(found[3]) <= self.options.most_mmac
        return (kilobytes, float(found[3])) if fits else None

    def train(self, candidate, epochs):
        name, keys, (kilobytes, mmac) = candidate
        if (name, epochs) in self.known:
            return self.known[name, epochs]
        place = os.path.join(self.folder, f"{name}-{epochs}")
        trained = os.path.join(place, "train")
        if self.pupil_train(f"{name}-{epochs}", dict(keys, epochs=str(epochs)), "--out", trained) is None:
            sys.exit(f"{name}: pupil train failed, see {place}/log")
        last = json.loads(open(os.path.join(trained, "metrics.jsonl")).read().strip().split("\n")[-1])
        if "val_agreement" not in last:
            sys.exit("the project has no validation recordings ([split] val): there is nothing to choose by")
        row = {"name": name, "epochs": epochs, "kb": kilobytes, "mmac": mmac, "agreement": last["val_agreement"],
               "set": os.path.basename(self.set), "keys": keys}
        with open(self.results(), "a") as file:
            file.write(json.dumps(row) + "\n")
        self.known[name, epochs] = row
        print(f"{name}: {epochs} epochs, {kilobytes:.0f} kB, {mmac:.1f} MMAC/s: {100 * row['agreement']:.1f} %", file=sys.stderr)
        return row

    def candidates(self):
        """`small` as it ships, and so many networks within the budget. Another seed draws others: their names say which."""
        shipped_name = f"shipped-seed{self.options.seed}"
        shipped = {"size": '"small"', "body": '"inverted"', "blocks": "[]", "mel_count": "64", "hop_ms": "10.0"}
        size = self.cost(shipped_name, shipped)
        if size is None:
            sys.exit("the network that ships is over the budget")
        found = [(shipped_name, shipped, size)]
        source = random.Random(self.options.seed)
        for number in range(50 * self.options.candidates):
            if len(found) > self.options.candidates:
                return found
            keys = draw(source)
            size = self.cost(f"candidate{number}-seed{self.options.seed}", keys)
            if size is not None:
                found.append((f"candidate{number}-seed{self.options.seed}", keys, size))
        sys.exit("too few networks are within the budget")

    def run(self):
        running, epochs, rows = self.candidates(), self.options.epochs, []
        for _ in range(self.options.rounds):
            rows = [self.train(candidate, epochs) for candidate in running]
            ranked = sorted(zip(rows, running), key=lambda pair: -pair[0]["agreement"])
            running = [candidate for _, candidate in ranked[:math.ceil(len(ranked) / 2)]]
            if all(not name.startswith("shipped") for name, _, _ in running):
                running.append(next(candidate for _, candidate in ranked if candidate[0].startswith("shipped")))
            epochs *= 2
        return rows


def front(rows):
    """Those that no other row beats in agreement at no higher cost."""
    return [row for row in rows
            if not any(other["agreement"] > row["agreement"] and other["mmac"] <= row["mmac"] for other in rows)]


def picture(rows, best):
    """Agreement over MMAC/s: every network of the last round a dot, the front a line."""
    width, height, left, bottom = 640, 400, 60, 50
    xs, ys = [row["mmac"] for row in rows], [100 * row["agreement"] for row in rows]
    x0, x1, y0, y1 = 0, 1.1 * max(xs), min(ys) - 2, max(ys) + 2
    def at(row):
        x = left + (row["mmac"] - x0) / (x1 - x0) * (width - left - 20)
        y = height - bottom - (100 * row["agreement"] - y0) / (y1 - y0) * (height - bottom - 20)
        return f"{x:.1f},{y:.1f}"
    line = " ".join(at(row) for row in sorted(best, key=lambda row: row["mmac"]))
    dots = "".join(f'<circle cx="{at(row).split(",")[0]}" cy="{at(row).split(",")[1]}" r="5" fill="{"#c22" if row["name"].startswith("shipped") else "#27c"}">'
                   f'<title>{row["name"]}: {row["kb"]:.0f} kB</title></circle>' for row in rows)
    ticks = "".join(f'<text x="{left - 8}" y="{height - bottom - (value - y0) / (y1 - y0) * (height - bottom - 20):.1f}" text-anchor="end">{value:.0f}</text>'
                    for value in (y0, (y0 + y1) / 2, y1))
    ticks += "".join(f'<text x="{left + value / x1 * (width - left - 20):.1f}" y="{height - bottom + 20}" text-anchor="middle">{value:.1f}</text>'
                     for value in (0, x1 / 2, x1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">'
            f'<title>Students found by successive halving</title><rect width="{width}" height="{height}" fill="#fff"/>'
            f'<path d="M{left} 20V{height - bottom}H{width - 20}" fill="none" stroke="#888"/>{ticks}'
            f'<polyline points="{line}" fill="none" stroke="#27c"/>{dots}'
            f'<text x="{width / 2}" y="{height - 10}" text-anchor="middle">MMAC per second of audio (red: as it ships)</text>'
            f'<text x="16" y="{height / 2}" transform="rotate(-90 16 {height / 2})" text-anchor="middle">validation windows named as the teacher does, %</text></svg>\n')


def table(rows, best):
    text = "| network | agreement % | kB | MMAC/s | front | mel | hop ms | blocks |\n|---|---|---|---|---|---|---|---|\n"
    for row in sorted(rows, key=lambda row: -row["agreement"]):
        keys = row["keys"]
        blocks = "as it ships" if keys["blocks"] == "[]" else "; ".join(json.loads(keys["blocks"]))
        text += (f"| {row['name']} | {100 * row['agreement']:.1f} | {row['kb']:.0f} | {row['mmac']:.1f} | {'yes' if row in best else ''} | "
                 f"{keys['mel_count']} | {keys['hop_ms']} | {blocks} |\n")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project")
    parser.add_argument("folder")
    parser.add_argument("--candidates", type=int, default=16, help="beside the network that ships")
    parser.add_argument("--epochs", type=int, default=4, help="of the first round; each further one takes twice as many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most-mmac", type=float, default=12, help="per second of audio")
    parser.add_argument("--most-kb", type=float, default=256)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.candidates < 1 or options.rounds < 1 or options.epochs < 1:
        parser.error("candidates, rounds and epochs are at least 1")
    rows = Search(options).run()
    best = front(rows)
    with open(os.path.join(options.folder, "search.svg"), "w") as file:
        file.write(picture(rows, best))
    with open(os.path.join(options.folder, "search.md"), "w") as file:
        file.write(table(rows, best))
    print(table(rows, best), end="")


if __name__ == "__main__":
    main()
