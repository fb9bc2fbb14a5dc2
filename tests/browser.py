# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium for the checks of pages. Speaks Chromium's own protocol over a pipe: nothing else is needed."""
import base64
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile


def moved(descriptor):
    """The same under a number from 20 on."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 20)
    os.close(descriptor)
    return high


class Browser:
    """One Chromium with its protocol on file descriptors 3 and 4."""

    def __init__(self, program, profile, *more):
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()
        # Out of the way of 3 and 4, which either may be, whatever the caller has open.
        to_browser, from_browser = moved(to_browser), moved(from_browser)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--remote-debugging-pipe", "--autoplay-policy=no-user-gesture-required", "--hide-scrollbars",
                 "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 f"--user-data-dir={profile}", *more, "about:blank"]
        shell = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$0" "$@"'
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

    def open_page(self):
        """A page to work with; what it does is told to us."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def go(self, url):
        self.events.clear()
        self.ask("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def look(self, width, height, scheme):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, file):
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))

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


def is_local(complaint):
    """Whether a complaint is but a request to this machine."""
    return complaint.startswith("request to http://127.0.0.1")


def press(browser, key, code, text=""):
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, code=key if key != " " else "Space",
                    text=text if kind == "keyDown" else "")


def check_in_browser(page, check, *flags):
    """Runs check(browser) with a new browser that has a page open, in a profile that goes away, prints the complaints that it
    returns, and returns the exit code: 0, 1, or 77 without Chromium. `page` stands in messages."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print(f"SKIP: Chromium is not installed: {page} was not opened (scripts/setup.sh --browser)")
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile, *flags)
        try:
            browser.open_page()
            complaints = check(browser)
        finally:
            browser.process.terminate()
            browser.process.wait()
    for complaint in complaints:
        print("FAILED:", complaint)
    print(f"{page} has faults" if complaints else f"{page} works")
    return 1 if complaints else 0
