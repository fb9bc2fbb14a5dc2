#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server for the download tests that misbehaves as asked: flaky_server.py FOLDER

Prints its port, then serves FOLDER/NAME under
  /good/NAME        whole, with ranges and an entity tag
  /broken/NAME      closes the connection after at most 40 % of what was asked for
  /noranges/NAME    ignores ranges
  /changed/NAME     a new entity tag with every request
  /moved/NAME       redirects to /good/NAME
  /circle/NAME      redirects to itself
  /busy/NAME        503 twice, then as /good
  /stuck/NAME       sends headers and nothing more
  /limited/NAME     429 with Retry-After: 1 once, then as /good
  /later/NAME       429 with Retry-After: 3600
  /keyed/NAME       answers with the query and the Authorization that it was sent
  /away/NAME        redirects to the address in ?to=
  anything else     404
Every request is noted in FOLDER/requests.log as "METHOD PATH RANGE".
"""
import http.server
import pathlib
import sys
import time
import urllib.parse

folder = pathlib.Path(sys.argv[1])
counts = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        where, _, query = self.path.partition("?")
        _, mode, name = (where.split("/", 2) + ["", ""])[:3]
        wanted = self.headers.get("Range", "-")
        with open(folder / "requests.log", "a") as log:
            log.write(f"GET {self.path} {wanted}\n")
        counts[self.path] = counts.get(self.path, 0) + 1
        path = folder / name
        if mode == "away":
            return self.simple(302, urllib.parse.unquote(query.removeprefix("to=")))
        if mode == "limited" and counts[self.path] == 1:
            return self.simple(429, retry_after="1")
        if mode == "later":
            return self.simple(429, retry_after="3600")
        if mode == "keyed":
            return self.echo(query + " " + self.headers.get("Authorization", ""))
        modes = ("good", "limited", "broken", "noranges", "changed", "moved", "circle", "busy", "stuck")
        if mode not in modes or not path.is_file():
            return self.simple(404)
        if mode == "moved":
            return self.simple(302, f"/good/{name}")
        if mode == "circle":
            return self.simple(302, self.path)
        if mode == "busy" and counts[self.path] <= 2:
            return self.simple(503)
        data = path.read_bytes()
        tag = f'"{len(data)}-{counts[self.path] if mode == "changed" else 0}"'
        first = 0
        if wanted.startswith("bytes=") and mode != "noranges" and self.headers.get("If-Range") == tag:
            first = int(wanted[6:].split("-")[0])
        if first > len(data):
            return self.simple(416)
        body = data[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if mode != "noranges":
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mode == "stuck":
            time.sleep(60)
        if mode in ("broken", "changed") and (mode == "broken" or counts[self.path] == 1):
            body = body[: max(1000, len(body) * 4 // 10)]
        self.wfile.write(body)
        if mode in ("broken", "changed"):
            self.close_connection = True

    def echo(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def simple(self, code, location=None, retry_after=None):
        self.send_response(code)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
