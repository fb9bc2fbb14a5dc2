#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# What verdicts and examples are worth to the labels of ESC-50, and to a student that learns from them: the real commands on a
# project whose verdicts are simulated from its given labels. A table in Markdown at the end; stop it anywhere and run it again: it
# goes on.
#
#   bench/verdicts.py PROJECT FOLDER           PROJECT as scripts/real.sh makes it, collected and labelled
#   FOLDS="4 3" SEEDS="1 2 3" bench/verdicts.py build/real/esc50 build/verdicts
#   FOLDS=4 STUDENTS="1 2 3" ORDERS="none random page" SEEDS=1 bench/verdicts.py build/real/esc50 build/students
#
# With STUDENTS a student is trained from the labels of each run once for each of these seeds (pupil run), and judged as the int8 model on
# the clips of the fold that is held out; take a FOLDER of its own for them.
#
# Each fold of FOLDS is held out in turn as the test split; verdicts are given on the three others alone. The teacher is
# $TEACHER (EfficientAT's mn04 alone). Orders of the verdicts:
#   none      no verdict
#   random    five clips of each class by lot (by the given labels: a person who looks for them)
#   called    five clips of each class that the labels without verdicts name, by lot
#   margin    the same, those with the smallest margin first
#   coverage  the same, each as far as possible from those before it in the teacher's embedding
#   page      as many as `random`, in the order in which the page of `pupil review` asks for them (--order worth)
#   examples  five clips of each of five weak classes in a folder, as [[class]] examples
#   shown     the same, and the classes have no words
# FOLDER/results.csv has a line a run: clips right of the fold that is held out, of clips without a verdict, and of all.
import array, csv, http.client, json, math, os, pathlib, random, re, shutil, sqlite3, subprocess, sys, urllib.parse

from settings import set_key

ROOT = pathlib.Path(__file__).resolve().parent.parent
PUPIL = os.environ.get("PUPIL", str(ROOT / "build/release/pupil"))
PER_CLASS = 5
STUDENTS = os.environ.get("STUDENTS", "").split()
WEAK = ["can_opening", "drinking_sipping", "pouring_water", "washing_machine", "wind"]


