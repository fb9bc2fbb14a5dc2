#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes models/backbone-small anew from what may be given away: the clips of data/unlabelled whose index says may_ship, the
# freely licensed training clips of data/dogs, and synthetic sounds. What judges later (ESC-50, the dogs' val and test) is
# left out, by its sound. An hour on one core; stop it anywhere and run it again.
# usage: scripts/pretrain_backbone.sh PUPIL SHARED [OUT] [further options of pupil pretrain student]
set -euo pipefail
cd "$(dirname "$0")/.."
pupil=$1
shared=$(realpath "$2")
out=${3:-models/backbone-small}
[[ $# -gt 3 ]] && shift 3 || shift $#
export OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SkylakeX}
work=build/backbone
mkdir -p "$work"

# One folder of links with an index for what is learned, one of links for the dogs that judge, and who is to be named.
python3 - "$shared/data" "$work" <<'PY'
import csv, os, sys

data, work = sys.argv[1:]
free = ("Freesound: Creative Commons 0", "CC0", "CC BY 3.0", "CC BY 4.0", "Public domain")


def rows(name):
    return csv.DictReader(open(f"{data}/{name}/index.csv", newline=""))


def link(name, path, folder):
    place = f"{work}/{folder}/{name}/{path}"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if not os.path.lexists(place):
        os.symlink(f"{data}/{name}/{path}", place)
    return f"{name}/{path}"


learned = []
for row in rows("unlabelled"):
    if row["may_ship"] == "yes":
        learned.append((link("unlabelled", row["path"], "learn"), row["licence"], "u-" + row["group"], row["author"], row["source"]))
for row in rows("dogs"):
    licence = row["licence"]
    if row["split"] != "train":
        link("dogs", row["path"], "judge")
    elif licence.startswith(free) and not any(word in licence for word in ("NC", "SA", "ND", "listed")):
        learned.append((link("dogs", row["path"], "learn"), licence, "d-" + row["recording_group"], "", row["source_repo"]))

with open(f"{work}/learn/index.csv", "w", newline="") as index:
    writer = csv.writer(index)
    writer.writerow(("path", "licence", "group", "author", "source"))
    writer.writerows(learned)
with open(f"{work}/credits.csv", "w", newline="") as credits:
    writer = csv.writer(credits)
    writer.writerow(("licence", "author", "source", "clips"))
    named = [(licence, author, source) for _, licence, _, author, source in learned if licence.startswith("CC BY")]
    writer.writerows((*who, named.count(who)) for who in sorted(set(named)))
PY

"$pupil" pretrain student "$out" --teacher "$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt" --audio "$work/learn" \
  --exclude "$shared/data/esc50" --exclude "$work/judge" --work "$work/small.work" --network small --synthetic 0.2 \
  --examples 16384 --held-out-examples 512 --steps 7000 --threads 1 --seed 1 "$@"
cp "$work/credits.csv" "$out/credits.csv"
