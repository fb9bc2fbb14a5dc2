#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pupil.toml of one project of bench/open_world.sh, and the index of its heap, which names no class."""
import argparse
import csv
import pathlib
import re

import triples


def class_blocks(names):
    text = (pathlib.Path(__file__).parent / "../../presets/esc50.toml").read_text()
    blocks = re.findall(r"\[\[class\]\]\n(?:(?!\n\[).*\n)+", text)
    of_name = {re.search(r'name = "(.*?)"', block).group(1): block for block in blocks}
    return "\n".join(of_name[name] for name in names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", type=pathlib.Path)
    parser.add_argument("dir", type=pathlib.Path)
    for option, default in (("heap", "all"), ("teacher", "clap-nano"), ("label", ""), ("train", ""), ("export", "")):
        parser.add_argument("--" + option, default=default)
    parser.add_argument("--triple", type=int, default=1)
    parser.add_argument("--fold", default="4")
    options = parser.parse_args()
    triple = triples.classes_of(options.shared, options.triple)
    in_heap = {"all": None, "eight": set(triples.classes_of(options.shared, options.triple, 8)), "alone": set(triple)}
    wanted = in_heap[options.heap]
    with open(options.dir / "heap.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "recording"])
        for row in triples.clips(options.shared):
            if row["fold"] != options.fold and (wanted is None or row["category"] in wanted):
                writer.writerow([options.shared / "data/esc50/audio" / row["filename"], row["src_file"]])
    (options.dir / "pupil.toml").write_text(f"""name = "world"

[[source]]
csv = "heap.csv"
group_column = "recording"

{class_blocks(triple)}
[split]
test = 0.0

[teacher]
model = "{options.teacher}"

[label]
{options.label}

[train]
{options.train}

[export]
{options.export}
""")


if __name__ == "__main__":
    main()
