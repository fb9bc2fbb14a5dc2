#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Walks faults and kills over the calls of every stage, as SQLite's tests do.

    walk.py BUILD [--scene NAME...] [--kind KIND...] [--reason REASON...] [--most N] [--last N] [--jobs N] [--verbose]

BUILD is a build folder (build/release). A scene is one command on a small project that is ready for it. It is run once to count its
calls of each kind, then once for each chosen call, which fails (fault_shim.c). Of each kind at most --most calls are walked, evenly
chosen; 0: all of them. --last N: of the last N calls, where threads end and destructors tidy up. Asked of each fault:

    error     exit code 1, and a last line "pupil COMMAND: ..." that gives the system's reason and, where a file is at fault, a path
    goes on   exit code 0: all that belongs to the result is there, or a warning says what is not (an allowed loss)
    survived  EINTR and short counts: exit code 0 and the same result
    killed    SIGKILL at that call

and of each of them that the next run, undisturbed, completes with the bytes of a run that nothing disturbed, and leaves no temporary file.
Prints a table and every breach; the exit code is 1 if there is one. 77: the shim or a program is not there.
"""
import argparse
import collections
import concurrent.futures
import csv
import hashlib
import os
import pathlib
import queue
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile

KINDS = ["write", "sync", "rename", "resize", "map", "memory", "open", "read", "folder", "remove", "fwrite", "fread"]
TABLE = struct.Struct(f"{len(KINDS)}qq1024s")
# "+": every later call fails too.
REASONS = {
    "write": ["ENOSPC", "ENOSPC+", "EIO", "EINTR", "short", "kill", "torn"],
    "sync": ["EIO", "EINTR", "kill"],
    "rename": ["EIO", "kill"],
    "resize": ["EIO", "EINTR", "kill"],
    "map": ["ENOMEM"],
    "memory": ["ENOMEM"],
    "open": ["EMFILE", "EIO"],
    "read": ["EIO", "EINTR", "short"],
    "folder": ["ENOSPC"],
    "remove": ["EIO"],
    "fwrite": ["ENOSPC", "kill"],
    "fread": ["EIO"],
}
SURVIVED = ("EINTR", "short")
KILLS = ("kill", "torn")
WORDS = re.compile(r"No space left on device|disk is full|disk I/O error|Input/output error|Cannot allocate memory|out of memory|"
                   r"Too many open files|unable to open database file|database or disk is full|Interrupted system call", re.I)
# A hang is a breach.
TIMEOUT_S = 600

Fault = collections.namedtuple("Fault", "kind call reason")
Outcome = collections.namedtuple("Outcome", "code output table")


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def rows_of(project):
    """What the catalogue says, without ids and times: those are of a run, not of its result."""
    queries = {
        "clips": """SELECT c.path, c.duration_ms, r.name, r.split, c.metadata FROM clips c JOIN recordings r ON r.id = c.recording_id""",
        "set_aside": "SELECT path, reason, detail FROM set_aside",
        "views": """SELECT c.path, v.kind, v.state, v.query, v.hash, v.sample_count, v.energy_ratio FROM views v JOIN clips c ON c.id = v.clip_id""",
        "labels": """SELECT c.path, v.kind, v.query, w.start_sample, l.verdict, k.name, l.soft, l.confidence FROM labels l
            JOIN windows w ON w.id = l.window_id JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id JOIN classes k ON k.id = l.class_id""",
        "skips": "SELECT reason, detail FROM skips",
        "journal": "SELECT clip_id, start_ms, length_ms, kind, reviewer, undone FROM review_journal",
        "reviews": "SELECT clip_id, start_ms, length_ms, class_id, reviewer FROM reviews",
    }
    # Of a copy: what a killed command left is rolled back by whoever opens it, and that is the next run's to do.
    copies = tempfile.TemporaryDirectory()
    for file in project.glob("catalogue.db*"):
        shutil.copy(file, copies.name)
    base = sqlite3.connect(f"{copies.name}/catalogue.db")
    try:
        whole = base.execute("PRAGMA integrity_check").fetchone()[0]
        if not base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return {"integrity": whole, "tables": "none yet"}
        return {"integrity": whole} | {name: digest(repr(sorted(base.execute(query).fetchall(), key=repr)).encode()) for name, query in queries.items()}
    except sqlite3.OperationalError as error:  # a catalogue that was being made: its schema comes in steps
        return {"integrity": whole, "tables": str(error)}
    finally:
        base.close()
        copies.cleanup()


def result_of(folder):
    """What a project holds that must not depend on what disturbed it, by name."""
    result = {}
    project = folder / "yard"
    if (project / "catalogue.db").exists():
        result |= rows_of(project)
    for file in sorted(project.rglob("*")):
        name = str(file.relative_to(project))
        # A checkpoint holds seconds, the report the time of its making and of inferences; a lock's text is a process's.
        if not file.is_file() or name.startswith("catalogue.db") or name == ".lock":
            continue
        timed = name in ("train/checkpoint.safetensors", "train/metrics.jsonl", "train/metrics.svg", "report/report.json", "report/index.html")
        result[name] = "there" if timed else digest(file.read_bytes())
    return result


def home_of(folder):
    """A listener's home: every clip that the index names is whole, every line is whole, and both are there."""
    result = {}
    for index in sorted((folder / "home/index").glob("*.tsv")):
        lines = [line.split("\t") for line in index.read_text().splitlines()]
        for fields in lines[1:]:
            whole = len(fields) == len(lines[0])
            clip = dict(zip(lines[0], fields)).get("clip", "")
            there = not clip or (folder / "home" / clip).exists()
            result["index"] = result.get("index", 0) + 1
            if not whole or not there:
                result[f"broken {fields[:2]}"] = [whole, there]
    for line in (folder / "events.jsonl").read_text().splitlines() if (folder / "events.jsonl").exists() else []:
        result["lines"] = result.get("lines", 0) + 1
        if not (line.startswith("{") and line.endswith("}")):
            result[f"torn line {line[:40]}"] = True
    for clip in (folder / "home").rglob("*.flac"):
        result["clips"] = result.get("clips", 0) + 1
        if clip.read_bytes()[:4] != b"fLaC":
            result[f"broken {clip.name}"] = True
    return result