def pupil(*words):
    subprocess.run([PUPIL, "--quiet", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def floats(blob):
    return array.array("f", blob)


def hold_out(project, out, fold):
    """A project of its own for each fold: its audio is linked, the catalogue copied."""
    folder = out / f"fold{fold}"
    if folder.exists():
        return folder
    making = out / "making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    with sqlite3.connect(project / "catalogue.db") as source, sqlite3.connect(making / "catalogue.db") as copy:
        source.backup(copy)
    (making / "store").symlink_to((project / "store").resolve())
    text = (project / "pupil.toml").read_text()
    split_map = ", ".join(f'"{f}={"test" if f == fold else "train"}"' for f in (1, 2, 3, 4))
    text = re.sub(r"(?m)^split_map = .*\n", "", text)
    text = text.replace("[[source]]\n", f"[[source]]\nsplit_map = [{split_map}]\n", 1)
    text = re.sub(r'(?m)^path = "(\.\./.*)"', lambda m: f'path = "{(project / m[1]).resolve()}"', text)
    text = re.sub(r"(?m)^(ensemble|model) = .*clap-nano.*\n", "", text)
    if "TEACHER" in os.environ:
        text = set_key(text, "teacher", "model", f'"{os.environ["TEACHER"]}"')
    text = re.sub(r"(?m)^hears = ", "input = ", text)
    for key, value in (("refine", '"auto"'), ("broad_negatives", "false"), ("accept", "0.5"), ("margin", "0.1")):
        text = set_key(text, "label", key, value)
    (making / "pupil.toml").write_text(text)
    pupil("collect", making)
    making.rename(folder)
    return folder


class Clips:
    """What the labels of a project say of its clips: the mean of their windows' soft targets."""

    def __init__(self, folder):
        self.db = sqlite3.connect(folder / "catalogue.db")
        (config, text), = self.db.execute(
            "SELECT id, text FROM configs WHERE stage = 'label' AND EXISTS (SELECT 1 FROM labels WHERE config_id = configs.id)"
            " ORDER BY id DESC LIMIT 1")

        self.names = json.loads(text)["classes"]
        self.truth, self.test, self.recording, self.path = {}, {}, {}, {}
        for clip, name, split, recording, path in self.db.execute(
                "SELECT c.id, k.name, r.split, r.name, c.path FROM clips c JOIN recordings r ON r.id = c.recording_id"
                " JOIN truths t ON t.clip_id = c.id JOIN classes k ON k.id = t.class_id GROUP BY c.id"):
            self.truth[clip], self.test[clip] = name, split == 2
            self.recording[clip], self.path[clip] = recording, path
        sums, self.best = {}, {}
        for clip, start, activity, soft in self.db.execute(
                "SELECT v.clip_id, w.start_sample * 1000 / v.sample_rate_hz, w.activity_db, l.soft FROM labels l"
                " JOIN windows w ON w.id = l.window_id JOIN views v ON v.id = w.view_id"
                " WHERE l.config_id = ? AND length(l.soft) > 0 ORDER BY w.id", (config,)):
            total = sums.setdefault(clip, [0.0] * len(self.names))
            for k, share in enumerate(floats(soft)):
                total[k] += share
            if clip not in self.best or activity > self.best[clip][0]:
                self.best[clip] = (activity, start)
        self.called, self.margin = {}, {}
        for clip, total in sums.items():
            first, second = sorted(total, reverse=True)[:2]
            self.called[clip] = self.names[total.index(first)]
            self.margin[clip] = (first - second) / sum(total)

    def learned(self):
        return sorted(c for c in self.called if c in self.truth and not self.test[c])

    def embeddings(self):
        """Centred, of length 1; of the embedding that is looked at last for most views."""
        (config, _), = self.db.execute(
            "SELECT e.config_id, count(*) FROM view_embeddings e JOIN configs c ON c.id = e.config_id"
            " WHERE c.text LIKE '%efficientat%' GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT 1")
        rows = {clip: floats(blob)[527:] for clip, blob in self.db.execute(
            'SELECT v.clip_id, e."values" FROM view_embeddings e JOIN views v ON v.id = e.view_id WHERE e.config_id = ?',
            (config,))}
        mean = [sum(column) / len(rows) for column in zip(*rows.values())]
        unit = {}
        for clip, row in rows.items():
            centred = [x - m for x, m in zip(row, mean)]
            length = math.sqrt(sum(x * x for x in centred)) or 1
            unit[clip] = [x / length for x in centred]
        return unit

    def right(self, clips):
        return [(self.recording[c], self.called[c] == self.truth[c]) for c in clips]


def by_class(clips, class_of):
    groups = {}
    for clip in clips:
        groups.setdefault(class_of[clip], []).append(clip)
    return [groups[name] for name in sorted(groups)]


def cover(group, unit):
    def likeness(a, b):
        return sum(x * y for x, y in zip(unit[a], unit[b]))
    chosen = [max(group, key=lambda clip: sum(likeness(clip, other) for other in group))]
    while len(chosen) < min(PER_CLASS, len(group)):
        chosen.append(min((c for c in group if c not in chosen),
                          key=lambda clip: max(likeness(clip, other) for other in chosen)))
    return chosen


def choose(order, seed, clips):
    lot = random.Random(seed)
    learned = clips.learned()
    if order == "none":
        return []
    if order == "random":
        groups = by_class(learned, clips.truth)
    else:
        groups = by_class(learned, clips.called)
    unit = clips.embeddings() if order == "coverage" else None
    chosen = []
    for group in groups:
        if order == "margin":
            chosen += sorted(group, key=lambda clip: (clips.margin[clip], clips.path[clip]))[:PER_CLASS]
        elif order == "coverage":
            chosen += cover(group, unit)
        else:
            chosen += lot.sample(group, min(PER_CLASS, len(group)))
    return chosen


def put_verdicts(folder, clips, chosen):
    """As a file of labels: one window of each clip, the one that it was called by."""
    if not chosen:
        return
    with open(folder / "verdicts.csv", "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["file", "start_s", "end_s", "label"])
        for clip in chosen:
            begin = clips.best[clip][1] / 1000
            rows.writerow([clips.path[clip], begin, begin + 1, clips.truth[clip]])
    pupil("review", folder, "--import", folder / "verdicts.csv", "--reviewer", "bench")


class Page:
    """`pupil review` as a browser has it."""

    def __init__(self, folder):
        self.server = subprocess.Popen([PUPIL, "--quiet", "review", folder, "--no-browser", "--reviewer", "bench"],
                                       stdout=subprocess.PIPE, text=True)
        address = urllib.parse.urlsplit(self.server.stdout.readline().strip())
        self.connection = http.client.HTTPConnection(address.netloc)
        self.headers = {"Authorization": "Bearer " + urllib.parse.parse_qs(address.query)["token"][0]}

    def ask(self, path, form=None):
        if form is None:
            self.connection.request("GET", path, headers=self.headers)
        else:
            self.connection.request("POST", path, urllib.parse.urlencode(form),
                                    {**self.headers, "Content-Type": "application/x-www-form-urlencoded"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def close(self):
        self.server.kill()
        self.server.wait()


def put_verdicts_of_page(folder, clips, count):
    """The next `count` windows that are no blind repeats, decided by the given label of their clip. Returns the clips."""
    clip_of = dict(clips.db.execute("SELECT w.id, v.clip_id FROM windows w JOIN views v ON v.id = w.view_id"))
    chosen = []
    page = Page(folder)
    try:
        while len(chosen) < count:
            items = page.ask("/next?count=1&reviewer=bench")["items"]
            if not items:
                break
            clip = clip_of[items[0]["id"]]
            form = {"reviewer": "bench", "id": items[0]["id"], "kind": "class", "class": clips.truth[clip]}
            if items[0].get("repeat_of"):
                form["repeat_of"] = items[0]["repeat_of"]
            else:
                chosen.append(clip)
            page.ask("/verdict", form)
    finally:
        page.close()
    return chosen


def put_examples(folder, clips, seed, words):
    """Five clips of each weak class as files, and the classes' keys. Returns the clips."""
    lot = random.Random(seed)
    path = folder / "pupil.toml"
    text = path.read_text()
    root = pathlib.Path(re.search(r'(?m)^path = "(.*)"', text)[1])
    chosen = []
    for name in WEAK:
        examples = lot.sample([c for c in clips.learned() if clips.truth[c] == name], PER_CLASS)
        (folder / name).mkdir()
        for clip in examples:
            found, = root.rglob(pathlib.Path(clips.path[clip]).name)
            shutil.copy(found, folder / name)
        block = f'name = "{name}"\n'
        text = text.replace(block, block + f'examples = "{name}/"\n', 1)
        if not words:
            text = re.sub(rf'({block}examples.*\n)(?:(?:prompts|audioset) = .*\n)*', r"\1", text)
        chosen += examples
    path.write_text(text)
    pupil("collect", folder)
    return chosen


def train(folder, seed):
    """Share of the held-out clips that the int8 student gets right."""
    pupil("run", folder, "--seed", seed)
    report = json.loads((folder / "report" / "report.json").read_text())
    return report["splits"]["test"]["clips_against_truth"]["int8"]["accuracy"]["value"]


def run(base, out, order, seed):
    folder = out / f"{base.name}-{order}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with sqlite3.connect(base / "catalogue.db") as source, sqlite3.connect(folder / "catalogue.db") as copy:
        source.backup(copy)
    (folder / "store").symlink_to((base / "store").resolve())
    shutil.copy(base / "pupil.toml", folder)
    if order == "none":
        chosen = []
    else:
        before = Clips(out / f"{base.name}-none-0")
        if order in ("examples", "shown"):
            chosen = put_examples(folder, before, seed, order == "examples")
        elif order == "page":
            chosen = put_verdicts_of_page(folder, before, len(choose("random", 1, before)))
        else:
            chosen = choose(order, seed, before)
            put_verdicts(folder, before, chosen)
    pupil("label", folder)
    after = Clips(folder)
    rows = {"test": [c for c in after.called if c in after.truth and after.test[c]],
            "free": [c for c in after.learned() if c not in set(chosen)], "all": after.learned()}
    result = {"order": order, "seed": seed, "fold": base.name, "verdicts": len(chosen)}
    for part, clips in rows.items():
        judged = after.right(clips)
        recordings = {}
        for recording, right in judged:
            recordings.setdefault(recording, []).append(right)
        accuracy = sum(right for _, right in judged) / len(judged)
        squares = sum(sum(r - accuracy for r in rights) ** 2 for rights in recordings.values())
        result[part], result[part + "_error"] = accuracy, math.sqrt(squares) / len(judged)
    for student in STUDENTS:
        result[f"student_{student}"] = train(folder, student)
    for name in WEAK:
        of_class = [c for c in rows["test"] if after.truth[c] == name]
        result[name] = sum(after.called[c] == name for c in of_class) / len(of_class)
    if order != "none":
        shutil.rmtree(folder)
    return result


def student_cells(runs):
    if not STUDENTS:
        return ""
    right = [100 * float(row[f"student_{seed}"]) for row in runs for seed in STUDENTS]
    return f"{sum(right) / len(right):.1f} | {min(right):.1f} to {max(right):.1f} | "


def table(rows):
    student = "student, held out % | its spread | " if STUDENTS else ""
    print("| fold held out | order | verdicts | runs | held out % | spread | without a verdict % | all learned from % | "
          + student + " | ".join(WEAK) + " |")
    print("|---" * (8 + (2 if STUDENTS else 0) + len(WEAK)) + "|")
    groups = {}
    for row in rows:
        groups.setdefault((row["fold"], row["order"]), []).append(row)
    for (fold, order), runs in groups.items():
        def mean(key):
            return 100 * sum(float(r[key]) for r in runs) / len(runs)
        tests = [100 * float(r["test"]) for r in runs]
        spread = f"{min(tests):.1f} to {max(tests):.1f}" if len(runs) > 1 else "-"
        print(f"| {fold[4:]} | {order} | {runs[0]['verdicts']} | {len(runs)} | {mean('test'):.1f} ± {1.96 * mean('test_error'):.1f}"
              f" | {spread} | {mean('free'):.1f} ± {1.96 * mean('free_error'):.1f} | {mean('all'):.1f} | "
              + student_cells(runs) + " | ".join(f"{mean(name):.0f}" for name in WEAK) + " |")


def main():
    project, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    out = out.resolve()
    results = out / "results.csv"
    rows = list(csv.DictReader(results.open())) if results.exists() else []
    done = {(r["fold"], r["order"], r["seed"]) for r in rows}
    seeds = os.environ.get("SEEDS", "1 2 3").split()
    for fold in map(int, os.environ.get("FOLDS", "4 3").split()):
        base = hold_out(project, out, fold)
        plan = [("none", "0"), ("margin", "0"), ("coverage", "0")]
        plan += [("page", "0")]
        plan += [(order, seed) for seed in seeds for order in ("random", "called", "examples", "shown")]
        # The labels without verdicts are what the others choose by.
        orders = os.environ.get("ORDERS", "").split()
        plan = [(order, seed) for order, seed in plan if not orders or order in orders or order == "none"]
        for order, seed in plan:
            if (base.name, order, seed) in done:
                continue
            row = run(base, out, order, seed)
            new = not results.exists()
            with results.open("a", newline="") as file:
                writer = csv.DictWriter(file, row.keys())
                if new:
                    writer.writeheader()
                writer.writerow(row)
            rows.append({key: str(value) for key, value in row.items()})
            print({k: (round(v, 3) if isinstance(v, float) else v) for k, v in row.items()}, file=sys.stderr, flush=True)
    table(rows)


if __name__ == "__main__":
    main()
