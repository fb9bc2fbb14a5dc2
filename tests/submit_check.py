#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends recordings through the page of `pupil submit-page` in headless Chromium, with its synthetic microphone.

    submit_check.py PUPIL [--screenshots FOLDER]

Checked: nothing can be sent before it was listened to, a licence was chosen and the text agreed to; a recording of the microphone
and a file arrive and are in DIR/submissions with licence and consent, and what is refused in the browser (silence, clipping, too
short, no sound) is said there and sent nowhere; a kill -9 of the server takes nothing back that was shown as received, and the
sender is known again afterwards; `pupil collect` takes the recordings in and `pupil forget` removes them; nothing is written to the console as an error, no request leaves
the page, no name of a class is taken as markup, nothing is wider than the window, also on a phone. Exit code 77 without Chromium.
"""
import argparse
import base64
import hashlib
import json
import math
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import check_in_browser, complaints_of, is_local

PROJECT = """name = "yard <b>x"
[[class]]
name = "dog <img src=x onerror=alert(1)>"
prompts = ["a dog"]
[[class]]
name = "cat"
prompts = ["a cat"]
[[source]]
path = "submissions"
layout = "submissions"
"""
WAIT = """(async test => { for (let i = 0; i < 400 && !test(); ++i) await new Promise(done => setTimeout(done, 25)); return test(); })"""
LOOK = """(() => {
  const wide = [...document.querySelectorAll("body *")].filter(e => !e.matches(".skip, #file") && e.getBoundingClientRect().right > innerWidth + 1);
  return {wide: wide.map(e => e.outerHTML.slice(0, 100)).slice(0, 3), markup: document.querySelectorAll("img, h1 b").length,
          wanted: document.querySelector("#wanted").textContent, licences: document.querySelectorAll("#licences input").length,
          chosen: document.querySelectorAll("input:checked").length, consent: document.querySelector("#consent").textContent.length};
})()"""


def wav(samples, rate=16000):
    data = b"".join(struct.pack("<h", max(-32768, min(32767, round(32768 * value)))) for value in samples)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16) + b"data" + struct.pack("<I", len(data)) + data


def tone(seconds, level, pitch=0.3):
    return [level * math.sin(pitch * i) for i in range(int(16000 * seconds))]


REFUSED = {"short": (wav(tone(0.2, 0.5)), "0.2 s long"), "silent": (wav([0.0] * 32000), "no sound in it"), "quiet": (wav(tone(2, 0.004)), "Too quiet"),
           "clipped": (wav(tone(2, 1.5)), "Clipped"), "text": (b"hello", "cannot play this file")}


class Sender:
    def __init__(self, browser):
        self.browser = browser

    def open(self, url):
        self.browser.go(url)
        return self.until("document.body.dataset.ready")

    def until(self, condition):
        return self.browser.evaluate(f"{WAIT}(() => {condition})")

    def click(self, selector):
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def text(self, selector):
        return self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def choose(self, sound):
        """As a person does in the dialog for files; the page gets its event."""
        self.browser.evaluate("""(text => {
          const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0)), files = new DataTransfer();
          files.items.add(new File([bytes], "secret name.wav"));
          document.querySelector("#file").files = files.files;
          return chooseFile();
        })(""" + json.dumps(base64.b64encode(sound).decode()) + ")")

    def record(self, seconds):
        self.click("#record")
        if not self.until("recording && recording.count > 0"):
            return False
        self.browser.evaluate(f"new Promise(done => setTimeout(done, {1000 * seconds}))")
        self.click("#record")
        return self.until("take && !recording")

    def missing(self):
        return self.text("#missing") if self.browser.evaluate("document.querySelector('#send').disabled") else ""

    def agree(self):
        self.click("#play")
        self.until("take.played")
        self.click("input[value='CC-BY-4.0']")
        self.click("#agreed")

    def send(self):
        self.click("#send")
        self.until("!sending && document.querySelector('#answer').textContent")
        return self.text("#answer")


def serve(pupil, folder):
    server = subprocess.Popen([pupil, "--quiet", "submit-page", folder], stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip()


def records_of(folder):
    return {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder, "submissions").glob("*.json")}


def check_looks(sender, url, screenshots):
    complaints = []
    for name, width, scheme in (("submit", 1100, "light"), ("submit-phone", 390, "dark")):
        sender.browser.look(width, 900, scheme)
        if not sender.open(url):
            complaints.append(f"{name}: the page does not open")
        sender.choose(wav(tone(2, 0.5, 0.02)))
        seen = sender.browser.evaluate(LOOK)
        if seen["markup"] or "<img" not in seen["wanted"] or seen["licences"] != 2 or seen["chosen"] or seen["consent"] < 500:
            complaints.append(f"{name}: {seen}")
        complaints += [f"{name}: wider than the window: {element}" for element in seen["wide"]]
        if screenshots:
            sender.browser.screenshot(pathlib.Path(screenshots, name + ".png"))
    return complaints


def check_link(sender, url):
    """Who gets the address in a message opens it from another site's page."""
    sender.browser.go("data:text/html,<a>the page</a>")
    sender.browser.events.clear()
    sender.browser.evaluate(f"document.querySelector('a').href = {json.dumps(url)}; document.querySelector('a').click()")
    sender.browser.wait_for("Page.loadEventFired")
    return [] if sender.until("document.body.dataset.ready") else ["a link on another page does not open it: " + sender.text("body")]


def check_refusals(sender, folder):
    complaints = []
    for name, (sound, words) in REFUSED.items():
        sender.choose(sound)
        said = sender.text("#checks") + sender.text("#answer")
        if words not in said or not sender.missing():
            complaints.append(f"{name}: {words!r} is not in {said!r}, or it can be sent")
    if records_of(folder):
        complaints.append("something that was refused is there")
    return complaints


def check_sending(sender, folder, screenshots):
    complaints, asked = [], []
    if not sender.record(1.6):
        complaints.append("the microphone gives nothing: " + sender.text("#answer"))
    for step in ("#play", "input[value='CC-BY-4.0']", "#agreed"):
        asked.append(sender.missing())
        sender.click(step)
        sender.until("take.played")
    if [text.split()[0] for text in asked] != ["Listen", "Choose", "Agree"] or sender.missing():
        complaints.append(f"asked for before sending: {asked}, then {sender.missing()!r}")
    if screenshots:
        sender.browser.screenshot(pathlib.Path(screenshots, "submit-recorded.png"))
    answer = sender.send()
    if not answer.startswith("Received"):
        complaints.append("not received: " + answer)
    if sender.missing() != "Record something, or choose a file." or sender.browser.evaluate("document.querySelector('#agreed').checked"):
        complaints.append("the next recording is agreed to in advance")
    sender.choose(wav(tone(2, 0.5)))
    sender.agree()
    if not sender.send().startswith("Received"):
        complaints.append("a file is not received: " + sender.text("#answer"))
    sender.choose(wav(tone(2, 0.5)))
    sender.agree()
    if "was sent before" not in sender.send():
        complaints.append("the same file again: " + sender.text("#answer"))
    return complaints


def check_records(sender, folder):
    complaints, consent = [], sender.browser.evaluate("about.consent")
    records = records_of(folder)
    if len(records) != 2:
        complaints.append(f"{len(records)} of 2 recordings are there")
    for name, record in records.items():
        sound = pathlib.Path(folder, "submissions", name + ".flac").read_bytes()
        if hashlib.sha256(sound).hexdigest() != name or b"secret" in sound or "secret" in json.dumps(record):
            complaints.append(f"{name}: not named by its content, or it holds the file's name")
        if record["licence"] != "CC-BY-4.0" or record["consent"] != consent or record["consent_sha256"] != hashlib.sha256(consent.encode()).hexdigest():
            complaints.append(f"{name}: {record}")
        if record["author"] != sender.text("#sender"):
            complaints.append(f"{name}: from {record['author']}, the page shows {sender.text('#sender')}")
    return complaints


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


def check_project(pupil, folder, author):
    collected = run(pupil, "collect", folder)
    if "2 new clips" not in collected.stdout:
        return ["collect: " + collected.stdout + collected.stderr]
    complaints = []
    if json.loads(run(pupil, "status", folder, "--json").stdout)["held"] != 2:
        complaints.append("they are not held back")
    if author not in run(pupil, "licences", folder).stdout:
        complaints.append("licences does not name the author")
    forgotten = run(pupil, "forget", folder, author)
    if "2 clips removed" not in forgotten.stdout or "still where" in forgotten.stdout or records_of(folder):
        complaints.append("forget: " + forgotten.stdout + forgotten.stderr)
    return complaints


def check(browser, pupil, screenshots):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "pupil.toml").write_text(PROJECT)
        server, url = serve(pupil, folder)
        sender = Sender(browser)
        try:
            complaints = check_link(sender, url)
            complaints += check_looks(sender, url, screenshots)
            sender.browser.look(1100, 900, "light")
            sender.open(url)
            complaints += check_refusals(sender, folder)
            complaints += check_sending(sender, folder, screenshots)
            complaints += check_records(sender, folder)
            author, before = sender.text("#sender"), records_of(folder)
            server.send_signal(signal.SIGKILL)
            server.wait()
            browser.go("about:blank")
            server, url = serve(pupil, folder)
            sender.open(url)
            if sender.text("#sender") != author or sender.browser.evaluate("about.sent") != 2 or records_of(folder) != before:
                complaints.append("after kill -9 the sender or the recordings are others")
            complaints += [c for c in complaints_of(browser.events) if not is_local(c)]
        finally:
            server.kill()
            server.wait()
        return complaints + check_project(pupil, folder, author)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pupil")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".wav") as heard:
        heard.write(wav(tone(5, 0.4, 0.2)))
        heard.flush()
        microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--use-file-for-fake-audio-capture=" + heard.name)
        return check_in_browser("the submission page", lambda browser: check(browser, options.pupil, options.screenshots), *microphone)


if __name__ == "__main__":
    sys.exit(main())
