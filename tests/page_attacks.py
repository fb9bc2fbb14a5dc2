#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What docs/security.md says of the local pages, tried on the real servers: pupil review, pupil submit-page and the live page.

    page_attacks.py PUPIL REVIEW_PROJECT LIVE_PAGE

REVIEW_PROJECT and LIVE_PAGE are tests/review_project_main.cpp and tests/live_page_main.cpp. Tried on each: requests without the
token, from other sites' pages, under other names of the address (DNS rebinding), the token's way out of the address; paths that
leave the page's own, plain, encoded and encoded twice; requests that drip, that are cut off, that never come; more connections than
there is room for; heads and bodies that are too large, bodies from who may not send any; a thousand requests ahead of their
answers; random bytes. After each the page still answers within seconds, and at the end the server has neither grown nor kept
descriptors, nor does it spin.
"""
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

ANSWERS_WITHIN_S = 6  # a machine that does much else; the server gives places up after two seconds
GROWTH_MB = 100
PEAK_MB = 150  # of a page that takes recordings of 10 MB

problems = []


def complain(server, text):
    problems.append(f"{server.name}: {text}")


class Server:
    def __init__(self, name, command, connections, routes, token=True, environment=None):
        self.name, self.connections, self.routes = name, connections, routes
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline().strip()
        self.port = int(re.search(r"(\d+)(/|$)", line).group(1))
        self.token = line.rpartition("token=")[2] if token else ""

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return connection

    def raw(self, data, end=False):
        """The whole answer; empty where the connection was closed without one."""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                if end:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_all(connection)

    def ask(self, path="/", method="GET", headers=(), body=b"", token=True, host=None, length=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", "Connection: close"]
        if token and self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if method != "GET" or length is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body) if length is None else length}"]
        answer = self.raw("\r\n".join([*lines, *headers, "", ""]).encode("latin1") + body)
        head, _, rest = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.1 ") else 0, head.decode("latin1"), rest

    def status(self, *arguments, **names):
        return self.ask(*arguments, **names)[0]

    def expect(self, what, wanted, *arguments, **names):
        status = self.status(*arguments, **names)
        if status not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            complain(self, f"{what}: {status}, wanted {wanted}")

    def answers(self, what):
        begin = time.monotonic()
        while (status := self.status()) == 503 and time.monotonic() - begin < ANSWERS_WITHIN_S:
            time.sleep(0.1)
        if status != 200 or time.monotonic() - begin > ANSWERS_WITHIN_S:
            complain(self, f"after {what}: {status} in {time.monotonic() - begin:.1f} s")

    def figures(self):
        folder = pathlib.Path("/proc", str(self.process.pid))
        now_kb, peak_kb = (int(re.search(name + r":\s+(\d+)", (folder / "status").read_text()).group(1)) for name in ("VmRSS", "VmHWM"))
        return now_kb / 1024, peak_kb / 1024, len(os.listdir(folder / "fd"))

    def is_sanitized(self):
        """Then what is freed stays in memory for a while."""
        return "libasan" in pathlib.Path("/proc", str(self.process.pid), "maps").read_text()

    def cpu_s(self):
        fields = pathlib.Path("/proc", str(self.process.pid), "stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_all(connection):
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except OSError:
        pass
    return answer


def other_sites(server):
    own = f"http://127.0.0.1:{server.port}"
    gets, posts = server.routes
    for path in posts:
        for headers in (["Origin: http://evil.example"], ["Origin: null"], [f"Origin: http://127.0.0.1:{server.port + 1}"],
                        [f"Origin: https://127.0.0.1:{server.port}.evil.example"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
                        [f"Origin: {own}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]):
            server.expect(f"POST {path} with {headers}", 403, path, "POST", headers, b"id=1")
        server.expect(f"POST {path} under another name", 421, path, "POST", [f"Origin: http://evil.example:{server.port}"], b"id=1", host=f"evil.example:{server.port}")
    for path in gets:
        server.expect(f"{path} embedded by another site", 403, path, headers=["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"])
        server.expect(f"{path} fetched by another site", 403, path, headers=["Origin: http://evil.example"])
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0x7f000001", "2130706433", "127.1"):
            server.expect(f"{path} as {host}", 421, path, host=host)
    server.expect("a link from another site", 200, headers=["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"])
    server.expect("another site's preflight", (403, 405), posts[0], "OPTIONS", ["Origin: http://evil.example", "Access-Control-Request-Method: POST"])
    head = server.ask()[1].lower()
    for header in ("content-security-policy: default-src 'none'", "x-content-type-options: nosniff", "x-frame-options: sameorigin",
                   "referrer-policy: no-referrer", "cross-origin-resource-policy: same-origin", "cache-control: no-store"):
        if header not in head:
            complain(server, f"no {header}")
    if "access-control-allow" in head:
        complain(server, "lets other sites read")


def tokens(server):
    if not server.token:
        return
    gets, posts = server.routes
    for path in [*gets, *posts, "/nothing", "/../", "/base.css"]:
        server.expect(f"{path} without a token", (400, 401), path, token=False)
        for wrong in ("x", server.token[:-1], server.token + "0", server.token.upper() + " "):
            server.expect(f"{path} with {wrong}", (400, 401), path, headers=[f"Authorization: Bearer {wrong}"], token=False)
    status, head, _ = server.ask(f"/?token={server.token}", token=False)
    location = re.search(r"Location: (.*)\r", head + "\r")
    if status != 303 or server.token in location.group(1):
        complain(server, f"the token stays in the address: {status} {location}")
    if not re.search(r"Set-Cookie: pupil_token_\d+=[^;]*; Path=/; HttpOnly; SameSite=Lax", head) or "no-referrer" not in head:
        complain(server, "the token's cookie: " + head)
    server.expect("the cookie", 200, headers=[f"Cookie: pupil_token_{server.port}={server.token}"], token=False)
    server.expect("another port's cookie", 401, headers=[f"Cookie: pupil_token_{server.port + 1}={server.token}"], token=False)


def traversal(server):
    climbs = ["../" * 8, "%2e%2e/" * 8, "..%2f" * 8, "%2e%2e%2f" * 8, "%252e%252e%252f" * 8, "..%5c" * 8, "..\\" * 8, "%c0%ae%c0%ae/" * 8, "....//" * 8, "..;/" * 8, "/"]
    for folder in ["/", "/clips/", "/sound/", "/sound/1/original/0/", "/neighbours/", "/submissions/"]:
        for climb in climbs:
            for end in ("etc/passwd", "etc/passwd%00.wav", "etc/passwd%23.wav", "proc/self/environ"):
                status, _, body = server.ask(folder + climb + end)
                if status not in (400, 404) or b"root:" in body or b"PATH=" in body:
                    complain(server, f"GET {folder + climb + end}: {status}")


def slow(server):
    held = []
    for i in range(server.connections + 10):
        connection = server.connect()
        connection.sendall([b"GET / HTTP/1.1\r\nX-", b"G", b"POST " + server.routes[1][0].encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
                            server.token.encode() + b"\r\nContent-Length: 60000\r\n\r\nid="][i % 3])
        held.append(connection)
    time.sleep(2.2)
    for connection in held:
        try:
            connection.send(b"a")
        except OSError:
            pass
    server.answers("requests that drip")
    for connection in held:
        connection.close()
    if not server.raw(f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode(), end=True).startswith(b"HTTP/1.1 200"):
        complain(server, "no answer to who has ended its own side")
    for piece in (b"", b"GET / HTTP/1.1\r\nHost:", b"\r\n"):
        server.raw(piece, end=True)


def floods(server):
    held = []
    for _ in range(300):
        try:
            held.append(server.connect())
        except OSError:
            break
    server.answers(f"{len(held)} connections that say nothing")
    for connection in held:
        connection.close()
    server.expect("a long line", 414, "/" + "a" * 20000)
    server.expect("a long header", 431, headers=["X: " + "a" * 20000])
    server.expect("many headers", 431, headers=[f"X{i}: 1" for i in range(200)])
    post = server.routes[1][0]
    server.expect("a body without end", 413, post, "POST", length=10 ** 18)
    server.expect("a large body", 413, post, "POST", body=b"x" * 20_000_000)
    if server.token:
        for _ in range(20):
            server.expect("a body from who may send none", (401, 413), post, "POST", body=b"x" * 2_000_000, length=9_000_000, token=False)
    request = f"GET /base.css HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode()
    with server.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(request * 1000,))
        sender.start()
        answer = b""
        while answer.count(b"HTTP/1.1 200 OK") < 1000 and (piece := connection.recv(1 << 20)):
            answer += piece
        sender.join()
        if answer.count(b"HTTP/1.1 200 OK") != 1000:
            complain(server, f"{answer.count(b'HTTP/1.1 200 OK')} answers to 1000 requests sent ahead")
    server.answers("requests ahead of their answers")


def garbage(server):
    draw = random.Random(7)
    for _ in range(200):
        server.raw(draw.randbytes(draw.randrange(1, 300)), end=True)
    whole = f"POST {server.routes[1][0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 40\r\n\r\n".encode()
    form = b"reviewer=a&id=1&kind=accept&class=dog&a="
    for _ in range(200):
        text = bytearray(form)
        for _ in range(draw.randrange(1, 8)):
            text[draw.randrange(len(text))] = draw.randrange(256)
        server.raw(whole + bytes(text))
    server.answers("random bytes")


def recordings(server):
    """Files that are small to send and large to read."""
    if server.name != "submit-page":
        return
    about = server.ask("/about")
    sender = re.search(r"Set-Cookie: (pupil_sender=\w+)", about[1]).group(1)
    consent = re.search(rb'"consent_sha256":"(\w+)"', about[2]).group(1).decode()
    for sound in (b"\xff\xf1\x50\x80\x00\xff\xfc" * 1_400_000, b"\xff\xfb\x90\x64" * 2_400_000, b"\x00\x00\x00\x14ftypM4A \x00\x00\x00\x00M4A " + b"\x00\x00\x00\x08free" * 1_200_000):
        begin = time.monotonic()
        server.expect("a recording of frames without sound", (415, 422), f"/send?licence=CC0-1.0&consent={consent}", "POST",
                      [f"Cookie: {sender}"], sound)
        if time.monotonic() - begin > 10 * ANSWERS_WITHIN_S:
            complain(server, f"a recording takes {time.monotonic() - begin:.0f} s")


def attack(server):
    for path in server.routes[0]:
        server.status(path)
    before_mb, _, before_files = server.figures()
    for part in (other_sites, tokens, traversal, slow, floods, garbage, recordings):
        part(server)
    after_mb, peak_mb, after_files = server.figures()
    if (after_mb - before_mb > GROWTH_MB or peak_mb > PEAK_MB) and not server.is_sanitized():
        complain(server, f"grew from {before_mb:.0f} to {after_mb:.0f} MB, {peak_mb:.0f} MB at most")
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while server.figures()[2] > before_files + 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    if server.figures()[2] > before_files + 1:
        complain(server, f"{before_files} descriptors before, {after_files} after")
    begin = server.cpu_s()
    time.sleep(0.5)
    if server.name != "live page" and server.cpu_s() - begin > 0.25:
        complain(server, "computes with nothing to do")
    if server.process.poll() is not None:
        complain(server, f"ended with {server.process.returncode}")
    server.process.kill()
    server.process.wait()


def main():
    pupil, review_project, live_page = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        reviewed, project = pathlib.Path(folder, "reviewed"), pathlib.Path(folder, "yard")
        for made in (reviewed, project):
            made.mkdir()
        subprocess.run([review_project, reviewed, "4"], check=True)
        (project / "pupil.toml").write_text('name = "yard"\n[[class]]\nname = "dog"\nprompts = ["a dog"]\n')
        for make in (
                lambda: Server("review", [pupil, "--quiet", "review", reviewed, "--no-browser", "--reviewer", "ann"], 64,
                               (["/", "/project", "/next?count=1&reviewer=a", "/sound/1/original/0/window"], ["/verdict", "/skip", "/undo"])),
                lambda: Server("submit-page", [pupil, "--quiet", "submit-page", project], 16, (["/", "/about"], ["/send?licence=CC0-1.0&consent=x"])),
                lambda: Server("live page", [live_page], 64, (["/", "/metrics", "/health", "/clips/m1"], ["/verdict"]), token=False)):
            begin = time.monotonic()
            server = make()
            attack(server)
            print(f"{server.name}: {time.monotonic() - begin:.1f} s")
        if (project / "submissions/.token").stat().st_mode & 0o077:
            problems.append("submit-page: others may read its token")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
