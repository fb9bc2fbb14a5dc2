#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sound library for tests, with the interfaces of all libraries: library_server.py FOLDER RESULTS COUNT SECONDS [PERIOD] [PATIENCE]

Prints its port. Knows RESULTS sounds; of every PERIOD (20) one each has a fault (see FAULTS), the others are good. More than COUNT
requests in any SECONDS are answered 429 and noted in FOLDER/exceeded. With PATIENCE, a number of seconds, every list is first
throttled, then cut off, and two more of every PERIOD are throttled once or stall for so long once. /count tells the number of
requests so far, /asked?path how many were for one path, /vector the last similar_to.
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
patience = float(sys.argv[6]) if len(sys.argv) > 6 else 0
vector = ""
lock = threading.Lock()
recent = collections.deque()
asked = collections.Counter()
total = 0
FAULTS = {0: "gone", 1: "html", 2: "private", 3: "truncated once", 4: "busy once", 5: "lying type", 6: "changed",
          7: "licence", 8: "long", 9: "duplicate", 11: "broken", 12: "always truncated", 13: "garbage", 14: "forbidden",
          15: "wrong class"}
if patience:
    FAULTS.update({16: "throttled once", 17: "stalls once"})
LENGTHS = {"long": 500.0}


def fault(number):
    return FAULTS.get(number % period, "")


def licence(number, good, bad):
    return bad if fault(number) == "licence" else good


def seconds(number):
    return LENGTHS.get(fault(number), 0.5)


