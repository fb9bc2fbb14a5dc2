#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in headless Chromium, without a network, and looks whether it works.

    report_page_check.py PAGE.html [--screenshot FILE.png] [--width PIXELS] [--dark] [--expect-sound]
                         [--scores PUPIL MODEL]

Checked: the page loads, nothing is written to the console as an error, no request leaves the page, every chart
and every link of the table of contents has something to show, no script of a label has run, nothing is wider than
the window, and (where the page has a player) a sound plays: its time moves on. With --scores: each sound that is played
shows the scores of `pupil classify` for its samples, bit for bit; a page without a scorer shows none; and the page as it is where
scripts are off has its players and promises nothing. Exit code 0 when all is well, 1 and a line for each thing that is
not, 77 where Chromium is missing (scripts/setup.sh --browser).
"""
import argparse
import base64
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import check_in_browser, complaints_of

LOOK = """(() => {
  const wide = Array.from(document.querySelectorAll("main *")).filter(
      e => !e.closest(".scroll") && !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 1);
  const dead = Array.from(document.querySelectorAll("nav a")).filter(a => !document.getElementById(a.hash.slice(1)));
  const unnamed = Array.from(document.querySelectorAll("svg")).filter(s => !s.querySelector("title") || !s.getAttribute("aria-label"));
  const mute = Array.from(document.querySelectorAll("audio, img")).filter(e => !(e.getAttribute("aria-label") || e.getAttribute("alt")));
  return {title: document.title, sections: document.querySelectorAll("main section h2").length,
          charts: document.querySelectorAll("svg").length, players: document.querySelectorAll("audio").length,
          scripts: Array.from(document.scripts).filter(s => s.type !== "application/octet-stream").length,
          scoring: document.querySelectorAll("script[type=module]").length, wide: wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120)), dead: dead.length,
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


# What the page shows of each sound after all were played, one after the other; the data that it plays.
PLAY_ALL = """(async () => {
  const seen = [], wait = done => new Promise(then => setTimeout(then, done));
  for (const sound of document.querySelectorAll(".sound")) {
    const audio = sound.querySelector("audio");
    if (!audio) continue;
    audio.muted = true;
    await audio.play();
    for (let i = 0; i < 300 && !sound.querySelector(".scores")?.childNodes.length; ++i) await wait(100);
    audio.pause();
    seen.push({data: audio.src, gain: audio.dataset.gain, text: sound.querySelector(".scores")?.textContent,
               scores: Array.from(sound.querySelectorAll(".score"), row => [row.querySelector(".score-name").textContent, Number(row.dataset.score)])});
  }
  return seen;
})()"""
SCRIPTLESS = """({players: document.querySelectorAll("audio[controls]").length, promises: document.body.innerText.includes("Press play")})"""


def as_single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def float_wav(samples, rate):
    data = struct.pack(f"<{len(samples)}f", *samples)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, rate, 4 * rate, 4, 32)
            + b"data" + struct.pack("<I", len(data)) + data)


def classify(pupil, model, sound, folder):
    """The scores of what a player holds, without its gain, by the program."""
    with wave.open(io.BytesIO(base64.b64decode(sound["data"].split(",")[1]))) as wav:
        pcm, rate = wav.readframes(wav.getnframes()), wav.getframerate()
        if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
            raise RuntimeError("a player holds something else than 16 bits, mono")
    gain = as_single(float(sound["gain"]))
    path = pathlib.Path(folder, "sound.wav")
    path.write_bytes(float_wav([as_single(sample / 32768 / gain) for (sample,) in struct.iter_unpack("<h", pcm)], rate))
    text = subprocess.run([pupil, "classify", model, path, "--json"], check=True, capture_output=True, text=True).stdout
    return {label: as_single(score) for label, score in json.loads(text)["scores"].items()}


def check_scores(browser, pupil, model):
    complaints = []
    sounds = browser.evaluate(PLAY_ALL)
    with tempfile.TemporaryDirectory() as folder:
        for at, sound in enumerate(sounds):
            wanted = classify(pupil, model, sound, folder)
            shown = dict(sound["scores"])
            least = min(shown.values(), default=2)
            if len(shown) != min(5, len(wanted)) or any(wanted[label] != score for label, score in shown.items()) or any(
                    score > least for label, score in wanted.items() if label not in shown):
                complaints.append(f"sound {at}: the page shows {sound['text']!r} {shown}, pupil classify gives {wanted}")
    if len({tuple(score for _, score in sound["scores"]) for sound in sounds}) < 2:
        complaints.append("all sounds have the same scores: nothing was compared")
    print(f"{len(sounds)} sounds played and scored")
    return complaints


def check_without_scripts(browser, url, players):
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.go(url)
    page = browser.evaluate(SCRIPTLESS)
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    return [] if page == {"players": players, "promises": False} else [f"without scripts: {page}"]


def check(browser, options):
    browser.look(options.width, 900, "dark" if options.dark else "light")
    url = pathlib.Path(options.page).resolve().as_uri()
    browser.go(url)
    page = browser.evaluate(LOOK)
    complaints = []
    if page["sections"] < 10:
        complaints.append(f"only {page['sections']} sections")
    for key, words in (("dead", "links lead nowhere"), ("unnamed", "charts have no title"),
                       ("mute", "pictures or players have no words")):
        if page[key]:
            complaints.append(f"{page[key]} {words}")
    if page["scripts"] != 1 + page["scoring"] or page["hacked"] != "undefined":
        complaints.append(f"{page['scripts']} scripts, window.hacked is {page['hacked']}")
    complaints += ["wider than the window: " + element for element in page["wide"]]
    played = None
    if page["players"]:
        played = browser.evaluate(PLAY)
        if not played > 0.1:
            complaints.append(f"a sound does not play: at {played} s after 10 s")
    elif options.expect_sound:
        complaints.append("there is no player")
    if options.scores:
        if page["scoring"]:
            complaints += check_scores(browser, *options.scores)
        else:
            print("SKIP: the program was built without WebAssembly: the page scores nothing (scripts/setup.sh)")
    if options.screenshot:
        browser.evaluate("for (const a of document.querySelectorAll('audio')) a.pause(); scrollTo(0, 0)")
        time.sleep(0.3)
        browser.screenshot(options.screenshot)
    sound = f"a sound plays (to {played:.2f} s)" if played is not None else "no player"
    print(f"{page['title']}: {page['sections']} sections, {page['charts']} charts, {page['players']} players; {sound}")
    complaints += complaints_of(browser.events)
    if options.scores:
        complaints += check_without_scripts(browser, url, page["players"])
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("--screenshot")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--expect-sound", action="store_true")
    parser.add_argument("--scores", nargs=2, metavar=("PUPIL", "MODEL"))
    options = parser.parse_args()
    return check_in_browser("the report", lambda browser: check(browser, options))


if __name__ == "__main__":
    sys.exit(main())
