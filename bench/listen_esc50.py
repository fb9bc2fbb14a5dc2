#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Events of pupil listen on ESC-50's fold 4 strung into a stream, before and after --calibrate. Of each class every other clip is
# the place (calibration, without the counted classes), the rest the test.
#   bench/listen_esc50.py PUPIL MODEL ESC50 [CLASS...]      MODEL must not have learned from fold 4
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

CLIP_BYTES = 5 * 32000
FIRST_BLOCK_S = 1.024  # "listening" is told with the first 32 kB
COLLAR_S = 0.5


def samples(rows, folder):
    audio = {os.path.splitext(name)[0]: name for name in os.listdir(folder + "/audio")}
    for row in rows:
        path = folder + "/audio/" + audio[os.path.splitext(row["filename"])[0]]
        words = ["ffmpeg", "-v", "error", "-i", path, "-ar", "16000", "-ac", "1", "-f", "s16le", "-"]
        yield subprocess.run(words, capture_output=True, check=True).stdout[:CLIP_BYTES].ljust(CLIP_BYTES, b"\0")


def events(pupil, config):
    with open("out.txt", "w") as out, open("log.txt", "w") as log:
        child = subprocess.Popen([pupil, "listen", config], stdout=out, stderr=log)
        while "stalled" not in open("log.txt").read():  # all was read
            time.sleep(0.5)
        child.terminate()
        child.wait()
    begin = re.search(r"(\S+)Z source yard: listening", open("log.txt").read())[1]
    start = datetime.fromisoformat(begin) - timedelta(seconds=FIRST_BLOCK_S)
    for line in open("out.txt"):
        found = re.match(r"(\S+)Z  yard  (\S+)  [\d.]+  ([\d.]+) s", line)
        if found:
            yield (datetime.fromisoformat(found[1]) - start).total_seconds(), found[2], float(found[3])


def score(found, rows, classes):
    hit, false_alarms = set(), 0
    for onset, name, length in found:
        if name not in classes:
            continue
        touched = range(max(int((onset - COLLAR_S) // 5), 0), min(int((onset + length + COLLAR_S) // 5), len(rows) - 1) + 1)
        right = [i for i in touched if rows[i]["category"] == name]
        hit.update(right)
        false_alarms += not right
    wanted = sum(row["category"] in classes for row in rows)
    return f"{len(hit)} of {wanted} found, {false_alarms / (len(rows) * 5 / 3600):.0f} false alarms an hour"


def main():
    pupil, model, folder = (os.path.abspath(word) for word in sys.argv[1:4])
    classes = sys.argv[4:] or ["dog", "crying_baby", "glass_breaking"]
    rows = sorted((row for row in csv.DictReader(open(folder + "/esc50.csv")) if row["fold"] == "4"),
                  key=lambda row: row["filename"])
    count, place, test = {}, [], []
    for row in rows:
        count[row["category"]] = count.get(row["category"], 0) + 1
        (place if count[row["category"]] % 2 else test).append(row)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        for name, chosen in [("place", [r for r in place if r["category"] not in classes]), ("test", test)]:
            with open(name + ".raw", "wb") as out:
                out.writelines(samples(chosen, folder))
            with open(name + ".toml", "w") as out:
                out.write(f'[[model]]\npath = "{model}"\n[[source]]\nname = "yard"\n'
                          f'input = "cmd:cat {name}.raw; sleep 3600"\n[clips]\nkeep = "never"\n')
        print("before:", score(events(pupil, "test.toml"), test, classes))
        subprocess.run([pupil, "listen", "place.toml", "--calibrate", "0.008", "--set"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open("after.toml", "w") as out:
            out.write(open("place.toml").read().replace("cat place.raw", "cat test.raw"))
        print("after: ", score(events(pupil, "after.toml"), test, classes))


main()
