#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what reports say of real recordings into a page, between two marks; the rest of the page stays.

    scripts/results_table.py docs/results.md "the command that made them" REPORT.json...

Called by scripts/real.sh.
"""
import json
import os
import sys

BEGIN = "<!-- begin: scripts/real.sh -->"
END = "<!-- end: scripts/real.sh -->"


def percent(figure):
    """A share, with its interval where it has one."""
    if figure is None:
        return "–"
    if not isinstance(figure, dict):
        return f"{100 * figure:.1f}"
    if figure.get("value") is None:
        return "–"
    text = f"{100 * figure['value']:.1f}"
    if figure.get("low") is not None:
        text += f" ({100 * figure['low']:.1f} to {100 * figure['high']:.1f})"
    return text


def auc(figure):
    value = figure["value"] if isinstance(figure, dict) else figure
    return "–" if value is None else f"{value:.3f}"


def against_truth(splits):
    """Name and clip figures of each split that has given labels, the test split first."""
    for name in ("test", "val"):
        figures = splits.get(name, {}).get("clips_against_truth")
        if figures and figures["count"]:
            yield name, figures


def summary(report):
    rows = []
    for split, figures in against_truth(report["splits"]):
        points = figures["int8_minus_float_points"]
        points = points["value"] if isinstance(points, dict) else points
        rows.append(f"| {split}, {figures['count']} clips | {percent(figures['teacher']['accuracy'])} "
                    f"| {percent(figures['float']['accuracy'])} | {percent(figures['int8']['accuracy'])} "
                    f"| {percent(figures['retained_int8'])} | {points:+.2f} |")
    return ["| | teacher % | student, float % | student, int8 % | retained % | int8 - float, points |",
            "|---|---|---|---|---|---|", *rows]


def any_class(report):
    lines = []
    for split, figures in (report.get("any_class") or {}).items():
        if figures:
            lines.append(f"| {split.replace('_', ' ')} | {figures['any_class_clips']} and {figures['rest_clips']} "
                         f"| {auc(figures['teacher_auc'])} | {auc(figures['float_auc'])} | {auc(figures['int8_auc'])} |")
    if not lines:
        return []
    return ["", "Any of the classes against the rest, area under the curve:", "",
            "| | clips | teacher | student, float | student, int8 |", "|---|---|---|---|---|", *lines]


def per_class(report):
    split, figures = next(against_truth(report["splits"]), (None, None))
    if figures is None:
        return []
    students = {row["name"]: row for row in figures["int8"]["classes"]}
    lines = []
    for teacher in figures["teacher"]["classes"]:
        student = students[teacher["name"]]
        if teacher["reference_count"]:
            lines.append(f"| {teacher['name']} | {teacher['reference_count']} | {percent(teacher['recall'])} "
                         f"| {percent(teacher['precision'])} | {percent(student['recall'])} "
                         f"| {percent(student['precision'])} | {auc(student['auc'])} |")
    return ["", f"Per class, {split} clips:", "",
            "| class | clips | teacher recall % | precision % | int8 recall % | precision % | AUC |",
            "|---|---|---|---|---|---|---|", *lines]


def section(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    model = report["model"]
    return [f"### {report['project']}", "",
            f"{model['bytes'] / 1000:.0f} kB, {model['macs_per_window'] / 1e6:.2f} MMAC a window; teacher "
            f"{model['teacher'].replace(chr(10), ' and ')}. Clips are decided by the mean of their windows.", "",
            *summary(report), *any_class(report), *per_class(report), ""]


def main():
    page, command, *reports = sys.argv[1:]
    lines = [BEGIN, "## Real recordings, from labels of the teacher alone", "", f"    {command}", ""]
    for report in reports:
        lines += section(report)
    lines.append(END)
    text = "# Results\n\n"
    if os.path.exists(page):
        with open(page, encoding="utf-8") as file:
            text = file.read()
    if BEGIN in text and END in text:
        text = text[:text.index(BEGIN)] + "\n".join(lines) + text[text.index(END) + len(END):]
    else:
        text = text.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
