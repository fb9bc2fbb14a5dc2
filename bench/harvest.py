#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# pupil collect against a library on this machine with the faults that libraries have (src/harvest/library_server.py): time,
# requests against the server's limit, resident memory, fates.
#   bench/harvest.py PUPIL [RESULTS] [LIMIT] [PERIOD] [--list-only] [--scores]
# LIMIT: requests a second that the server allows and pupil is told; of every PERIOD results 14 have a fault each. --list-only: no
# result's licence is allowed, so that all are listed and none is fetched. --scores: clap-nano scores each before it is kept; it takes no
# tone for a bark, so that a threshold of almost nothing keeps them.
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "harvest", "library_server.py")


def watch(child, sizes):
    while child.poll() is None:
        try:
            for line in open(f"/proc/{child.pid}/status"):
                if line.startswith("VmRSS"):
                    sizes.append(int(line.split()[1]) / 1024)
        except OSError:
            return
        time.sleep(0.2)


def main():
    list_only = "--list-only" in sys.argv
    scores = "--scores" in sys.argv
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    pupil = os.path.abspath(words[0])
    results = int(words[1]) if len(words) > 1 else 10000
    limit = int(words[2]) if len(words) > 2 else 100
    period = int(words[3]) if len(words) > 3 else 200
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, SERVER, folder, str(results), str(limit), "1", str(period)], stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline())
        library = "freesound" if list_only else "openverse"
        project = folder + "/project"
        os.mkdir(project)
        open(project + "/keys", "w").write("freesound = SECRET\n")
        open(project + "/pupil.toml", "w").write(
            'name = "bench"\n[[class]]\nname = "bark"\nprompts = ["a dog barking"]\n'
            f'[[source]]\nsearch = "{library}"\n[licence]\nallow = ["{"GFDL" if list_only else "CC-BY"}"]\n'
            "[collect]\nnear_duplicates = false\n"
            "[harvest]\nkeys = \"keys\"\nclips = 0\nrecordings = 0\nauthors = 0\nrequests = 1000000\n"
            f"devices = 0\npreview_score = {'0.000000001' if scores else '0'}\n"
            f'endpoints = ["{library}=http://127.0.0.1:{port}"]\nlimits = ["{library}={limit}/1"]\n'
        )
        environment = {**os.environ, "PUPIL_CACHE": folder + "/cache"}
        begin = time.monotonic()
        child = subprocess.Popen([pupil, "--quiet", "collect", project], env=environment, stdout=subprocess.DEVNULL)
        sizes = []
        watcher = threading.Thread(target=watch, args=(child, sizes))
        watcher.start()
        if child.wait() != 0:
            sys.exit("pupil collect failed")
        watcher.join()
        seconds = time.monotonic() - begin
        count = int(urllib.request.urlopen(f"http://127.0.0.1:{port}/count").read())
        exceeded = os.path.exists(folder + "/exceeded")
        tenth = sizes[len(sizes) // 10] if sizes else 0
        print(f"{results} results: {seconds:.0f} s, {count} requests, {count / seconds:.0f} a second of {limit} allowed"
              f"{', LIMIT EXCEEDED' if exceeded else ''}; resident {tenth:.1f} MB after a tenth, {max(sizes):.1f} MB at most, {sizes[-1]:.1f} MB at the end")
        print(subprocess.run([pupil, "status", project], env=environment, capture_output=True, text=True).stdout.strip()[-800:])
        server.terminate()
        if exceeded:
            sys.exit(1)


if __name__ == "__main__":
    main()
