#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reviews a project in headless Chromium, by keyboard alone.

    review_check.py PUPIL REVIEW_PROJECT [--screenshots FOLDER]

REVIEW_PROJECT is tests/review_project_main.cpp, which makes the project. Checked: 50 verdicts of all kinds, undo, the switch between
original, separated and removed at the same place; a kill -9 of the server after the 25th verdict, a restart, and all that was shown
as saved is there; keys in a field decide nothing and no key scrolls; nothing is written to the console as an error, no request leaves
the page, no name is taken as markup, nothing is wider than the window, also on a phone. Exit code 77 without Chromium.
"""
import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import check_in_browser, complaints_of, is_local, press

CODES = {"ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, " ": 32}

# A key's work is done when the page has counted it.
WAIT = """(async before => {
  for (let i = 0; i < 200 && Number(document.body.dataset.ready || 0) <= before; ++i) await new Promise(done => setTimeout(done, 25));
  return Number(document.body.dataset.ready || 0) > before;
})"""
DRAWN = """(async () => {
  for (let i = 0; i < 200 && !(document.body.dataset.drawn || "").startsWith(document.body.dataset.item + " "); ++i) await new Promise(done => setTimeout(done, 25));
  const canvas = document.querySelector("#spectrogram"), pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const wide = [...document.querySelectorAll("body *")].filter(e => !e.matches(".skip") && !e.closest(".scroll, dialog") && e.getBoundingClientRect().right > innerWidth + 1);
  return {painted: pixels.some((value, at) => at % 4 < 3 && value > 90), wide: wide.map(e => e.outerHTML.slice(0, 100)).slice(0, 3),
          markup: document.querySelectorAll("main b:not(.bar b), main script").length, called: document.querySelector("#called").textContent};
})()"""


def serve(pupil, folder):
    server = subprocess.Popen([pupil, "--quiet", "review", folder, "--no-browser", "--reviewer", "ann"], stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip()


class Reviewer:
    """The person at the keyboard."""

    def __init__(self, browser):
        self.browser = browser

    def open(self, url):
        self.browser.go(url)
        self.browser.evaluate("(async () => { for (let i = 0; i < 200 && !document.body.dataset.item; ++i) await new Promise(done => setTimeout(done, 25)); })()")

    def leave(self):
        """What the old page still says is over once another is there."""
        self.browser.go("about:blank")

    def key(self, key):
        press(self.browser, key, CODES.get(key, ord(key[0].upper())), key if len(key) == 1 else "\r" if key == "Enter" else "")

    def decide(self, key):
        before = self.browser.evaluate("Number(document.body.dataset.ready || 0)")
        self.key(key)
        return self.browser.evaluate(f"{WAIT}({before})")


def counted(pupil, folder):
    return json.loads(subprocess.run([pupil, "review", folder, "--summary", "--json"], capture_output=True, text=True, check=True).stdout)


def verdicts_of(pupil, folder):
    rows = counted(pupil, folder)["reviewers"]
    return sum(row["verdicts"] + row["repeated"]["count"] for row in rows)


def check_looks(browser, reviewer, url, folder):
    complaints = []
    for name, width, scheme, grid in (("desk", 1280, "light", False), ("dark", 1280, "dark", False), ("phone", 390, "dark", False), ("grid", 1280, "light", True)):
        browser.look(width, 1000, scheme)
        reviewer.open(url)
        if grid:
            browser.evaluate("document.querySelector('#grid').click(); new Promise(done => setTimeout(done, 1500))")
        seen = browser.evaluate(DRAWN)
        if not seen["painted"] or seen["markup"] or not seen["called"]:
            complaints.append(f"{name}: {seen}")
        complaints += [f"{name}: wider than the window: {element}" for element in seen["wide"]]
        if folder:
            browser.evaluate("new Promise(done => setTimeout(done, 700))")
            browser.screenshot(pathlib.Path(folder, name + ".png"))
        complaints += list(faults(browser))
    return complaints


def faults(browser):
    return (c for c in complaints_of(browser.events) if not is_local(c))


def check_switch(browser, reviewer):
    """A window with a separated view: three kinds in turn, the playhead stays."""
    for _ in range(8):
        if browser.evaluate("document.querySelectorAll('#kinds button').length") == 3:
            break
        reviewer.decide("ArrowRight")
    browser.evaluate("(async () => { const a = audio.original; for (let i = 0; i < 100 && !(a.readyState > 1); ++i) await new Promise(d => setTimeout(d, 50)); a.pause(); a.currentTime = .7; })()")
    seen = []
    for _ in range(3):
        reviewer.key("a")
        seen.append(browser.evaluate("(async () => { await new Promise(d => setTimeout(d, 500)); return [kind, Math.round(audio[kind].currentTime * 10)]; })()"))
    return [] if seen == [["separated", 7], ["removed", 7], ["original", 7]] else [f"the switch of views: {seen}"]


def check_fields(browser, reviewer, pupil, folder):
    before = verdicts_of(pupil, folder)
    browser.evaluate("scrollTo(0, 200); document.querySelector('#reviewer').focus()")
    reviewer.key("n")
    reviewer.key("ArrowUp")
    browser.evaluate("document.querySelector('#reviewer').value = 'ann'; document.querySelector('#reviewer').blur()")
    place = browser.evaluate("scrollY")
    reviewer.key("?")
    shown = browser.evaluate("document.querySelector('#help').open")
    browser.evaluate("document.querySelector('#help').close()")
    reviewer.key(" ")
    complaints = [] if shown else ["? shows no help"]
    if verdicts_of(pupil, folder) != before:
        complaints.append("a key in a field decided something")
    if browser.evaluate("scrollY") != place:
        complaints.append("a key scrolled the page")
    return complaints


def check_verdicts(browser, reviewer, pupil, folder, server, url):
    complaints, given = [], 0
    keys = ["ArrowUp", "ArrowDown", "1", "2", "n", "u"]
    for i in range(50):
        if i == 25:  # in the middle of it
            server.send_signal(signal.SIGKILL)
            server.wait()
            if verdicts_of(pupil, folder) != given:
                complaints.append(f"{given} verdicts were shown as saved, {verdicts_of(pupil, folder)} are there after kill -9")
            reviewer.leave()
            server, url = serve(pupil, folder)
            reviewer.open(url)
        if not reviewer.decide(keys[i % len(keys)]):
            complaints.append(f"verdict {i} was not taken")
        given += 1
    if verdicts_of(pupil, folder) != 50:
        complaints.append(f"50 verdicts were given, {verdicts_of(pupil, folder)} are there")
    reviewer.decide("z")
    reviewer.decide("ArrowLeft")
    if verdicts_of(pupil, folder) != 48:
        complaints.append(f"two were taken back, {verdicts_of(pupil, folder)} of 50 are left")
    reviewer.key("c")
    for letter in "cat":
        reviewer.key(letter)
    reviewer.decide("Enter")
    if verdicts_of(pupil, folder) != 49:
        complaints.append("a typed class was not taken")
    return complaints, server


def check(browser, pupil, folder, screenshots):
    server, url = serve(pupil, folder)
    try:
        reviewer = Reviewer(browser)
        complaints = check_looks(browser, reviewer, url, screenshots)
        reviewer.open(url)
        complaints += check_switch(browser, reviewer)
        complaints += check_fields(browser, reviewer, pupil, folder)
        found, server = check_verdicts(browser, reviewer, pupil, folder, server, url)
        return complaints + found + list(faults(browser))
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pupil")
    parser.add_argument("project")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.project, folder, "20"], check=True, stderr=subprocess.DEVNULL)
        return check_in_browser("the review page", lambda browser: check(browser, options.pupil, folder, options.screenshots))


if __name__ == "__main__":
    sys.exit(main())
