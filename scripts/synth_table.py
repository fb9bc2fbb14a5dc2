#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an AudioSet tagger makes of a folder of `pupil synth`: for each class how high its own AudioSet class stands
among all 527, and how well the tagger's dog classes tell dogs from backgrounds.

    scripts/synth_table.py build/release/pupil TAGGER OUT
"""
import csv
import json
import subprocess
import sys

# The names of src/synth/sound_kind.cpp: the class's own AudioSet names, any of which counts.
NAMES = {
    "bark": ["Bark", "Bow-wow"], "growl": ["Growling"], "howl": ["Howl"], "whine": ["Whimper (dog)"],
    "yelp": ["Yip"], "pant": ["Pant"], "rain": ["Rain", "Rain on surface", "Raindrop"],
    "wind": ["Wind", "Wind noise (microphone)"],
    "traffic": ["Vehicle", "Traffic noise, roadway noise", "Car passing by", "Car", "Motor vehicle (road)"],
    "hum": ["Hum", "Mains hum"], "clicks": ["Typing", "Computer keyboard", "Clicking", "Tick", "Typewriter"],
    "footsteps": ["Walk, footsteps", "Run"],
    "alarm": ["Alarm", "Beep, bleep", "Smoke detector, smoke alarm", "Alarm clock", "Fire alarm"],
    "siren": ["Siren", "Emergency vehicle", "Police car (siren)", "Ambulance (siren)"],
    "doorbell": ["Doorbell", "Ding-dong", "Chime"], "knock": ["Knock"], "music": ["Music"],
    "speech": ["Speech", "Conversation"],
    "bird": ["Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"], "cricket": ["Cricket", "Insect"],
}
VOICES = ["bark", "growl", "howl", "whine", "yelp", "pant"]
DOG = ["Dog", "Bark", "Bow-wow", "Yip", "Howl", "Growling", "Whimper (dog)", "Canidae, dogs, wolves", "Pant"]


def read_clips(folder):
    with open(f"{folder}/clips.csv", newline="") as file:
        return [(f"{folder}/{row['path']}", row["label"]) for row in csv.DictReader(file)]


def score(pupil, tagger, files):
    scores = {}
    for begin in range(0, len(files), 100):
        command = [pupil, "embed", tagger, "--threads", "1", "--json", "--audio", *files[begin:begin + 100]]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        scores.update((clip["file"], clip["scores"]) for clip in json.loads(answer)["audio"])
    return scores


def auc(positive, negative):
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative)) if positive and negative else float("nan")


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    pupil, tagger, folder = sys.argv[1:4]
    clips = read_clips(folder)
    scores = score(pupil, tagger, [file for file, _ in clips])
    dogs = {file: max(scores[file][name] for name in DOG) for file, _ in clips}
    print("| class | clips | own AudioSet class: median rank of 527 | in the top 5 | dog score, median | heard as |")
    print("|---|---|---|---|---|---|")
    for label in NAMES:
        files = [file for file, own in clips if own == label]
        if not files:
            continue
        ranks = []
        for file in files:
            order = sorted(scores[file], key=scores[file].get, reverse=True)
            ranks.append(min(order.index(name) for name in NAMES[label]) + 1)
        mean = {name: sum(scores[file][name] for file in files) / len(files) for name in scores[files[0]]}
        heard = ", ".join(sorted(mean, key=mean.get, reverse=True)[:3])
        top = sum(rank <= 5 for rank in ranks)
        print(f"| {label} | {len(files)} | {median(ranks)} | {100 * top // len(files)} % |"
              f" {median([dogs[file] for file in files]):.1f} | {heard} |")
    value = auc([dogs[file] for file, own in clips if own in VOICES],
                [dogs[file] for file, own in clips if own not in VOICES])
    print(f"\ndogs against backgrounds by the highest dog class: AUC {value:.3f} ({len(clips)} clips)")


main()