def sound(number):
    quiet = 0.1 if fault(number) == "wrong class" else 1
    noise = random.Random(number)
    pitch, level, phase, samples = 300, 0.1, 0.0, array.array("h")
    for i in range(4000):
        if i % 400 == 0:
            pitch, level = 200 + 3000 * noise.random(), 0.05 + 0.3 * noise.random()
        phase += 2 * math.pi * pitch / 8000
        samples.append(int(32767 * quiet * level * math.sin(phase)))
    data = samples.tobytes()
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    return head + b"data" + struct.pack("<I", len(data)) + data


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cut = False

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        global total
        where, _, query = self.path.partition("?")
        if where == "/count":
            return self.send(200, str(total).encode())
        if where == "/asked":
            return self.send(200, str(asked[query]).encode())
        if where == "/vector":
            return self.send(200, vector.encode())
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
        lists = {"/v1/audio/": self.list_openverse, "/apiv2/search/": self.list_freesound, "/api/3/recordings": self.list_xeno_canto,
                 "/v1/observations": self.list_inaturalist, "/w/api.php": self.list_commons, "/advancedsearch.php": self.list_archive}
        if where in lists:
            with lock:
                asked[self.path] += 1
                times = asked[self.path]
            if patience and times == 1:
                return self.send(429, b"", {"Retry-After": "0"})
            self.cut = bool(patience) and times == 2
            return lists[where](words)
        if where.startswith("/metadata/it-"):
            return self.metadata(int(where[13:]))
        if where.endswith("/download") and words.get("key") != "SECRET":
            return self.send(401, b"")
        name = where.removesuffix("/download").rsplit("/", 1)[-1]
        if where.startswith(("/file/", "/download/it-")):
            return self.file(int(name.split(".")[0].split("_")[0]), where)
        self.send(404, b"")

    def address(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def answer(self, value):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    # Words "only gone" find the sounds with that fault, "only good" those without any.
    def page(self, words, size, write):
        number = int(words["page"])
        only = words.get("q", "").removeprefix("only ").removeprefix("good")
        pool = [n for n in range(results) if fault(n) == only] if words.get("q", "").startswith("only ") else range(results)
        self.answer(write([*pool[(number - 1) * size : number * size]], number, (len(pool) + size - 1) // size))

    def list_openverse(self, words):
        self.page(words, 20, self.openverse)

    def list_freesound(self, words):
        global vector
        if self.headers.get("Authorization") != "Token SECRET":
            return self.send(401, b'{"detail": "Authentication credentials were not provided."}')
        if ("similar_to" in words) == ("query" in words) or ("similar_to" in words and words.get("similarity_space") != "laion_clap"):
            return self.send(400, b'{"detail": "Bad request"}')
        vector = words.get("similar_to", vector)
        self.page(words, 150, self.freesound)

    def list_xeno_canto(self, words):
        if words.get("key") != "SECRET":
            return self.send(401, b'{"error": "unauthorized", "message": "Missing or invalid \'key\' parameter."}')
        if ":" not in words.get("query", ""):
            return self.send(400, b'{"error": "client_error", "message": "Only tagged queries."}')
        self.page(words, 10, self.xeno_canto)

    def list_inaturalist(self, words):
        begin = int(words["id_above"])  # observation N + 1 has sound N
        self.answer({"total_results": results - begin, "page": 1, "per_page": 10, "results": [
            {"id": n + 1, "uri": self.address(f"/page/{n}"), "quality_grade": "research", "user": {"login": f"author {n % 50}"},
             "taxon": {"name": "Canis familiaris"},
             "sounds": [{"id": n, "file_url": self.address(f"/file/{n}.wav"), "attribution": "(c)",
                         "license_code": licence(n, "cc-by", "cc-by-nc")}]} for n in range(begin, min(begin + 10, results))]})

    def list_commons(self, words):
        begin = int(words["gsroffset"])
        end = min(begin + 10, results)
        pages = {str(n + 1000): {"pageid": n + 1000, "ns": 6, "title": f"File:Sound {n}.wav", "index": n - begin + 1, "imageinfo": [
            {"url": self.address(f"/file/{n}.wav"), "descriptionurl": self.address(f"/page/{n}"), "mime": "audio/x-wav",
             "size": 8044, "duration": seconds(n), "sha1": "0", "extmetadata": {
                 "LicenseShortName": {"value": licence(n, "CC BY 4.0", "CC BY-NC 4.0")},
                 "Artist": {"value": f"<a href='x'>author {n % 50}</a>"}}}]} for n in reversed(range(begin, end))}
        more = {"continue": {"gsroffset": end, "continue": "gsroffset||"}} if end < results else {}
        self.answer({"batchcomplete": "", **more, "query": {"pages": pages}})

    def list_archive(self, words):
        begin = (int(words["page"]) - 1) * 10
        self.answer({"responseHeader": {"status": 0}, "response": {"numFound": results, "start": begin, "docs": [
            {"identifier": f"it-{n}", "title": f"Sound {n}", "creator": [f"author {n % 50}"],
             "licenseurl": "http://creativecommons.org/licenses/" + licence(n, "by", "by-nc") + "/4.0/"}
            for n in range(begin, min(begin + 10, results))]}})

    def metadata(self, n):
        self.answer({"metadata": {"identifier": f"it-{n}"}, "files": [
            {"name": f"{n}.png", "source": "derivative", "format": "PNG", "original": f"{n}.flac"},
            {"name": f"{n}_64kb.mp3", "source": "derivative", "format": "64Kbps MP3", "original": f"{n}.flac", "length": str(seconds(n))},
            {"name": f"{n}.flac", "source": "original", "format": "FLAC", "length": str(seconds(n))}]})

    def xeno_canto(self, numbers, page, last):
        return {"numRecordings": str(results), "numSpecies": "1", "page": page, "numPages": last, "recordings": [
            {"id": str(n), "gen": "Canis", "sp": "lupus", "en": "Grey Wolf", "rec": f"author {n % 50}", "type": "call",
             "length": f"{int(seconds(n)) // 60}:{int(seconds(n)) % 60 or 1:02}", "url": "//" + self.address(f"/page/{n}")[7:],
             "file": "//" + self.address(f"/file/{n}.wav/download")[7:], "dvc": f"recorder {n % 3}", "mic": "",
             "lic": "//creativecommons.org/licenses/" + licence(n, "by", "by-nc") + "/4.0/"} for n in numbers]}

    def openverse(self, numbers, page, last):
        return {"result_count": results, "page_count": last, "page": page, "results": [
            {"id": f"id-{n}", "title": f"Sound {n}", "creator": f"author {n % 50}",
             "license": licence(n, "by", "by-nc"), "license_version": "4.0",
             "duration": 1000 * seconds(n),
             "foreign_landing_url": self.address(f"/page/{n}"), "url": self.address(f"/file/{n}.wav")} for n in numbers]}

    def freesound(self, numbers, page, last):
        return {"count": results, "next": self.address(f"/apiv2/search/?page={page + 1}") if page < last else None, "results": [
            {"id": n, "name": f"Sound {n}", "username": f"author {n % 50}",
             "license": licence(n, "Attribution", "Attribution NonCommercial"), "duration": seconds(n), "url": self.address(f"/page/{n}"),
             "gen_ai_preference": "no", "previews": {"preview-hq-ogg": self.address(f"/file/{n}.wav")}} for n in numbers]}

    def file(self, number, where):
        kind = fault(number)
        first = asked[where] == 1
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
        if kind == "throttled once" and first:
            return self.send(429, b"", {"Retry-After": "0"})
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
        if kind == "stalls once" and first:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(patience)
            self.close_connection = True
            return
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
        if self.cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.cut = False
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
