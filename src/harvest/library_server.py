#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sound library for tests, with Freesound's and Openverse's interfaces: library_server.py FOLDER RESULTS COUNT SECONDS [PERIOD]

Prints its port. Knows RESULTS sounds; of every PERIOD (20) one each has a fault (see FAULTS), the others are good. More than COUNT
requests in any SECONDS are answered 429 and noted in FOLDER/exceeded. /count tells the number of requests so far.
"""
import array
import collections
import http.server
import json
import math
import pathlib
import random
import struct
import sys
import threading
import time
import urllib.parse

folder = pathlib.Path(sys.argv[1])
results = int(sys.argv[2])
limit_count, limit_s = int(sys.argv[3]), float(sys.argv[4])
period = int(sys.argv[5]) if len(sys.argv) > 5 else 20
lock = threading.Lock()
recent = collections.deque()
asked = collections.Counter()
total = 0
FAULTS = {0: "gone", 1: "html", 2: "private", 3: "truncated once", 4: "busy once", 5: "lying type", 6: "changed",
          7: "licence", 8: "long", 9: "duplicate", 11: "broken", 12: "always truncated", 13: "garbage", 14: "forbidden"}


def fault(number):
    return FAULTS.get(number % period, "")


def sound(number):
    noise = random.Random(number)
    pitch, level, phase, samples = 300, 0.1, 0.0, array.array("h")
    for i in range(4000):
        if i % 400 == 0:
            pitch, level = 200 + 3000 * noise.random(), 0.05 + 0.3 * noise.random()
        phase += 2 * math.pi * pitch / 8000
        samples.append(int(32767 * level * math.sin(phase)))
    data = samples.tobytes()
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    return head + b"data" + struct.pack("<I", len(data)) + data


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        global total
        where, _, query = self.path.partition("?")
        if where == "/count":
            return self.send(200, str(total).encode())
        now = time.monotonic()
        with lock:
            total += 1
            asked[where] += 1
            while recent and recent[0] <= now - limit_s:
                recent.popleft()
            recent.append(now)
            if len(recent) > limit_count:
                (folder / "exceeded").write_text(f"{len(recent)} requests\n")
                return self.send(429, b'{"detail": "Request was throttled."}', {"Retry-After": str(int(limit_s) + 1)})
        words = dict(urllib.parse.parse_qsl(query))
        if where == "/v1/audio/":
            return self.page(words, 20, self.openverse)
        if where == "/apiv2/search/":
            if self.headers.get("Authorization") != "Token SECRET":
                return self.send(401, b'{"detail": "Authentication credentials were not provided."}')
            return self.page(words, 150, self.freesound)
        if where.startswith("/file/"):
            return self.file(int(where[6:].removesuffix(".wav")))
        self.send(404, b"")

    def address(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def page(self, words, size, write):
        number = int(words["page"])
        last = (results + size - 1) // size
        self.send(200, json.dumps(write([*range((number - 1) * size, min(number * size, results))], number, last)).encode(),
                  {"Content-Type": "application/json"})

    def openverse(self, numbers, page, last):
        return {"result_count": results, "page_count": last, "page": page, "results": [
            {"id": f"id-{n}", "title": f"Sound {n}", "creator": f"author {n % 50}",
             "license": "by-nc" if fault(n) == "licence" else "by", "license_version": "4.0",
             "duration": 500000 if fault(n) == "long" else 500,
             "foreign_landing_url": self.address(f"/page/{n}"), "url": self.address(f"/file/{n}.wav")} for n in numbers]}

    def freesound(self, numbers, page, last):
        return {"count": results, "next": self.address(f"/apiv2/search/?page={page + 1}") if page < last else None, "results": [
            {"id": n, "name": f"Sound {n}", "username": f"author {n % 50}",
             "license": "Attribution NonCommercial" if fault(n) == "licence" else "Attribution",
             "duration": 500.0 if fault(n) == "long" else 0.5, "url": self.address(f"/page/{n}"),
             "gen_ai_preference": "no", "previews": {"preview-hq-ogg": self.address(f"/file/{n}.wav")}} for n in numbers]}

    def file(self, number):
        kind = fault(number)
        first = asked[f"/file/{number}.wav"] == 1
        if kind == "gone":
            return self.send(404, b"no such sound")
        if kind == "forbidden":
            return self.send(403, b"")
        if kind == "html":
            return self.send(200, b"<html><body>Please prove that you are human</body></html>", {"Content-Type": "audio/wav"})
        if kind == "garbage":
            return self.send(200, bytes(range(256)) * 20, {"Content-Type": "audio/mpeg"})
        if kind == "private":
            return self.send(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"})
        if kind == "busy once" and first:
            return self.send(503, b"", {"Retry-After": "0"})
        if kind == "broken":
            return self.send(500, b"")
        data = sound(number + 1 if kind == "duplicate" else number)
        tag = f'"{number}"'
        begin = 0
        if kind == "changed" and first:
            data, tag = sound(number + 100000) + b"longer", '"old"'
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and self.headers.get("If-Range") == tag:
            begin = int(wanted[6:].split("-")[0])
        body = data[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Type", "text/html" if kind == "lying type" else "audio/wav")
        if kind != "always truncated":
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = kind == "always truncated" or (first and kind in ("truncated once", "changed"))
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def send(self, code, body, headers={}):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
