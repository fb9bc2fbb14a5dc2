#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# What [harvest] preview_score keeps: a server on this machine answers searches for classes of ESC-50 with its clips, a quarter of the
# class and the rest of other classes, and pupil collect scores them all.
#   bench/preview_scores.py PUPIL ESC50 TEACHER [CLASSES]
# ESC50: folder with esc50.csv and audio/. TEACHER: as [teacher] model. CLASSES: how many of the 50, from a seed (10). Prints for
# thresholds which share of the right and of the wrong results is kept: on folds 1 to 3, to choose by, and on folds 4 and 5.
import csv
import http.server
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
# AudioSet's names of ESC-50's classes, where they are not the same word.
AUDIOSET = {"dog": "Dog", "rooster": "Crowing, cock-a-doodle-doo", "pig": "Pig", "cow": "Moo", "frog": "Frog", "cat": "Cat", "hen": "Cluck",
            "insects": "Insect", "sheep": "Sheep", "crow": "Crow", "rain": "Rain", "sea_waves": "Waves, surf", "crackling_fire": "Crackle",
            "crickets": "Cricket", "chirping_birds": "Bird vocalization, bird call, bird song", "thunderstorm": "Thunderstorm", "wind": "Wind",
            "toilet_flush": "Toilet flush", "crying_baby": "Baby cry, infant cry", "sneezing": "Sneeze", "clapping": "Clapping",
            "coughing": "Cough", "footsteps": "Walk, footsteps", "laughing": "Laughter", "snoring": "Snoring", "door_wood_knock": "Knock",
            "keyboard_typing": "Computer keyboard", "clock_alarm": "Alarm clock", "vacuum_cleaner": "Vacuum cleaner", "siren": "Siren",
            "car_horn": "Vehicle horn, car horn, honking", "engine": "Engine", "train": "Train", "church_bells": "Church bell",
            "helicopter": "Helicopter", "fireworks": "Fireworks", "chainsaw": "Chainsaw", "airplane": "Fixed-wing aircraft, airplane",
            "glass_breaking": "Shatter", "clock_tick": "Tick-tock"}


def phrase(name):
    return "the sound of " + name.replace("_", " ")


class Handler(http.server.BaseHTTPRequestHandler):
    results = {}  # by phrase: (class, file)
    folder = ""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        where, _, query = self.path.partition("?")
        if where.startswith("/file/"):
            return self.send(pathlib.Path(self.folder, os.path.basename(where)).read_bytes())
        words = dict(urllib.parse.parse_qsl(query))
        found, page = self.results[words["q"]], int(words["page"])
        self.send(json.dumps({"result_count": len(found), "page_count": (len(found) + 19) // 20, "page": page, "results": [
            {"id": f"{words['q'].replace(' ', '-')}-{file}", "title": f"{fold} {name}", "license": "by", "license_version": "4.0",
             "url": f"http://127.0.0.1:{self.server.server_port}/file/{file}"}
            for name, fold, file in found[20 * (page - 1) : 20 * page]]}).encode())

    def send(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    pupil, folder, teacher = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    noise = random.Random(1)
    clips = [(row["category"], row["fold"], row["filename"]) for row in csv.DictReader(open(folder + "/esc50.csv"))]
    classes = sorted(noise.sample(sorted(AUDIOSET), int(sys.argv[4]) if len(sys.argv) > 4 else 10))
    Handler.folder = folder + "/audio"
    for name in classes:
        right = [clip for clip in clips if clip[0] == name]
        wrong = noise.sample([clip for clip in clips if clip[0] != name], 3 * len(right))
        Handler.results[phrase(name)] = sorted(right + wrong, key=lambda clip: clip[2])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as project:
        tables = "".join(f'[[class]]\nname = "{name}"\nprompts = ["{phrase(name)}"]\naudioset = [{json.dumps(AUDIOSET[name])}]\n' for name in classes)
        open(project + "/pupil.toml", "w").write(
            f'name = "bench"\n{tables}[[source]]\nsearch = "openverse"\n[teacher]\nmodel = "{teacher}"\n[collect]\nnear_duplicates = false\n'
            "[harvest]\nclips = 0\nrecordings = 0\nauthors = 0\ndevices = 0\npreview_score = 0.000000001\nrequests = 1000000\n"
            f'endpoints = ["openverse=http://127.0.0.1:{server.server_port}"]\nlimits = ["openverse=4096/1"]\n')
        subprocess.run([pupil, "--quiet", "collect", project], check=True, stdout=subprocess.DEVNULL)
        rows = sqlite3.connect(project + "/catalogue.db").execute(
            "SELECT title, k.name, score FROM web_items w JOIN classes k ON k.id = w.class_id WHERE judge <> ''").fetchall()
    print(f"{len(rows)} results scored, classes: {', '.join(classes)}")
    for title, folds in (("folds 1 to 3", "123"), ("folds 4 and 5", "45")):
        print(title)
        for threshold in THRESHOLDS:
            kept = {True: [], False: []}
            for clip, name, score in rows:
                if clip[0] in folds:
                    kept[clip[2:] == name].append(score >= threshold)
            shares = [100 * sum(kept[is_right]) / len(kept[is_right]) for is_right in (True, False)]
            print(f"  {threshold:5}: {shares[0]:5.1f} % of {len(kept[True])} right, {shares[1]:5.1f} % of {len(kept[False])} wrong results kept")


if __name__ == "__main__":
    main()
