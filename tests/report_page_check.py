#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in headless Chromium, without a network, and looks whether it works.

    report_page_check.py PAGE.html [--screenshot FILE.png] [--width PIXELS] [--dark] [--expect-sound]

Checked: the page loads, nothing is written to the console as an error, no request leaves the page, every chart
and every link of the table of contents has something to show, no script of a label has run, nothing is wider than
the window, and (where the page has a player) a sound plays: its time moves on. Exit code 0 and one line when all is
well, 1 and a line for each thing that is not, 77 where Chromium is missing (scripts/setup.sh --browser).
Speaks Chromium's own protocol over a pipe: nothing else is needed.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

LOOK = """(() => {
  const wide = Array.from(document.querySelectorAll("main *")).filter(
      e => !e.closest(".scroll") && !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 1);
  const dead = Array.from(document.querySelectorAll("nav a")).filter(a => !document.getElementById(a.hash.slice(1)));
  const unnamed = Array.from(document.querySelectorAll("svg")).filter(s => !s.querySelector("title") || !s.getAttribute("aria-label"));
  const mute = Array.from(document.querySelectorAll("audio, img")).filter(e => !(e.getAttribute("aria-label") || e.getAttribute("alt")));
  return {title: document.title, sections: document.querySelectorAll("main section h2").length,
          charts: document.querySelectorAll("svg").length, players: document.querySelectorAll("audio").length,
          scripts: document.scripts.length, wide: wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120)), dead: dead.length,
          unnamed: unnamed.length, mute: mute.length, hacked: typeof window.hacked};
})()"""

PLAY = """(async () => {
  const audio = document.querySelector("audio");
  audio.muted = true;
  await audio.play();
  // A busy machine may take its time; a sound that does not play never gets there.
  for (let i = 0; i < 100 && audio.currentTime < 0.12; ++i) await new Promise(done => setTimeout(done, 100));
  return audio.currentTime;
})()"""


class Browser:
    """One Chromium with its protocol on file descriptors 3 and 4."""

    def __init__(self, program, profile):
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--remote-debugging-pipe", "--autoplay-policy=no-user-gesture-required", "--hide-scrollbars",
                 "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 f"--user-data-dir={profile}", "about:blank"]
        # Moved out of the way first: either may itself be 3 or 4.
        shell = f'exec 8<&{to_browser} 9>&{from_browser} 3<&8 4>&9; exec "$0" "$@"'
        self.process = subprocess.Popen(["bash", "-c", shell, program, *flags], pass_fds=(to_browser, from_browser),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.count, self.session, self.events = b"", 0, None, []

    def receive(self):
        while b"\0" not in self.rest:
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium went away")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def evaluate(self, script):
        result = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return result["result"].get("value")


def complaints_of(events):
    for event in events:
        params = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            yield "exception: " + params["exceptionDetails"].get("text", "")
        elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            yield "console: " + json.dumps(params["args"])[:200]
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            yield "log: " + params["entry"]["text"][:200]
        elif event.get("method") == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:")):
                yield "request to " + url


def check(browser, options):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.ask(domain + ".enable")
    browser.ask("Emulation.setDeviceMetricsOverride", width=options.width, height=900, deviceScaleFactor=1,
                mobile=options.width < 600)
    scheme = "dark" if options.dark else "light"
    browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.ask("Page.navigate", url=pathlib.Path(options.page).resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    page = browser.evaluate(LOOK)
    complaints = []
    if page["sections"] < 10:
        complaints.append(f"only {page['sections']} sections")
    for key, words in (("dead", "links lead nowhere"), ("unnamed", "charts have no title"),
                       ("mute", "pictures or players have no words")):
        if page[key]:
            complaints.append(f"{page[key]} {words}")
    if page["scripts"] != 1 or page["hacked"] != "undefined":
        complaints.append(f"{page['scripts']} scripts, window.hacked is {page['hacked']}")
    complaints += ["wider than the window: " + element for element in page["wide"]]
    played = None
    if page["players"]:
        played = browser.evaluate(PLAY)
        if not played > 0.1:
            complaints.append(f"a sound does not play: at {played} s after 10 s")
    elif options.expect_sound:
        complaints.append("there is no player")
    if options.screenshot:
        browser.evaluate("for (const a of document.querySelectorAll('audio')) a.pause(); scrollTo(0, 0)")
        time.sleep(0.3)
        shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
        pathlib.Path(options.screenshot).write_bytes(base64.b64decode(shot["data"]))
    complaints += list(complaints_of(browser.events))
    return page, played, complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("--screenshot")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--expect-sound", action="store_true")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print("SKIP: Chromium is not installed: the page was not opened (scripts/setup.sh --browser)")
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            page, played, complaints = check(browser, options)
        finally:
            browser.process.terminate()
            browser.process.wait()
    for complaint in complaints:
        print("FAILED:", complaint)
    if not complaints:
        sound = f"a sound plays (heard {played:.2f} s)" if played is not None else "no player"
        print(f"{page['title']}: {page['sections']} sections, {page['charts']} charts, {page['players']} players; {sound}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
