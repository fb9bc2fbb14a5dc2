#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pupil.toml of one project of bench/open_world.sh, and the index of its heap, which names no class."""
import argparse
import csv
import pathlib
import re

import triples


MODELS = {"mn04": "{shared}/weights/efficientat_mn04/mn04_as_mAP_432.pt"}  # others are pupil's own names, or paths


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
    parser.add_argument("--input", help="what the teacher hears of a window; without it the default")
    parser.add_argument("--recordings", type=pathlib.Path, help="a folder in place of the heap")
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
    source = f'path = "{options.recordings}"' if options.recordings else 'csv = "heap.csv"\ngroup_column = "recording"'
    (options.dir / "pupil.toml").write_text(f"""name = "world"

[[source]]
{source}

{class_blocks(triple)}
[split]
test = 0.0

[teacher]
model = "{MODELS.get(options.teacher, options.teacher).format(shared=options.shared)}"
{f'input = "{options.input}"' if options.input else ""}

[label]
{options.label}

[train]
{options.train}

[export]
{options.export}
""")


if __name__ == "__main__":
    main()
