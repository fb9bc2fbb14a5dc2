#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The whole loop once, with the programs that a person would use: listen to a place, give a verdict on everything that was
# found or nearly found (through the live page, as a person who knows what sounded), collect the device's folder, run the
# project again, swap the model under the running program; then both models on scenes of that place that nobody has met.
#   bench/listen_loop.py PUPIL PROJECT OUT [SCENES]     PROJECT: build/demo/yard of scripts/demo.sh, which stays as it is
import csv
import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from datetime import datetime

RATE_HZ = 16000
MINUTES = 5
COLLAR_S = 1.0
FIRST_BLOCK_S = 1.024  # a source is dated by its first 32 kB


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, **more)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Scenes:
    """Scenes one behind the other, and what sounds in them."""

    def __init__(self, pupil, folder, count, seed):
        if not os.path.exists(folder):
            run(pupil, "synth", folder, "--scenes", count, "--minutes", MINUTES, "--seed", seed)
        self.files = sorted(glob.glob(folder + "/scenes/*.flac"))
        self.events = []
        for row in csv.DictReader(open(folder + "/events.csv")):
            begin = self.files.index(f"{folder}/{row['file']}") * MINUTES * 60
            self.events.append((begin + float(row["onset_s"]), begin + float(row["offset_s"]), row["class"]))

    def hours(self):
        return len(self.files) * MINUTES / 60

    def sound_at(self, onset, offset, wanted=None):
        """What sounds then: the wanted class where it does, else any."""
        there = [name for begin, end, name in self.events if begin < offset + COLLAR_S and onset < end + COLLAR_S]
        return wanted if wanted in there else (there[0] if there else None)


class Listener:
    def __init__(self, pupil, folder, model, scenes):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.port = folder, free_port()
        shutil.copy(model, folder + "/yard.pupil")
        feed = "; ".join(f"ffmpeg -v error -i '{file}' -ar {RATE_HZ} -ac 1 -f s16le -" for file in scenes.files)
        open(folder + "/listen.toml", "w").write(
            f'[[model]]\npath = "yard.pupil"\n[[source]]\nname = "yard"\ninput = "cmd:{feed}; sleep 100000"\nzeros = "accept"\n'
            '[clips]\nper_class_and_day = 1000\n[[sink]]\nkind = "json"\npath = "found.jsonl"\nnear_misses = true\n'
            f'[[sink]]\nkind = "http"\nport = {self.port}\n'
        )
        self.child = subprocess.Popen([pupil, "listen", "listen.toml"], cwd=folder, stderr=open(folder + "/log.txt", "w"))
        self.wait_for("stalled")

    def log(self):
        return open(self.folder + "/log.txt").read()

    def wait_for(self, words):
        while words not in self.log():
            if self.child.poll() is not None:
                sys.exit("pupil listen ended: " + self.log())
            time.sleep(0.5)

    def found(self):
        start = seconds(next(line for line in self.log().splitlines() if "source yard: listening" in line).split()[0]) - FIRST_BLOCK_S
        for line in open(self.folder + "/found.jsonl"):
            finding = json.loads(line)
            if finding["type"] == "source":
                continue
            at = finding.get("onset") or finding["time"]
            onset = seconds(at) - start
            yield finding, onset, onset if "onset" not in finding else seconds(finding["offset"]) - start

    def give(self, identity, word):
        form = {"id": identity, **({"class": word} if word else {"rejected": "1"})}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/verdict", urllib.parse.urlencode(form).encode())
        request.add_header("Origin", f"http://127.0.0.1:{self.port}")
        urllib.request.urlopen(request).read()

    def classes(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return {line.split('class="')[1].split('"')[0] for line in lines if line.startswith("pupil_score_ratio{")}

    def stop(self):
        self.child.terminate()
        self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()


def judge(listener, scenes, title):
    classes = listener.classes()
    events = [(f["class"], onset, offset) for f, onset, offset in listener.found() if "onset" in f]
    false = sum(scenes.sound_at(onset, offset, cls) != cls for cls, onset, offset in events)
    wanted = [event for event in scenes.events if event[2] in classes]
    met = sum(any(cls == name and onset < end + COLLAR_S and begin < offset + COLLAR_S for cls, onset, offset in events) for begin, end, name in wanted)
    print(f"{title}: {met} of {len(wanted)} found, {false} false alarms, {false / scenes.hours():.0f} an hour", flush=True)


def give_verdicts(device, place):
    """What a person says who knows what sounded, of all that was found or nearly found."""
    classes = device.classes()
    right = wrong = named = 0
    for finding, onset, offset in device.found():
        sound = place.sound_at(onset, offset, finding["class"])
        known = sound if sound in classes else ""
        device.give(finding["id"], known)
        right += known == finding["class"]
        wrong += not known
        named += bool(known) and known != finding["class"]
    print(f"verdicts: {right} right, {wrong} not this, {named} this is something else", flush=True)


def main():
    pupil, project, out = (os.path.abspath(word) for word in sys.argv[1:4])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 4
    os.makedirs(out, exist_ok=True)
    yard = out + "/yard"
    if not os.path.exists(yard):
        shutil.copytree(project, yard)
        settings = open(yard + "/pupil.toml").read()
        open(yard + "/pupil.toml", "w").write(settings.replace('"../', f'"{os.path.dirname(project)}/'))
    model = glob.glob(yard + "/model/*.pupil")[0]
    shutil.copy(model, out + "/before.pupil")
    place = Scenes(pupil, out + "/place", count, 101)
    later = Scenes(pupil, out + "/later", count, 202)

    with Listener(pupil, out + "/device", out + "/before.pupil", place) as device:
        judge(device, place, "the place, first model")
        give_verdicts(device, place)
        run(pupil, "--quiet", "collect", yard, device.folder + "/home", "--layout", "device")
        run(pupil, "--quiet", "run", yard, stdout=open(out + "/run.txt", "w"))
        shutil.copy(model, device.folder + "/next")
        os.rename(device.folder + "/next", device.folder + "/yard.pupil")
        device.wait_for("was replaced")
        print(next(line for line in device.log().splitlines() if "was replaced" in line), flush=True)

    for name, which in (("later, first model", out + "/before.pupil"), ("later, next model", model)):
        with Listener(pupil, out + "/" + name.split(", ")[1].replace(" ", "_"), which, later) as listener:
            judge(listener, later, name)


if __name__ == "__main__":
    main()
