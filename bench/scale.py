#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory of the catalogue's commands by its size: synthetic rows, the real program.

    bench/scale.py build/release/pupil 10000 100000 1000000

A project of one real clip is collected and labelled; its rows are then copied N times (clips, recordings, views, levels, given
labels; an embedding of noise each), and the program runs on the whole. One window a clip, so that N is the number of windows
too. Prints a table: microseconds a clip, and peak memory. FOLDER in the environment: where the projects lie (default: a temporary one).
"""
import os
import random
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time


def run(program, *words):
    """Wall seconds, CPU seconds and peak resident MB of one command."""
    begin = time.time()
    process = subprocess.Popen([program, "--quiet", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"scale: {' '.join(words)} failed")
    return time.time() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def make_project(program, folder):
    sounds = os.path.join(folder, "sounds")
    subprocess.run([program, "--quiet", "synth", sounds, "--clips", "1", "--seconds", "5", "--classes", "bark", "--seed", "1"],
                   check=True, stdout=subprocess.DEVNULL)
    project = os.path.join(folder, "yard")
    subprocess.run([program, "init", project, "--classes", "dog barking", "rain", "--source", sounds], check=True,
                   stdout=subprocess.DEVNULL)
    path = os.path.join(project, "pupil.toml")
    text = open(path).read()
    for section, lines in (("teacher", 'input = "clip"'), ("window", "length_s = 5.0\nhop_s = 5.0"),
                           ("label", 'broad_negatives = false\nrefine = "off"\nmax_per_class = 2000\naccept = 0.3\nmargin = 0.0')):
        text = text.replace(f"[{section}]\n", f"[{section}]\n{lines}\n", 1)
    open(path, "w").write(text)
    subprocess.run([program, "--quiet", "collect", project], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([program, "--quiet", "label", project], check=True, stdout=subprocess.DEVNULL)
    return project


def add_clips(project, count):
    """Copies the one clip `count` times, with an original view and given label each; no embedding yet."""
    db = sqlite3.connect(os.path.join(project, "catalogue.db"))
    clip = db.execute("SELECT * FROM clips").fetchone()
    view = db.execute("SELECT * FROM views").fetchone()
    blocks, = db.execute("SELECT blocks FROM levels").fetchone()
    clip_names = [row[1] for row in db.execute("PRAGMA table_info(clips)")]
    view_names = [row[1] for row in db.execute("PRAGMA table_info(views)")]
    chance = random.Random(1)
    classes = [db.execute("INSERT INTO classes(name) VALUES (?) RETURNING id", (f"label {i}",)).fetchone()[0] for i in range(50)]
    for begin in range(2, count + 1, 10000):
        numbers = range(begin, min(begin + 10000, count + 1))
        db.executemany("INSERT OR IGNORE INTO recordings(id, name, split) VALUES (?, ?, ?)",
                       ((2 + n // 4, f"recording {n // 4}", (0, 0, 0, 1, 2)[n // 4 % 5]) for n in numbers))
        db.executemany(f"INSERT INTO clips VALUES ({','.join('?' * len(clip))})",
                       ([{"id": n, "recording_id": 2 + n // 4, "path": f"copy/{n}.wav"}.get(name, value)
                         for name, value in zip(clip_names, clip)] for n in numbers))
        db.executemany("INSERT INTO truths(clip_id, class_id) VALUES (?, ?)", ((n, chance.choice(classes)) for n in numbers))
        db.executemany(f"INSERT INTO views VALUES ({','.join('?' * len(view))})",
                       ([{"id": n, "clip_id": n}.get(name, value) for name, value in zip(view_names, view)] for n in numbers))
        db.executemany("INSERT INTO levels VALUES (?, ?)", ((n, blocks) for n in numbers))
        db.commit()
    db.close()


def add_embeddings(project, count):
    db = sqlite3.connect(os.path.join(project, "catalogue.db"))
    config, values = db.execute('SELECT config_id, "values" FROM view_embeddings').fetchone()
    size = len(values) // 4
    chance = random.Random(2)
    stock = [struct.pack(f"{size}f", *(chance.gauss(0, size ** -0.5) for _ in range(size))) for _ in range(500)]
    for begin in range(2, count + 1, 10000):
        db.executemany('INSERT OR IGNORE INTO view_embeddings(config_id, view_id, "values") VALUES (?, ?, ?)',
                       ((config, n, stock[n % len(stock)]) for n in range(begin, min(begin + 10000, count + 1))))
        db.commit()
    db.close()
    return size


def measure(program, folder, count):
    os.makedirs(folder)
    project = make_project(program, folder)
    begin = time.time()
    add_clips(project, count)
    print(f"  {count}: rows of clips in {time.time() - begin:.0f} s", file=sys.stderr)
    figures = {}

    def step(name, *words):
        figures[name] = run(program, *words)
        print(f"  {count}: {name}: {figures[name][0]:.1f} s, {figures[name][1]:.1f} CPU s, {figures[name][2]:.0f} MB", file=sys.stderr)

    step("status", "status", project)
    step("plan label by 8 shards", "plan", project, "label", "--shards", "8")
    step("throw it away", "plan", project, "--discard")
    add_embeddings(project, count)
    step("label: score, decide, report", "label", project)
    step("label again, nothing new", "label", project)
    step("label --report", "label", project, "--report")
    step("training set (at most 2,000 windows a class)", "train", project, "--prepare")
    step("status of a labelled project", "status", project)
    figures["bytes"] = os.path.getsize(os.path.join(project, "catalogue.db")) / count
    return figures


def main():
    program, counts = os.path.abspath(sys.argv[1]), [int(word) for word in sys.argv[2:]]
    base = os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="pupil-scale-")
    results = {count: measure(program, os.path.join(base, str(count)), count) for count in counts}
    print("| | " + " | ".join(f"{count:,} clips: CPU s | us a clip | MB" for count in counts) + " |")
    print("|---" * (1 + 3 * len(counts)) + "|")
    for name in results[counts[0]]:
        if name in ("bytes", "throw it away"):
            continue
        cells = []
        for count in counts:
            _, cpu, memory = results[count][name]
            cells += [f"{cpu:.2f}", f"{cpu / count * 1e6:.1f}", f"{memory:.0f}"]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("| bytes of the catalogue a clip | " + " | ".join(f"{results[count]['bytes']:,.0f} | | " for count in counts) + " |")


main()
