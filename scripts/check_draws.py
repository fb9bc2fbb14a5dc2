#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds two draws from one random generator whose order C++ leaves to the compiler.

    scripts/check_draws.py [FOLDER...]     (default: src, edge, cli, bench, tests of this repository)

`x = random.uniform() * random.uniform()` and `f(random.below(2), g(random))` may take their draws in either
order: the same seed then gives other bytes with another compiler. Draw into named values, one after the other,
or inside braces, which go from left to right. Prints FILE:LINE of each find and ends with 1; self_test() runs
first, so that a check that has gone blind does not pass.
"""
import pathlib
import re
import sys

TYPES = r"(?:\w+::)*(?:Random|CounterRandom|mt19937|mt19937_64|Generator|Noise|Dice)"
DECLARATION = re.compile(TYPES + r"\s*(?:&|\*|&&)?\s+(?:const\s+)?(\w+)\s*[;,)({=]|" + TYPES + r"\s*[&*]\s*(\w+)\b")
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|->|::|<<=|>>=|<<|&&|\|\||[=!<>+\-*/%&|^]=|\+\+|--|.", re.S)
# Operators that finish their left side before their right one begins, or their right before their left (C++17).
SEQUENCING = {";", "?", ":", "&&", "||", "<<", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
STATEMENTS = {"if", "for", "while", "switch", "constexpr"}
NO_DRAW = {"fork"}  # a stream of its own


def without_comments(text):
    """Comments and literals become spaces; lines stay where they are."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|^[ \t]*#[^\n]*'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)


class Source:
    """Tokens of a file, their lines, and the bracket that each stands in."""

    def __init__(self, text):
        self.tokens, self.lines, self.parent = [], [], []
        line, stack = 1, [-1]
        for match in TOKEN.finditer(without_comments(text)):
            token = match.group()
            line += token == "\n"
            if token.isspace():
                continue
            at = len(self.tokens)
            if token in ")]}" and len(stack) > 1:
                stack.pop()
            self.tokens.append(token)
            self.lines.append(line)
            self.parent.append(stack[-1])
            if token in "([{":
                stack.append(at)

    def token(self, at):
        return self.tokens[at] if 0 <= at < len(self.tokens) else ""

    def call_around(self, at):
        """The bracket of the call in which the generator at `at` draws; None: it does not."""
        if self.token(at + 1) in (".", "->"):
            if self.token(at + 2) in NO_DRAW or self.token(at + 3) != "(":
                return None
            return at + 3
        if self.token(at + 1) == "(":  # random() of the standard library
            return at + 1
        bracket = self.parent[at]
        before = self.token(at - 1)
        if before == "*" and self.token(at - 2) in ("(", ","):  # f(*random)
            before = self.token(at - 2)
        if before == "&" and self.token(at - 2) in ("(", ","):  # f(&random)
            before = self.token(at - 2)
        passed = self.token(bracket) == "(" and before in ("(", ",") and self.token(at + 1) in (")", ",")
        is_call = passed and re.match(r"\w|>|\]", self.token(bracket - 1)) and self.token(bracket - 1) not in STATEMENTS
        return bracket if is_call else None

    def chain(self, at):
        """The brackets around a token, outermost first."""
        chain = []
        while at >= 0:
            at = self.parent[at]
            chain.append(at)
        return chain[::-1]

    def are_sequenced(self, first, second):
        """Of two calls (their brackets, in the order of the text): whether C++ says which comes first."""
        if first in self.chain(second):  # arguments come before the call
            return True
        a, b = self.chain(first), self.chain(second)
        common = [x for x, y in zip(a, b) if x == y][-1]
        # Braces and the head of a for finish one part before the next; the arguments of a call do not.
        in_order = common < 0 or self.token(common) == "{" or self.token(common - 1) in STATEMENTS
        between = [at for at in range(first, second) if self.parent[at] == common]
        tokens = {self.token(at) for at in between}
        if not in_order and "," in tokens:
            return False
        heads = [at for at in a if self.parent[at] == common and at >= 0]  # if (first) second
        return any(self.token(at - 1) in STATEMENTS for at in heads) or bool(tokens & SEQUENCING) or (in_order and bool(tokens & {",", "}"}))


def findings(text, names):
    """Lines on which two draws stand whose order is open."""
    source = Source(text)
    draws = {}
    for at, token in enumerate(source.tokens):
        if token in names and source.token(at - 1) not in (".", "->", "::"):
            call = source.call_around(at)
            if call is not None:
                draws.setdefault(token, []).append(call)
    lines = set()
    for calls in draws.values():
        calls = sorted(set(calls))
        for first, second in zip(calls, calls[1:]):
            if not source.are_sequenced(first, second):
                lines.add(source.lines[second])
        # An inner draw may hide that the one around it and the next are in open order.
        for first, second in zip(calls, calls[2:]):
            if not source.are_sequenced(first, second):
                lines.add(source.lines[second])
    return sorted(lines)


def declared_names(text):
    return {name for match in DECLARATION.finditer(without_comments(text)) for name in match.groups() if name}


def self_test():
    names = {"random", "random_"}
    bad = ["x = random.uniform() * random.uniform();", "f(random.below(2), g(random));", "f(random->bits(), random->bits());",
           "x = a * (random_.noise() + b) - c(random_.noise());", "return p(random.chance(0.5) ? 1 : 2, random.uniform());",
           "x = gauss(random) + gauss(random);", "x = f(random.below(random.below(2)), 1) + random.bits();"]
    good = ["x = random.uniform(); y = random.uniform();", "return {random.uniform(), random.uniform()};",
            "x = random.below(random.chance(0.3) ? 2 : 5);", "x = random.chance(1) ? random.uniform() : random.noise();",
            "if (random.chance(1)) x = random.uniform();", "double a = random.uniform(), b = random.uniform();",
            "f(a, g(random), 1);", "f(random.uniform(), random);", "for (i = random.bits(); i < 2; ++i) random.bits();",
            "f(random.fork(\"a\"), random.fork(\"b\"));", "x += random.chance(1) && random.chance(2);"]
    for code in bad:
        assert findings("void f() {" + code + "}", names), code
    for code in good:
        assert not findings("void f() {" + code + "}", names), code


def main():
    self_test()
    root = pathlib.Path(__file__).resolve().parent.parent
    folders = [pathlib.Path(folder) for folder in sys.argv[1:]] or [root / name for name in ("src", "edge", "cli", "bench", "tests")]
    found = 0
    for folder in folders:
        files = sorted(p for p in folder.rglob("*") if p.suffix in (".cpp", ".h", ".inc"))
        texts = {path: path.read_text() for path in files}
        members = {name for text in texts.values() for name in declared_names(text) if name.endswith("_")}
        for path, text in texts.items():
            for line in findings(text, declared_names(text) | members):
                print(f"{path}:{line}: two draws in one expression: the compiler chooses their order; name them one by one")
                found += 1
    sys.exit(1 if found else 0)


main()