class Scene:
    """One command, and what is asked of it."""

    def __init__(self, name, words, program, result=result_of, loses=False):
        self.name, self.words, self.program, self.result = name, words, program, result
        self.input = None   # a file on standard input
        self.loses = loses  # goes on without what the disk refuses, and says so
        self.start = None   # the folder that it begins with
        self.before = None  # its result_of()
        self.expected = None
        self.counts = {}


class Walk:
    def __init__(self, build, scratch, options):
        self.pupil = build / "pupil"
        self.tests = build / "tests"
        self.models = (build / "models").resolve()
        self.shim = next(iter((build / "tests").glob("faults/*fault_shim.so")), None)
        self.scratch, self.options = scratch, options
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", LC_ALL="C.UTF-8", TMPDIR=str(scratch / "tmp"))
        (scratch / "tmp").mkdir()

    def run(self, scene, folder, fault=None, counting=False):
        environment = dict(self.environment)
        table = folder.parent / (folder.name + ".table")
        if fault or counting:
            table.write_bytes(bytes(TABLE.size))
            environment |= {"LD_PRELOAD": str(self.shim), "PUPIL_FAULT_TABLE": str(table), "PUPIL_FAULT_UNDER": f"{self.scratch}/:{self.models}/",
                            "PUPIL_FAULT_PROGRAM": scene.program}
        if fault:
            environment |= {"PUPIL_FAULT_KIND": fault.kind, "PUPIL_FAULT_CALL": str(fault.call), "PUPIL_FAULT_REASON": fault.reason.rstrip("+"),
                            "PUPIL_FAULT_STAYS": "1" if fault.reason.endswith("+") else "0"}
        try:
            with open(folder / scene.input if scene.input else "/dev/null", "rb") as given:
                done = subprocess.run([self.pupil, *scene.words], cwd=folder, env=environment, stdin=given, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, timeout=TIMEOUT_S, errors="replace")
            code, output = done.returncode, done.stderr
        except subprocess.TimeoutExpired:
            code, output = "hangs", ""
        values = TABLE.unpack(table.read_bytes()) if fault or counting else None
        return Outcome(code, output, values)

    def breach(self, scene, folder, fault, outcome):
        """What became of it, and what is wrong with that."""
        code, output = outcome.code, outcome.output
        last = output.strip().splitlines()[-1] if output.strip() else ""
        path = outcome.table[-1].split(b"\0")[0].decode(errors="replace")
        if outcome.table[-2] == 0:
            return "not reached", None
        if fault.reason in KILLS:
            return "killed", None if code == -signal.SIGKILL else f"exit code {code} instead of a kill"
        if code == 0:
            result = scene.result(folder)
            # A temporary file that cannot be removed stays; the next command removes it, which inject() looks at.
            if fault.kind == "remove":
                result = {name: value for name, value in result.items() if "/.pupil-" not in name}
            if result == scene.expected:
                return "survived" if fault.reason in SURVIVED else "goes on", None
            if scene.loses and fault.reason not in SURVIVED and WORDS.search(output):
                return "goes on", None
            return "lost", f"exit code 0, {difference(result, scene.expected)}; {path}; said: {last}"
        if code != 1:
            return "crash", f"exit code {code}; {path}; said: {output[-300:]}"
        if fault.reason in SURVIVED:
            return "error", f"not survived; {path}; said: {last}"
        if not last.startswith(("pupil ", "pupil: ")):
            return "error", f"no line of its own; {path}; said: {output[-300:]}"
        if not WORDS.search(last) or (fault.kind != "memory" and "/" not in last and pathlib.Path(path).name not in last):
            return "error", f"unclear, {path}; said: {last}"
        return "error", None

    def inject(self, scene, fault, place):
        folder = place / "work"
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(scene.start, folder, symlinks=True)
        outcome = self.run(scene, folder, fault)
        kind, wrong = self.breach(scene, folder, fault, outcome)
        result = scene.result(folder)
        # From what was there before, or is the result already, the next run is the undisturbed one.
        if wrong is None and kind != "not reached" and result not in (scene.before, scene.expected):
            after = self.run(scene, folder)
            result = scene.result(folder)
            if after.code != 0:
                wrong = f"the next run: exit code {after.code}: {after.output[-300:]}"
            elif scene.result is result_of and result != scene.expected:
                wrong = f"after the next run: {difference(result, scene.expected)}"
            elif scene.result is home_of and any(str(name).startswith(("broken", "torn")) for name in result):
                wrong = f"after the next run: {result}"
        return kind, wrong

    def calls_of(self, count):
        last = min(self.options.last or count, count)
        first, most = count + 1 - last, self.options.most
        if most == 0 or last <= most:
            return range(first, count + 1)
        return sorted({first + i * (last - 1) // (most - 1) for i in range(most)}) if most > 1 else [first + last // 2]

    def chosen(self, scene):
        faults = []
        for kind in self.options.kind or KINDS:
            calls = self.calls_of(scene.counts[kind])
            for reason in REASONS[kind]:
                if self.options.reason and reason not in self.options.reason:
                    continue
                if scene.result is home_of and kind == "memory":
                    continue
                faults += [Fault(kind, call, reason) for call in calls]
        return faults

    def walk(self, scene, places):
        """All faults of a scene; prints its rows and its breaches, returns how many there are."""
        rows, breaches = {}, []

        def one(fault):
            place = places.get()
            try:
                return fault, *self.inject(scene, fault, place)
            finally:
                places.put(place)

        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for fault, kind, wrong in pool.map(one, self.chosen(scene)):
                row = rows.setdefault((fault.kind, fault.reason), collections.Counter())
                row[kind] += 1
                if wrong:
                    row["breaches"] += 1
                    breaches.append((fault, wrong))
                    print(f"BREACH {scene.name}: {fault.kind} {fault.call} {fault.reason}: {wrong}", flush=True)
                elif self.options.verbose:
                    print(f"{scene.name}: {fault.kind} {fault.call} {fault.reason}: {kind}", flush=True)
        for (kind, reason), row in rows.items():
            said = ", ".join(f"{word} {row[word]}" for word in ("error", "goes on", "survived", "killed", "lost", "crash", "not reached") if row[word])
            total = sum(row[word] for word in row if word != "breaches")
            print(f"| {scene.name} | {kind} | {reason} | {total} of {scene.counts[kind]} | {said} | {row['breaches']} |", flush=True)
        return len(breaches)


def difference(got, wanted):
    names = [f"{name} is {got.get(name, 'absent')}, not {wanted.get(name, 'absent')}" for name in sorted(set(got) | set(wanted), key=str) if got.get(name) != wanted.get(name)]
    return "; ".join(names[:4]) or "the same"


SETTINGS = {
    "mode = ": 'mode = "both"', "query = ": 'query = "a dog"', "input = ": 'input = "clip"', "negative_bank = ": 'negative_bank = ""',
    "broad_negatives = ": "broad_negatives = false", "accept = ": "accept = 0.1", "margin = ": "margin = 0.0", "reject = ": "reject = 0.05",
    "size = ": 'size = "tiny"', "init = ": 'init = "none"', "epochs = ": "epochs = 2", "quantise_epochs = ": "quantise_epochs = 0.5",
    "batch = 64": "batch = 4", "checkpoint_s = ": "checkpoint_s = 0.01", "threads = ": "threads = 1",
}


def make_project(walk, folder, with_separator):
    """Six clips, two classes; train, val and test."""
    sounds = walk.scratch / "sounds"
    quiet = dict(check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=walk.scratch, env=walk.environment)
    if not sounds.exists():
        subprocess.run([walk.pupil, "--quiet", "synth", sounds, "--clips", "8", "--seconds", "1", "--classes", "bark,howl", "--seed", "5"], **quiet)
        rows = list(csv.DictReader(open(sounds / "clips.csv")))
        with open(sounds / "clips.csv", "w", newline="") as out:
            table = csv.DictWriter(out, ["path", "label", "group", "split"])
            table.writeheader()
            for number, row in enumerate(rows):
                split = "train" if number < 4 else "val" if number < 6 else "test"
                table.writerow({"path": row["path"], "label": row["label"], "group": f"group {number}", "split": split})
        if with_separator:
            subprocess.run([walk.tests / "random_separator", walk.scratch / "models"], **quiet)
    subprocess.run([walk.pupil, "init", folder / "yard", "--classes", "bark", "howl", "--source", sounds / "clips.csv"], **quiet)
    file = folder / "yard/pupil.toml"
    lines = []
    for line in file.read_text().splitlines():
        key = next((key for key in SETTINGS if line.startswith("#" + key)), None)
        if line.startswith('#model = "sep-nano"'):
            line = f'model = "{walk.scratch}/models/separator.safetensors"'
        lines.append(SETTINGS[key] if key else line)
    file.write_text("\n".join(lines) + "\n")


LISTEN = """[[model]]
path = "tone.pupil"
[[source]]
name = "mic"
input = "-"
[clips]
pre_roll_s = 1.0
post_roll_s = 1.0
[[sink]]
kind = "json"
path = "events.jsonl"
"""


def make_scenes(walk, wanted):
    """Each begins where the one before has ended; what is not wanted is still run, once."""
    start = walk.scratch / "start"
    start.mkdir()
    stages = ["collect", "separate", "label", "train", "export", "evaluate"]
    last = max((number for number, stage in enumerate(stages) if stage in wanted), default=-1)
    if last >= 0 or "run" in wanted:
        make_project(walk, start, last > 0 or "run" in wanted)
    scenes = []
    run = Scene("run", ["run", "yard", "--threads", "1"], "pupil-forge")
    run.start = walk.scratch / "start-run"
    shutil.copytree(start, run.start)
    for stage in stages[:last + 1]:
        threads = ["--threads", "1"] if stage in ("collect", "separate") else []
        scene = Scene(stage, [stage, "yard", *threads], "pupil" if stage == "collect" else "pupil-forge")
        scene.start = walk.scratch / f"start-{stage}"
        shutil.copytree(start, scene.start)
        ended = count(walk, scene, start)
        scenes.append(scene)
    if "review" in wanted:
        review = Scene("review", ["review", "yard", "--import", "labels.csv", "--reviewer", "ann"], "pupil")
        review.start = walk.scratch / "start-review"
        (review.start / "yard").mkdir(parents=True)
        subprocess.run([walk.tests / "review_project", review.start / "yard", "4"], check=True)
        (review.start / "labels.csv").write_text("file,start_s,end_s,label,reviewer\nclip 1.wav,0,60,dog barking,ann\n")
        folder = walk.scratch / "review"
        shutil.copytree(review.start, folder)
        count(walk, review, folder)
        scenes.append(review)
    if "run" in wanted:
        folder = walk.scratch / "run"
        shutil.copytree(run.start, folder)
        count(walk, run, folder)
        scenes.append(run)
    if "listen" in wanted:
        listen = Scene("listen", ["listen", "listen.toml"], "pupil", home_of, loses=True)
        listen.start = walk.scratch / "start-listen"
        listen.start.mkdir()
        subprocess.run([walk.tests / "tone_model", listen.start], check=True)
        (listen.start / "listen.toml").write_text(LISTEN)
        noise, tone = ((listen.start / f"{name}.raw").read_bytes() for name in ("noise", "tone"))
        (listen.start / "sound.raw").write_bytes((noise + tone) * 3 + noise)
        listen.input = "sound.raw"
        folder = walk.scratch / "listen"
        shutil.copytree(listen.start, folder)
        count(walk, listen, folder)
        scenes.append(listen)
    return [scene for scene in scenes if scene.name in wanted]


def count(walk, scene, folder):
    """The undisturbed run: its calls and its result."""
    outcome = walk.run(scene, folder, counting=True)
    if outcome.code != 0:
        sys.exit(f"{scene.name} without a fault: exit code {outcome.code}: {outcome.output}")
    scene.before = scene.result(scene.start)
    scene.counts = dict(zip(KINDS, outcome.table))
    scene.expected = scene.result(folder)
    print(f"{scene.name}: " + ", ".join(f"{kind} {number}" for kind, number in scene.counts.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    scenes = ["collect", "separate", "label", "review", "train", "export", "evaluate", "run", "listen"]
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--scene", nargs="+", choices=scenes, default=scenes)
    parser.add_argument("--kind", nargs="+", choices=KINDS)
    parser.add_argument("--reason", nargs="+", choices=sorted({reason for reasons in REASONS.values() for reason in reasons}))
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--last", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        walk = Walk(options.build.resolve(), pathlib.Path(scratch).resolve(), options)
        if walk.shim is None or not walk.pupil.exists():
            print("skipped: the shim or the program is not built")
            return 77
        chosen = make_scenes(walk, options.scene)
        places = queue.Queue()
        for number in range(options.jobs):
            place = walk.scratch / f"place{number}"
            place.mkdir()
            places.put(place)
        print("| scene | kind | reason | faults | what became of them | breaches |\n|---|---|---|---|---|---|", flush=True)
        breaches = sum(walk.walk(scene, places) for scene in chosen)
        print(f"{breaches} breaches")
        return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
