#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python package: golden vectors, streams, events, features, resampler, recordings as `pupil classify` scores them, and
what is refused. Run by package_test.sh, with numpy and without (PUPIL_NO_NUMPY=1).

In the environment: PUPIL_EDGE_LIBRARY, PUPIL (the program), MODELS (a folder with tiny.pupil and .golden, tone.pupil), FORGE (1 for
a program with the forge)."""
import array
import json
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
import unittest
import wave

if os.environ.get("PUPIL_NO_NUMPY"):
    sys.modules["numpy"] = None  # an import of it fails
    numpy = None
else:
    import numpy

import pupil_edge

MODELS = pathlib.Path(os.environ["MODELS"])


def bits(floats):
    return array.array("f", floats).tobytes()


def golden_cases(name):
    """docs/format.md, "Golden vectors"."""
    data = (MODELS / name).read_bytes()
    count, samples, classes = struct.unpack_from("<III", data, 20)
    at = 32
    for _ in range(count):
        sizes = (2 * samples, 4 * classes, 4 * classes)
        pieces = []
        for size in sizes:
            pieces.append(data[at:at + size])
            at += size
        yield pieces


def tone_in_noise(rate, seconds=6):
    draw = random.Random(1)
    return array.array("h", (round(9000 * math.sin(2 * math.pi * 1000 * i / rate)) if 2 <= i / rate < 4 else draw.randrange(-3000, 3000)
                             for i in range(seconds * rate)))


def write_wav(path, rate, samples):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(samples.tobytes())


def classify(clip, *more):
    command = [os.environ["PUPIL"], "classify", MODELS / "tone.pupil", clip, "--json", *more]
    return [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]


def as_single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class PackageTest(unittest.TestCase):
    def setUp(self):
        self.tiny = pupil_edge.Model(MODELS / "tiny.pupil")
        self.tone = pupil_edge.Model((MODELS / "tone.pupil").read_bytes())

    def test_golden_vectors(self):
        cases = list(golden_cases("tiny.golden"))
        self.assertEqual(len(cases), 6)
        stream = self.tiny.stream()
        for samples, logits, scores in cases:
            self.assertEqual(bits(self.tiny.score(samples)), scores)
            self.assertEqual(bits(self.tiny.logits(samples)), logits)
            self.assertEqual(bits(stream.push(samples + bytes(320)).windows[0].scores), scores)
            stream.finish()

    def test_kinds_of_samples_are_one(self):
        shorts = array.array("h", next(iter(golden_cases("tiny.golden")))[0])
        shorts = array.array("h", (i * 7919 % 20001 - 10000 for i in range(len(shorts))))
        floats = array.array("f", (sample / 32768 for sample in shorts))
        kinds = [shorts, shorts.tobytes(), memoryview(shorts), floats, list(floats), tuple(floats)]
        if numpy is not None:
            kinds += [numpy.array(shorts), numpy.array(floats), numpy.repeat(numpy.array(floats), 2)[::2]]
        wanted = bits(self.tiny.score(floats))
        for samples in kinds:
            self.assertEqual(bits(self.tiny.score(samples)), wanted, type(samples))

    def test_recordings_as_the_program_scores_them(self):
        for rate in [16000] if os.environ["FORGE"] == "1" else [16000, 44100, 48000]:
            samples, clip = tone_in_noise(rate), MODELS / "clip.wav"
            write_wav(clip, rate, samples)
            found = self.tone.classify(self.tone.resample(samples, rate))
            [wanted] = classify(clip)
            self.assertEqual(found.window_count, wanted["window_count"])
            self.assertEqual([float(score) for score in found.scores], [as_single(wanted["scores"][label]) for label in self.tone.labels])
            events = [(e["label"], e["start_s"], e["end_s"], as_single(e["peak_score"])) for e in classify(clip, "--events")]
            self.assertEqual([(e.label, e.start_s, e.end_s, e.peak_score) for e in found.events], events)
            self.assertEqual(len(events), 1)

    def test_short_recording(self):
        samples, clip = tone_in_noise(16000)[:4000], MODELS / "clip.wav"
        write_wav(clip, 16000, samples)
        found = self.tone.classify(samples)
        self.assertEqual([float(score) for score in found.scores], [as_single(classify(clip)[0]["scores"][label]) for label in self.tone.labels])

    def test_pieces_give_the_whole(self):
        samples = tone_in_noise(16000, 3)

        def pushed(piece):
            stream, windows = self.tiny.stream(hop_ms=200), []
            for at in range(0, len(samples), piece):
                windows += [(window.end_samples, bits(window.scores)) for window in stream.push(samples[at:at + piece]).windows]
            return windows

        whole = pushed(len(samples))
        self.assertGreater(len(whole), 5)
        self.assertEqual(pushed(999), whole)

    def test_events(self):
        samples = tone_in_noise(16000)
        stream = self.tone.stream(votes=2, of=3, bridge_ms=0)
        self.assertFalse(stream.active("tone"))
        self.assertEqual(stream.push(samples[:48000]).events, [])
        self.assertTrue(stream.active("tone") and stream.active(0))
        [event] = stream.push(samples[48000:]).events
        self.assertEqual((event.label, event.class_index), ("tone", 0))
        self.assertAlmostEqual(event.start_s, 2, delta=0.5)
        self.assertEqual(self.tone.classify(samples, thresholds={"tone": 1.1}).events, [])

    def test_features(self):
        frames = self.tiny.features(tone_in_noise(16000)[:self.tiny.window_samples])
        self.assertEqual((len(frames), len(frames[0])), (self.tiny.window_frames, self.tiny.mel_count))
        self.assertEqual(len(self.tiny.features([])), 0)
        if numpy is not None:
            self.assertEqual((frames.dtype, frames.shape), (numpy.float32, (98, 64)))

    def test_what_the_model_says(self):
        model = self.tiny
        self.assertEqual((len(model.labels), model.labels[3], model.thresholds[0]), (10, "class 3", 0.5))
        self.assertEqual((model.sample_rate_hz, model.window_samples, model.frame_hop_samples), (16000, 15920, 160))
        self.assertEqual(model.metadata("name"), "random weights")
        self.assertIsNone(model.metadata("nothing"))
        self.assertIn("class 9", repr(model))

    def test_results_are_the_callers(self):
        stream = self.tiny.stream()
        first = stream.push(tone_in_noise(16000, 1)).windows[0].scores
        before = bits(first)
        stream.push(tone_in_noise(16000, 2))
        del stream
        self.assertEqual(bits(first), before)

    def refused(self, kind, text, call, *arguments, **options):
        with self.assertRaisesRegex(kind, text):
            call(*arguments, **options)

    def test_what_is_refused(self):
        good = (MODELS / "tiny.pupil").read_bytes()
        self.refused(pupil_edge.PupilError, "damaged", pupil_edge.Model, good[:1000] + bytes([good[1000] ^ 1]) + good[1001:])
        self.refused(pupil_edge.PupilError, "model", pupil_edge.Model, good[:100])
        self.refused(pupil_edge.PupilError, "model", pupil_edge.Model, b"")
        self.refused(FileNotFoundError, "no.pupil", pupil_edge.Model, "no.pupil")
        self.refused(TypeError, "path or bytes", pupil_edge.Model, 7)
        model = self.tiny
        self.refused(pupil_edge.PupilError, "5 samples, a window has 15920", model.score, [0.0] * 5)
        self.refused(TypeError, "numbers wanted, found str", model.score, "noise")
        self.refused(TypeError, "float32 or int16 wanted, found format 'd'", model.score, array.array("d", [0.0]))
        self.refused(TypeError, "odd number", model.score, b"abc")
        self.refused(TypeError, "", model.score, ["loud"])
        self.refused(pupil_edge.PupilError, "hop of 0 ms: out of range", model.stream, hop_ms=0)
        self.refused(TypeError, "integer", model.stream, hop_ms=1.5)
        self.refused(pupil_edge.PupilError, "events", model.stream, votes=4, of=3)
        self.refused(TypeError, "vote", model.stream, vote=4)
        self.refused(pupil_edge.PupilError, "yodel: no class of the model", model.stream, thresholds={"yodel": 0.5})
        self.refused(pupil_edge.PupilError, "12: no class", model.stream().set_threshold, 12, 0.5)
        self.refused(pupil_edge.PupilError, "threshold", model.stream().set_threshold, 0, math.nan)
        self.refused(pupil_edge.PupilError, "from 1 to 16000 Hz: out of range", model.resample, [0.0], 1)
        if numpy is not None:
            self.refused(TypeError, "array of 2 axes", model.score, numpy.zeros((2, 4), numpy.float32))


if __name__ == "__main__":
    unittest.main()
