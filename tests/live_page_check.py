#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the live page in headless Chromium, with a program behind it that makes findings up, and presses its buttons.

    live_page_check.py PROGRAM [--screenshots FOLDER]

PROGRAM is tests/live_page_main.cpp. Checked: events, near misses and a spectrogram appear; nothing is written to the
console as an error and no script of a name has run; nothing is wider than the window, also on a phone; a clip plays; the
button "not this" is reached and pressed with the keyboard alone, and the verdict arrives. Exit code 77 without Chromium.
"""
import argparse
import base64
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from report_page_check import Browser, PLAY, complaints_of

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


def press(browser, key, code, text=""):
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, code=key if key != " " else "Space",
                    text=text if kind == "keyDown" else "")


def check(browser, url, folder):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.ask(domain + ".enable")
    complaints = []
    for name, width, scheme in (("desk", 1200, "light"), ("phone", 390, "dark")):
        browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.ask("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired")
        seen = browser.evaluate(READY)
        if not (seen["events"] and seen["misses"] == 3 and seen["painted"] and seen["connection"] == "connected"):
            complaints.append(f"{name}: {seen}")
        if seen["bold"] or "nursery <b>x</b>" not in seen["names"]:
            complaints.append(f"{name}: a name was taken as markup: {seen['names']}")
        complaints += [f"{name}: wider than the window: {element}" for element in seen["wide"]]
        if folder:
            shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
            pathlib.Path(folder, name + ".png").write_bytes(base64.b64decode(shot["data"]))
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
    complaints += [c for c in complaints_of(browser.events) if not c.startswith("request to http://127.0.0.1")]
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("SKIP: Chromium is not installed: the live page was not opened (scripts/setup.sh --browser)")
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(chromium, profile)  # first: it wants low descriptors
        server = subprocess.Popen([options.program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        port = server.stdout.readline().strip()
        try:
            complaints = check(browser, f"http://127.0.0.1:{port}/", options.screenshots)
        finally:
            browser.process.terminate()
            browser.process.wait()
    verdicts = server.communicate(timeout=30)[0].splitlines()
    if not (len(verdicts) == 1 and verdicts[0].endswith(" rejected")):
        complaints.append(f"verdicts that arrived: {verdicts}")
    for complaint in complaints:
        print(complaint)
    print("the live page has faults" if complaints else "the live page works")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
