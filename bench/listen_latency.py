#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# From a sample to the MQTT message, without smoothing: a tone every few seconds in real time, votes = 1 of 1, mosquitto on this
# machine. Two figures for each tone: since its first sample (with what a window needs of it to be sure), and since the last
# sample of the window that decided (what the program itself adds).
#   bench/listen_latency.py PUPIL TONE_MODEL [TONES]         needs mosquitto and mosquitto-clients
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime

RATE_HZ = 16000
BLOCK_S = 0.01
QUIET_S = 3.0
HOP_S, WINDOW_S = 0.1, 0.495  # of listen.toml's default and of the tone model


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def feed(path, count, starts, done):
    noise, tone = open("noise.raw", "rb").read(), open("tone.raw", "rb").read()
    quiet = (noise * 9)[: int(QUIET_S * RATE_HZ) * 2]
    block = int(BLOCK_S * RATE_HZ) * 2
    with open(path, "wb", buffering=0) as pipe:
        begin, sent = time.time(), 0
        for _ in range(count):
            for part, is_tone in ((quiet, False), (tone, True)):
                for at in range(0, len(part), block):
                    piece = part[at : at + block]
                    # A block is there when its last sample is.
                    wait = begin + (sent + len(piece)) / 2 / RATE_HZ - time.time()
                    if wait > 0:
                        time.sleep(wait)
                    if is_tone and at == 0:
                        starts.append(begin + sent / 2 / RATE_HZ)
                    pipe.write(piece)
                    sent += len(piece)
        done.set()
        time.sleep(2)


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def row(name, values):
    values = sorted(values)
    at = lambda share: values[min(int(share * len(values)), len(values) - 1)]
    print(f"{name}: median {at(0.5) * 1000:.0f} ms, 99 % {at(0.99) * 1000:.0f} ms, highest {values[-1] * 1000:.0f} ms")


def main():
    pupil, tone_model = (os.path.abspath(word) for word in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([tone_model, "."], check=True)
        port = free_port()
        open("broker.conf", "w").write(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\nlog_type none\n")
        os.mkfifo("audio")
        open("listen.toml", "w").write(
            '[[model]]\npath = "tone.pupil"\n[events]\nvotes = 1\nof = 1\nmerge_gap_s = 0.2\n[clips]\nkeep = "never"\n'
            '[[source]]\nname = "yard"\ninput = "cmd:exec cat audio"\nstall_s = 1000\n'
            f'[[sink]]\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:{port},base=pupil/bench"\n'
        )
        broker = subprocess.Popen(["mosquitto", "-c", "broker.conf"], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        heard = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-t", "pupil/bench/yard/event", "-F", "%U %p"], stdout=subprocess.PIPE, text=True)
        child = subprocess.Popen([pupil, "listen", "listen.toml"], stdout=subprocess.DEVNULL, stderr=open("log.txt", "w"))
        messages, starts, done = [], [], threading.Event()
        reader = threading.Thread(target=lambda: messages.extend((float(t), json.loads(p)) for t, p in (line.split(" ", 1) for line in heard.stdout)), daemon=True)
        reader.start()
        feed("audio", count, starts, done)
        child.terminate()
        child.wait()
        heard.terminate()
        reader.join(5)
        broker.terminate()
    since_first, since_window = [], []
    for start in starts:
        after = [(at, message) for at, message in messages if start <= at < start + 2 + QUIET_S / 2]
        if after:
            at, message = after[0]
            since_first.append(at - start)
            # An onset is half a hop before the middle of the window that decided.
            since_window.append(at - seconds(message["onset"]) - (HOP_S + WINDOW_S) / 2)
    print(f"{len(starts)} tones, {len(since_first)} told, {len(messages)} messages")
    row("since the tone's first sample", since_first)
    row("since the last sample of the window that decided, by the source's clock", since_window)


if __name__ == "__main__":
    main()
