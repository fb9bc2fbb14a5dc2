# SPDX-License-Identifier: Apache-2.0
"""Recordings by formula for the cases; standard library only."""
import math
import os
import random
import struct


def bark(rate_hz, seconds=2.0, f0_hz=500.0, seed=1, gap_s=0.5):
    """Harmonic bursts every gap_s over faint noise; values in [-1, 1]."""
    noise = random.Random(seed)
    samples = []
    for i in range(int(rate_hz * seconds)):
        t = i / rate_hz
        u = (t % gap_s) / gap_s
        level = max(0.0, 1 - 3 * u) ** 2
        phase = 2 * math.pi * f0_hz * (1 + 0.3 * math.sin(9 * t)) * t
        value = 0.5 * math.sin(phase) + 0.25 * math.sin(2 * phase) + 0.15 * math.sin(3.01 * phase)
        samples.append(max(-1.0, min(1.0, 0.8 * (level * value + noise.gauss(0, 0.003)))))
    return samples


def hiss(rate_hz, seconds, level, seed=5):
    """White noise of standard deviation `level`."""
    noise = random.Random(seed)
    return [noise.gauss(0, level) for _ in range(int(rate_hz * seconds))]


def _pcm(value, bits):
    top = 2 ** (bits - 1)
    return max(-top, min(top - 1, int(round(value * (top - 1)))))


_ENCODE = {
    "s16": (1, 16, lambda v: struct.pack("<h", _pcm(v, 16))),
    "s24": (1, 24, lambda v: struct.pack("<i", _pcm(v, 24))[:3]),
    "s32": (1, 32, lambda v: struct.pack("<i", _pcm(v, 32))),
    "f32": (3, 32, lambda v: struct.pack("<f", v)),
}


def wav(path, channels, rate_hz, kind="s16", data_size=None):
    """Writes channels (lists of equal length) as a WAV; `data_size` is what its header claims, if not the truth."""
    tag, bits, encode = _ENCODE[kind]
    data = b"".join(encode(channel[i]) for i in range(len(channels[0])) for channel in channels)
    block = len(channels) * bits // 8
    size = len(data) if data_size is None else data_size
    header = b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVEfmt "
    header += struct.pack("<IHHIIHH", 16, tag, len(channels), rate_hz, rate_hz * block, block, bits)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as out:
        out.write(header + b"data" + struct.pack("<I", size & 0xFFFFFFFF) + data)
