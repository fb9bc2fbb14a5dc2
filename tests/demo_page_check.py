#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a page of `pupil demo` from the disk in headless Chromium, whose microphone plays a file.

    demo_page_check.py PUPIL TONE_MODEL FORGE [--screenshots FOLDER]

TONE_MODEL is tests/tone_model_main.cpp; FORGE is 1 for a program with the forge. Checked: the scores and events of dropped recordings
are those of `pupil classify`, bit for bit; thresholds that are moved change the events; the microphone is heard through the
audio thread and its events are listed; what is no sound is refused in words; nothing is asked of any server, nothing
is written to the console as an error, and nothing is wider than the window, also on a phone. Exit code 77 without
Chromium, or where the program was built without WebAssembly.
"""
import argparse
import array
import base64
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import check_in_browser, complaints_of

STATE = "document.querySelector('#state').textContent"
DROP = """(async () => {
  const bytes = Uint8Array.from(atob("%s"), c => c.charCodeAt(0)), transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "%s"));
  document.querySelector("#drop").dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
})()"""
SEEN = """(() => {
  const all = query => [...document.querySelectorAll(query)], text = (e, query) => e.querySelector(query).textContent;
  const canvas = document.querySelector("canvas"), copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pixels = copy.getContext("2d", {willReadFrequently: true});
  pixels.drawImage(canvas, 0, 0);
  return {
    scores: Object.fromEntries(all(".class").map(e => [text(e, ".class-name"), Number(e.dataset.score)])),
    events: all(".event").map(e => [text(e, ".event-class"), text(e, ".when")]),
    over: all(".class.over .class-name").map(e => e.textContent),
    said: text(document, "#said"), state: text(document, "#state"),
    painted: pixels.getImageData(0, 0, canvas.width, canvas.height).data.some((value, i) => i % 4 < 3 && value > 60),
    plays: document.querySelector("#player").src.startsWith("blob:"),
    wide: all("body *").filter(e => !e.matches(".skip") && e.getBoundingClientRect().right > innerWidth + 1)
      .map(e => e.outerHTML.slice(0, 100)).slice(0, 3),
  };
})()"""


def wait_until(browser, script, seconds=20):
    return browser.evaluate(f"""(async () => {{
      for (let i = 0; i < {10 * seconds}; ++i) {{ if ({script}) return true; await new Promise(done => setTimeout(done, 100)); }}
      return false;
    }})()""")


def write_wav(path, rate, samples, channels=1):
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(array.array("h", samples).tobytes())


def tone_in_noise(rate, seconds, start, end, channels=1):
    """A tone of 1 kHz from `start` to `end`, in noise."""
    draw = random.Random(1)
    for i in range(seconds * rate):
        sample = draw.randrange(-3000, 3000)
        if start <= i / rate < end:
            sample = round(9000 * math.sin(2 * math.pi * 1000 * i / rate))
        for channel in range(channels):
            yield sample // (channel + 1)


def clock(seconds):
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def classify(pupil, model, clip, *more):
    lines = subprocess.run([pupil, "classify", model, clip, "--json", *more], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def as_single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check_recording(browser, pupil, model, clip):
    browser.evaluate(DROP % (base64.b64encode(clip.read_bytes()).decode(), clip.name))
    if not wait_until(browser, f"{STATE}.startsWith('{clip.name}')"):
        return [f"{clip.name} was not scored: {browser.evaluate(SEEN)}"]
    seen = browser.evaluate(SEEN)
    wanted = {label: as_single(score) for label, score in classify(pupil, model, clip)[0]["scores"].items()}
    events = [[event["label"], f"{clock(event['start_s'])} to {clock(event['end_s'])}"] for event in classify(pupil, model, clip, "--events")]
    complaints = []
    if seen["scores"] != wanted:
        complaints.append(f"{clip.name}: scores {seen['scores']}, pupil classify {wanted}")
    if seen["events"] != events:
        complaints.append(f"{clip.name}: events {seen['events']}, pupil classify {events}")
    if not (seen["painted"] and seen["plays"]):
        complaints.append(f"{clip.name}: no picture or no player: {seen}")
    return complaints


def check_thresholds(browser):
    complaints = []
    move = """(() => {
      const slider = document.querySelector(".class input");
      slider.value = %s;
      for (const kind of ["input", "change"]) slider.dispatchEvent(new Event(kind));
    })()"""
    browser.evaluate(move % 1)
    if not wait_until(browser, "document.querySelectorAll('.event').length === 0"):
        complaints.append("a threshold of 1 still finds something")
    browser.evaluate("document.querySelector('#reset').click()")
    if not wait_until(browser, "document.querySelectorAll('.event').length === 1"):
        complaints.append("the model's threshold no longer finds the tone")
    return complaints


def check_refusals(browser):
    browser.evaluate(DROP % (base64.b64encode(b"no sound at all").decode(), "letter.txt"))
    if not wait_until(browser, "document.querySelector('#said').textContent.includes('letter.txt cannot be read as sound')"):
        return [f"what is no sound is not refused: {browser.evaluate(SEEN)}"]
    return []


def check_microphone(browser):
    browser.evaluate("document.querySelector('#microphone').click()")
    if not wait_until(browser, f"{STATE}.startsWith('listening')"):
        return [f"the microphone does not start: {browser.evaluate(SEEN)}"]
    complaints = []
    if not wait_until(browser, "document.querySelector('.class.over .class-name')?.textContent === 'tone'"):
        complaints.append(f"the tone of the microphone is not heard: {browser.evaluate(SEEN)}")
    if not wait_until(browser, "document.querySelectorAll('.event').length > 0"):
        complaints.append(f"no event of the microphone: {browser.evaluate(SEEN)}")
    return complaints


def stop_microphone(browser):
    browser.evaluate("document.querySelector('#microphone').click()")
    return [] if wait_until(browser, f"{STATE} === 'ready'") else ["the microphone does not stop"]


def look(browser, name, folder):
    if folder:
        browser.screenshot(pathlib.Path(folder, name + ".png"))
    return [f"{name}: wider than the window: {element}" for element in browser.evaluate(SEEN)["wide"]]


def check(browser, pupil, model, page, clips, folder):
    browser.look(1100, 900, "light")
    browser.go(page.as_uri())
    if not wait_until(browser, f"{STATE} === 'ready'"):
        return ["the page does not start"] + list(complaints_of(browser.events))
    complaints = []
    for clip in clips:
        complaints += check_recording(browser, pupil, model, clip)
    complaints += look(browser, "recording", folder)
    complaints += check_thresholds(browser)
    complaints += check_refusals(browser)
    browser.look(390, 900, "dark")
    complaints += check_microphone(browser)
    complaints += look(browser, "microphone", folder)
    complaints += stop_microphone(browser)
    return complaints + list(complaints_of(browser.events))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pupil")
    parser.add_argument("tone_model")
    parser.add_argument("forge", type=int)
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([options.tone_model, folder], check=True)
        model, page = folder / "tone.pupil", folder / "tone.html"
        made = subprocess.run([options.pupil, "demo", model, "-o", page], capture_output=True, text=True)
        if "built without WebAssembly" in made.stderr:
            print("SKIP: the program was built without WebAssembly: its page was not opened (scripts/setup.sh)")
            return 77
        made.check_returncode()
        # The forge resamples and mixes channels by FFmpeg and soxr, whose last bits are others.
        kinds = [("yard-16.wav", 16000, 1)] + ([] if options.forge else [("yard-44.wav", 44100, 1), ("yard-48.wav", 48000, 2)])
        for clip, rate, channels in kinds:
            write_wav(folder / clip, rate, tone_in_noise(rate, 6, 2, 4, channels), channels)
        write_wav(folder / "microphone.wav", 48000, tone_in_noise(48000, 8, 2, 5))
        return check_in_browser(
            "the page of pupil demo",
            lambda browser: check(browser, options.pupil, model, page, [folder / clip for clip, *_ in kinds], options.screenshots),
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={folder / 'microphone.wav'}")


if __name__ == "__main__":
    sys.exit(main())
