#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/nn/unicode_ranges.inc: the code points of general categories L* and N*, as closed ranges.

    python3 scripts/unicode_ranges.py > src/nn/unicode_ranges.inc

The Unicode version is that of Python's unicodedata and is written into the file.
"""
import unicodedata

LIMIT = 0x110000


def ranges(category):
    """Closed ranges of the code points whose general category starts with `category`."""
    found, start = [], None
    for code in range(LIMIT + 1):
        inside = code < LIMIT and unicodedata.category(chr(code))[0] == category
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            found.append((start, code - 1))
            start = None
    return found


def table(name, rows):
    print(f"constexpr CodeRange {name}[] = {{")
    line = "   "
    for first, last in rows:
        entry = f" {{{first:#x}, {last:#x}}},"
        if len(line) + len(entry) > 110:
            print(line)
            line = "   "
        line += entry
    print(line)
    print("};")


print("// SPDX-License-Identifier: Apache-2.0")
print(f"// Unicode {unicodedata.unidata_version}, written by scripts/unicode_ranges.py; do not edit.")
table("kLetters", ranges("L"))
table("kNumbers", ranges("N"))
