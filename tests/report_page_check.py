#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in headless Chromium, without a network, and looks whether it works.

    report_page_check.py PAGE.html [--screenshot FILE.png] [--width PIXELS] [--dark] [--expect-sound]

Checked: the page loads, nothing is written to the console as an error, no request leaves the page, every chart
and every link of the table of contents has something to show, no script of a label has run, nothing is wider than
the window, and (where the page has a player) a sound plays: its time moves on. Exit code 0 when all is
well, 1 and a line for each thing that is not, 77 where Chromium is missing (scripts/setup.sh --browser).
"""
import argparse
import pathlib
import sys
import time

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


def check(browser, options):
    browser.look(options.width, 900, "dark" if options.dark else "light")
    browser.go(pathlib.Path(options.page).resolve().as_uri())
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
        browser.screenshot(options.screenshot)
    sound = f"a sound plays (to {played:.2f} s)" if played is not None else "no player"
    print(f"{page['title']}: {page['sections']} sections, {page['charts']} charts, {page['players']} players; {sound}")
    return complaints + list(complaints_of(browser.events))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("--screenshot")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--expect-sound", action="store_true")
    options = parser.parse_args()
    return check_in_browser("the report", lambda browser: check(browser, options))


if __name__ == "__main__":
    sys.exit(main())
