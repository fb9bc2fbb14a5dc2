#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds models/negatives: short clips of everyday sounds that projects learn as "none of these".

  scripts/negative_bank.py build/release/pupil ../shared/data mn04_as_mAP_432.pt models/negatives

Takes the clips of unlabelled/index.csv that may ship, without those that repeat a clip of the data sets which judge
(esc50, dogs), by pupil's own near-duplicate detection; then background sounds of pupil synth. Chooses by farthest points
of the tagger's embeddings until the bytes are spent, keeps groups whole, gives each group one part. The same inputs give
the same choice; the Opus encoder decides the bytes. Needs ffmpeg with libopus.
"""
import argparse
import csv
import hashlib
import json
import math
import pathlib
import subprocess
import tempfile

SECONDS = 3
BYTES_REAL, BYTES_SYNTHETIC = 4_700_000, 1_100_000
SYNTHETIC = "rain wind traffic hum clicks footsteps alarm siren doorbell knock music speech bird cricket".split()
PARTS = ["train", "val", "train", "test"]  # one group after the other


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def candidates(data):
    with open(data / "unlabelled/index.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["may_ship"] == "yes"]
    for row in rows:
        row["file"] = data / "unlabelled" / row["path"]
    return rows


def without_copies(pupil, data, rows, scratch):
    """Those that pupil collect does not set aside behind the clips that judge."""
    index = scratch / "candidates.csv"
    with open(index, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        writer.writerows([row["path"], row["hint"]] for row in rows)
    run(pupil, "init", scratch / "copies", "--classes", "one", "two")
    run(pupil, "--quiet", "collect", scratch / "copies", data / "esc50")
    run(pupil, "--quiet", "collect", scratch / "copies", "--csv", data / "dogs/index.csv")
    run(pupil, "--quiet", "collect", scratch / "copies", "--csv", index, "--root", data / "unlabelled")
    import sqlite3
    query = "SELECT path FROM set_aside WHERE source_id = (SELECT max(id) FROM sources)"
    aside = {path for (path,) in sqlite3.connect(scratch / "copies/catalogue.db").execute(query)}
    return [row for row in rows if row["path"] not in aside]


def synthetic(pupil, scratch):
    run(pupil, "synth", scratch / "synth", "--classes", ",".join(SYNTHETIC), "--clips", 112, "--seconds", SECONDS,
        "--seed", 2025, "--clean")
    with open(scratch / "synth/clips.csv", newline="") as file:
        return [{"path": row["path"], "file": scratch / "synth" / row["path"], "hint": row["label"],
                 "group": "synth:" + row["group"], "source": "pupil synth", "licence": row["licence"],
                 "author": row["author"]} for row in csv.DictReader(file)]


def encoded(row, scratch):
    """The first seconds behind silence, mono Opus."""
    out = scratch / "out.opus"
    run("ffmpeg", "-y", "-loglevel", "error", "-i", row["file"], "-af",
        "silenceremove=start_periods=1:start_threshold=-55dB", "-t", SECONDS, "-ac", 1, "-ar", 48000, "-c:a", "libopus",
        "-b:a", "32k", "-map_metadata", -1, "-fflags", "+bitexact", "-flags:a", "+bitexact", out)
    return out.read_bytes()


def embeddings(pupil, teacher, rows):
    rows_of = []
    for begin in range(0, len(rows), 100):
        files = [row["file"] for row in rows[begin:begin + 100]]
        reply = json.loads(run(pupil, "--quiet", "embed", teacher, "--audio", *files, "--json"))
        rows_of += [entry["embedding"] for entry in reply["audio"]]
    return [unit(row) for row in standardised(rows_of)]


def standardised(rows):
    means = [sum(column) / len(rows) for column in zip(*rows)]
    spreads = [math.sqrt(sum((x - mean) ** 2 for x in column) / len(rows)) or 1 for column, mean in zip(zip(*rows), means)]
    return [[(x - mean) / spread for x, mean, spread in zip(row, means, spreads)] for row in rows]


def unit(row):
    length = math.sqrt(sum(x * x for x in row)) or 1
    return [x / length for x in row]


def farthest_points(points):
    """Indices, each as far as possible from all before it; the first is the farthest from the mean."""
    nearest = [0.0] * len(points)
    order, left = [], set(range(len(points)))
    while left:
        best = min(left, key=lambda i: (nearest[i], i))
        order.append(best)
        left.remove(best)
        for i in left:
            likeness = 2 + sum(a * b for a, b in zip(points[i], points[best]))
            nearest[i] = max(nearest[i], likeness)
    return order


def choose(rows, order, limit, scratch):
    chosen, spent = [], 0
    for index in order:
        data = encoded(rows[index], scratch)
        if spent + len(data) > limit or len(data) < 400:
            continue
        spent += len(data)
        chosen.append((rows[index], data))
    return chosen


def write_bank(chosen, out):
    (out / "audio").mkdir(parents=True, exist_ok=True)
    for old in (out / "audio").glob("*.opus"):
        old.unlink()
    parts, table = {}, []
    for row, data in chosen:
        parts.setdefault(row["group"], PARTS[len(parts) % len(PARTS)])
        digest = hashlib.sha256(data).hexdigest()
        name = f"audio/{digest[:12]}.opus"
        (out / name).write_bytes(data)
        author = row["author"] if row["author"] and not row["author"].startswith("[") else "not named"
        table.append([name, row["source"], row["licence"], author, row["hint"], row["group"], parts[row["group"]], digest])
    with open(out / "index.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("path source licence author hint group part sha256".split())
        writer.writerows(sorted(table))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pupil", "data", "teacher", "out"):
        parser.add_argument(name, type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        real = without_copies(options.pupil, options.data, candidates(options.data), scratch)
        order = farthest_points(embeddings(options.pupil, options.teacher, real))
        chosen = choose(real, order, BYTES_REAL, scratch)
        made = synthetic(options.pupil, scratch)
        chosen += choose(made, range(len(made)), BYTES_SYNTHETIC, scratch)
        write_bank(chosen, options.out)


if __name__ == "__main__":
    main()
