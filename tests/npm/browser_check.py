#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The npm package in headless Chromium, served from this machine.

    browser_check.py RANDOM_MODEL MODULES

RANDOM_MODEL is tests/random_model_main.cpp; MODULES is the folder with pupil.wasm and pupil-simd.wasm. Checked: golden vectors with
both modules, bit for bit; the audio thread (pupil-worklet.js) gives the very scores of a stream that is pushed by hand, at the
model's rate and at 48 kHz. Exit code 77 without Chromium or the modules.
"""
import functools
import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
from browser import check_in_browser, complaints_of, is_local

SCRIPT = """(async () => {
  const {Model, atModelRate, compile, listen, loadModel} = await import("./pupil.js");
  const load = async name => new Uint8Array(await (await fetch(name)).arrayBuffer());
  const bytes = await load("tiny.pupil"), golden = await load("tiny.golden"), wrong = [];
  const same = (a, b) => a.length === b.length && new Uint8Array(a.buffer).every((byte, i) => byte === new Uint8Array(b.buffer)[i]);

  const head = new DataView(golden.buffer), [count, samples, classes] = [20, 24, 28].map(at => head.getUint32(at, true));
  for (const file of ["pupil-simd.wasm", "pupil.wasm"]) {
    const model = new Model(bytes, await WebAssembly.compile(await load(file)));
    for (let i = 0, at = 32; i < count; ++i) {
      const sound = new Int16Array(golden.buffer.slice(at, at + 2 * samples));
      const scores = new Float32Array(golden.buffer.slice(at + 2 * samples + 4 * classes, at + 2 * samples + 8 * classes));
      if (!same(model.score(sound), scores)) wrong.push(file + ": window " + i);
      at += 2 * samples + 8 * classes;
    }
    if (model.kernels !== (file === "pupil.wasm" ? "reference" : "wasm_simd")) wrong.push(file + " has " + model.kernels);
  }
  if ((await loadModel(bytes)).kernels !== "wasm_simd") wrong.push("the plain module was chosen");

  const wasm = await compile();
  for (const rate of [16000, 48000]) {
    const context = new OfflineAudioContext(1, 3 * rate, rate), buffer = context.createBuffer(1, 3 * rate, rate), sound = buffer.getChannelData(0);
    sound.forEach((_, i) => { sound[i] = Math.fround(0.5 * Math.sin(i * i / 1e5) * ((i % rate) / rate)); });
    const source = new AudioBufferSourceNode(context, {buffer}), heard = [];
    const node = await listen(bytes, wasm, source, ({windows}) => heard.push(...windows));
    node.connect(context.destination);
    source.start();
    await context.startRendering();
    const model = new Model(bytes, wasm), wanted = model.stream().push(atModelRate(model, sound, rate)).windows;
    for (let i = 0; i < 50 && heard.length < wanted.length - 1; ++i) await new Promise(done => setTimeout(done, 100));
    if (heard.length < 20) wrong.push(rate + " Hz: " + heard.length + " windows of the audio thread");
    heard.forEach((window, i) => { if (!same(window.scores, wanted[i].scores)) wrong.push(rate + " Hz: other scores in window " + i); });
  }
  return wrong;
})()"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".js": "text/javascript"}

    def log_message(self, *_):
        pass


def check(browser, address):
    browser.go(address)
    return browser.evaluate(SCRIPT) + [c for c in complaints_of(browser.events) if not is_local(c)]


def main():
    random_model, modules = sys.argv[1:]
    if not pathlib.Path(modules, "pupil.wasm").exists():
        print("SKIP: no WebAssembly modules were built: the npm package was not tried in Chromium (scripts/setup.sh)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for source in [*(here.parents[1] / "packaging/npm").glob("*.js"), *pathlib.Path(modules).glob("*.wasm")]:
            shutil.copy(source, folder)
        pathlib.Path(folder, "index.html").write_text("<!doctype html><title>pupil</title><link rel=icon href=data:,>")
        subprocess.run([random_model, "tiny", "1", pathlib.Path(folder, "tiny.pupil")], check=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return check_in_browser("the npm package", lambda browser: check(browser, f"http://127.0.0.1:{server.server_port}/"))


if __name__ == "__main__":
    sys.exit(main())
