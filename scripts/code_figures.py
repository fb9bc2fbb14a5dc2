#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lines, functions and comments per module, as a Markdown table.

    scripts/code_figures.py [REVISION]      the working tree, or any revision of git

Lines are those that are not blank. A comment line holds nothing but a comment. Functions are brace blocks behind a
parameter list, lambdas left to the function they stand in; their length counts lines from the signature's last to the
closing brace. Tests are sources named *_test.* and everything below tests/.
"""

import re
import subprocess
import sys
from collections import defaultdict

LITERALS = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'')
COMMENTS = re.compile(r"//[^\n]*|/\*(?:.|\n)*?\*/")


def git(*words):
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


def read(revision, path):
    if revision:
        return git("show", f"{revision}:{path}")
    with open(path, encoding="utf-8") as file:
        return file.read()


def module_of(path):
    parts = path.split("/")
    if "_test." in path or parts[0] == "tests":
        return "tests"
    return "/".join(parts[:2]) if parts[0] == "src" else parts[0]


def comment_lines(text):
    return sum(1 for line in text.split("\n") if line.strip().startswith(("//", "/*", "*")))


def functions(text):
    """Lengths in lines of the outermost functions."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    text = COMMENTS.sub(blank, LITERALS.sub(blank, text))
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", blank, text, flags=re.M)
    lengths, stack, start = [], [], 0
    for at, sign in enumerate(text):
        if sign == "{":
            head = text[start:at].strip()
            inside = "function" in stack
            is_function = not inside and re.search(r"\)[^;=]*$", head) and not re.match(
                r"(?:.*\s)?(?:namespace|class|struct|enum|union)\b", head)
            stack.append("function" if is_function else "other")
            if is_function:
                first_line = text.count("\n", 0, at)
            start = at + 1
        elif sign == "}":
            if stack and stack.pop() == "function":
                lengths.append(text.count("\n", 0, at) - first_line + 1)
            start = at + 1
        elif sign == ";":
            start = at + 1
    return lengths


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0


def main():
    revision = sys.argv[1] if len(sys.argv) > 1 else ""
    listing = git("ls-tree", "-r", "--name-only", revision) if revision else git("ls-files")
    paths = [path for path in listing.split("\n") if re.search(r"\.(cpp|h|inc|c)$", path)]
    lines, comments, source_lines, source_comments = (defaultdict(int) for _ in range(4))
    lengths = defaultdict(list)
    for path in paths:
        text = read(revision, path)
        module = module_of(path)
        filled = sum(1 for line in text.split("\n") if line.strip())
        lines[module] += filled
        comments[module] += comment_lines(text)
        if path.endswith(".cpp"):
            source_lines[module] += filled
            source_comments[module] += comment_lines(text)
        lengths[module] += functions(text)
    print("| module | lines | functions | median | 95 % | comment lines | in .cpp |")
    print("|---|---|---|---|---|---|---|")

    def row(name, modules):
        total = sum(lines[m] for m in modules)
        in_source = sum(source_lines[m] for m in modules)
        all_lengths = [length for m in modules for length in lengths[m]]
        print(f"| {name} | {total:,} | {len(all_lengths):,} | {percentile(all_lengths, 0.5)} | "
              f"{percentile(all_lengths, 0.95)} | {100 * sum(comments[m] for m in modules) / total:.1f} % | "
              f"{100 * sum(source_comments[m] for m in modules) / max(1, in_source):.1f} % |")

    own = sorted(module for module in lines if module != "tests")
    for module in own:
        row(module, [module])
    row("**all but tests**", own)
    row("tests", ["tests"])
    print(f"\n{lines['tests'] / sum(lines[m] for m in own):.2f} lines of tests per line of code.")


if __name__ == "__main__":
    main()
