#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the live page in headless Chromium, with a program behind it that makes findings up, and presses its buttons.

    live_page_check.py PROGRAM [--screenshots FOLDER]

PROGRAM is tests/live_page_main.cpp. Checked: events, near misses and a spectrogram appear; nothing is written to the
console as an error and no script of a name has run; nothing is wider than the window, also on a phone; a clip plays; the
button "not this" is reached and pressed with the keyboard alone, and the verdict arrives. Exit code 77 without Chromium.
"""
import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import check_in_browser, complaints_of, is_local, press
from report_page_check import PLAY

READY = """(async () => {
  for (let i = 0; i < 150; ++i) {
    if (document.querySelector("#events audio") && document.querySelector("#misses li") && document.querySelector(".bar i")) break;
    await new Promise(done => setTimeout(done, 100));
  }
  const canvas = document.querySelector("canvas"), pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const wide = [...document.querySelectorAll("body *")].filter(e => !e.matches(".skip") && e.getBoundingClientRect().right > innerWidth + 1);
  return {events: document.querySelectorAll("#events li").length, misses: document.querySelectorAll("#misses li").length,
          painted: pixels.some((value, at) => at % 4 < 3 && value > 60), wide: wide.map(e => e.outerHTML.slice(0, 100)).slice(0, 3),
          names: [...document.querySelectorAll(".source .name")].map(e => e.textContent), bold: document.querySelectorAll(".source h3 b").length,
          connection: document.querySelector("#connection").textContent};
})()"""


def check(browser, url, folder):
    complaints = []
    for name, width, scheme in (("desk", 1200, "light"), ("phone", 390, "dark")):
        browser.look(width, 900, scheme)
        browser.go(url)
        seen = browser.evaluate(READY)
        if not (seen["events"] and seen["misses"] == 3 and seen["painted"] and seen["connection"] == "connected"):
            complaints.append(f"{name}: {seen}")
        if seen["bold"] or "nursery <b>x</b>" not in seen["names"]:
            complaints.append(f"{name}: a name was taken as markup: {seen['names']}")
        complaints += [f"{name}: wider than the window: {element}" for element in seen["wide"]]
        if folder:
            browser.screenshot(pathlib.Path(folder, name + ".png"))
    if not browser.evaluate(PLAY) > 0.1:
        complaints.append("a clip does not play")
    browser.evaluate("document.querySelector('#events').focus()")
    for _ in range(12):
        press(browser, "Tab", 9)
        if browser.evaluate("document.activeElement.className") == "reject":
            break
    press(browser, "Enter", 13, "\r")
    given = browser.evaluate("""(async () => {
      for (let i = 0; i < 50 && !document.querySelector(".given:not(:empty)"); ++i) await new Promise(done => setTimeout(done, 100));
      return (document.querySelector(".given:not(:empty)") || {}).textContent;
    })()""")
    if given != "\u2713 not this":
        complaints.append(f"the verdict is not shown: {given}")
    return complaints + [c for c in complaints_of(browser.events) if not is_local(c)]


def check_with_program(browser, options):
    server = subprocess.Popen([options.program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip()
    try:
        complaints = check(browser, f"http://127.0.0.1:{port}/", options.screenshots)
    finally:
        verdicts = server.communicate(timeout=30)[0].splitlines()
    if not (len(verdicts) == 1 and verdicts[0].endswith(" rejected")):
        complaints.append(f"verdicts that arrived: {verdicts}")
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    return check_in_browser("the live page", lambda browser: check_with_program(browser, options))


if __name__ == "__main__":
    sys.exit(main())
