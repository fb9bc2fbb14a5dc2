#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a model of bench/open_world.sh reports in streams: a line each of events found and false alarms an hour.

  bench/open_world/streams.py build/release/pupil ../shared PROJECT --triple 1 --fold 4 [--hours 1] [--responses 6]

strung     the fold's clips of the model's classes, one every 30 s over a bed of pupil synth: an event of the class within
           the clip (half a second either way) is found, every other event is false
quiet      the beds alone: a quiet night
speech, music   of pupil synth, one clip after the other
dead       silence, an offset, hum, noise: any event is one too many
microphone the class's clips through measured responses that nothing learned from: recall lost
"""
import argparse
import array
import json
import math
import pathlib
import random
import subprocess
import tempfile
import wave

import triples

RATE = 16000
SPACING = 30


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout


def decoded(path):
    samples = array.array("h")
    samples.frombytes(run("ffmpeg", "-loglevel", "error", "-i", path, "-ac", 1, "-ar", RATE, "-f", "s16le", "-"))
    return samples


def written(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def events_of(pupil, model, files):
    reply = run(pupil, "classify", model, *files, "--json", "--events").decode()
    return [json.loads(line) for line in reply.splitlines()]


def clamped(value):
    return max(-32768, min(32767, round(value)))


def bed(pupil, folder, minutes):
    run(pupil, "--quiet", "synth", folder, "--scenes", 1, "--minutes", minutes, "--events-per-minute", 0, "--seed", 5)
    return decoded(folder / "scenes/scene_0000.flac")


def strung(pupil, model, clips, background, scratch):
    """clips: (samples, label), in the order in which they come."""
    samples = array.array("h", background)
    truth = []
    for number, (clip, label) in enumerate(clips):
        begin = (10 + SPACING * number) * RATE
        if begin + len(clip) > len(samples):
            break
        for i, sample in enumerate(clip):
            samples[begin + i] = clamped(samples[begin + i] + sample)
        truth.append((begin / RATE - 0.5, (begin + len(clip)) / RATE + 0.5, label))
    events = events_of(pupil, model, [written(scratch / "strung.wav", samples)])
    touches = lambda event, one: event["label"] == one[2] and event["start_s"] <= one[1] and event["end_s"] >= one[0]
    found = sum(any(touches(event, one) for event in events) for one in truth)
    false = sum(not any(touches(event, one) for one in truth) for event in events)
    hours = len(samples) / RATE / 3600
    return f"strung: {found} of {len(truth)} found, {false / hours:.1f} false alarms an hour in {hours:.2f} h"


def hourly(name, pupil, model, files, seconds):
    events = events_of(pupil, model, files)
    return f"{name}: {len(events)} events in {seconds / 3600:.2f} h, {len(events) * 3600 / seconds:.1f} an hour"


def dead_inputs(scratch):
    noise = random.Random(1)
    shapes = {
        "zeros": lambda t: 0, "offset": lambda t: 3000, "small offset": lambda t: -40,
        "hum 50": lambda t: 2000 * math.sin(2 * math.pi * 50 * t / RATE),
        "hum 60 and harmonics": lambda t: 900 * sum(math.sin(2 * math.pi * 60 * k * t / RATE) / k for k in (1, 2, 3, 5)),
        "last bit": lambda t: noise.choice((0, 0, 0, 1, -1)), "hiss": lambda t: noise.gauss(0, 30),
        "drop-outs": lambda t: 0 if t // 8000 % 2 else noise.gauss(0, 200)}
    return [written(scratch / f"dead-{name}.wav", array.array("h", [clamped(shape(t)) for t in range(20 * RATE)]))
            for name, shape in shapes.items()]


def through_microphones(pupil, model, named, responses, scratch):
    """named: (path, label)."""
    def recall(files):
        found = {(event["file"], event["label"]) for event in events_of(pupil, model, files)}
        return sum((str(file), label) in found for file, (_, label) in zip(files, named)) / len(named)
    clean = recall([path for path, _ in named])
    worn = []
    for number, response in enumerate(responses):
        files = []
        for path, label in named:
            out = scratch / f"mic-{number}-{pathlib.Path(path).stem}.wav"
            run("ffmpeg", "-y", "-loglevel", "error", "-i", path, "-i", response, "-lavfi",
                "[0]aresample=44100[a];[1]aresample=44100[b];[a][b]afir,loudnorm", "-ac", 1, "-ar", RATE, out)
            files.append(out)
        worn.append(recall(files))
    return (f"microphone: recall {clean:.2f} as recorded, {sum(worn) / len(worn):.2f} through {len(worn)} microphones "
            f"(worst {min(worn):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pupil", "shared", "project"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--triple", type=int, default=1)
    parser.add_argument("--fold", default="4")
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--responses", type=int, default=6)
    options = parser.parse_args()
    model = options.project / "model/world.pupil"
    triple = triples.classes_of(options.shared, options.triple)
    named = [(options.shared / "data/esc50/audio" / row["filename"], row["category"])
             for row in triples.clips(options.shared) if row["fold"] == options.fold and row["category"] in triple]
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        background = bed(options.pupil, scratch / "bed", options.minutes)
        print(strung(options.pupil, model, [(decoded(path), label) for path, label in named], background, scratch))
        quiet = written(scratch / "quiet.wav", background)
        print(hourly("quiet", options.pupil, model, [quiet], len(background) / RATE))
        for kind in ("speech", "music"):
            run(options.pupil, "--quiet", "synth", scratch / kind, "--classes", kind, "--clips", 60, "--seed", 9)
            print(hourly(kind, options.pupil, model, sorted((scratch / kind).rglob("*.flac")), 60 * 5))
        print(hourly("dead", options.pupil, model, dead_inputs(scratch), 8 * 20))
        responses = sorted((options.shared / "data/microphones").rglob("*.wav"))
        step = max(1, len(responses) // options.responses)
        print(through_microphones(options.pupil, model, named, responses[::step][:options.responses], scratch))


if __name__ == "__main__":
    main()
