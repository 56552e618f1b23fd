#!/usr/bin/env python3
"""Reads OpenMetrics 1.0 text on stdin, strictly by its ABNF, and prints each sample as JSON.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md: counters, histograms
and exemplars, which nothing here writes, are not known.
"""
import json
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\n]|\\[\\\"n])*)\""
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?)\}})? (\S+)(?: ([0-9.]+))?")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


def fail(number, why):
    sys.exit(f"line {number}: {why}")


def main():
    data = sys.stdin.buffer.read()
    text = data.decode("utf-8")  # strict
    if not text.endswith("# EOF\n"):
        sys.exit("no # EOF at the end")
    types, units, helps, seen, ended, family = {}, {}, {}, set(), False, None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if ended:
            fail(number, "something behind # EOF")
        if line == "# EOF":
            ended = True
        elif line.startswith("#"):
            match = re.fullmatch(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)", line)
            if not match:
                fail(number, "no descriptor")
            kind, name, value = match.groups()
            known = {"TYPE": types, "UNIT": units, "HELP": helps}[kind]
            if name in known or any(name == key[0] for key in seen):
                fail(number, "descriptor twice, or behind its samples")
            if kind == "TYPE" and value != "gauge":
                fail(number, "not a gauge")
            if kind == "UNIT" and not name.endswith("_" + value):
                fail(number, "the name does not end in the unit")
            if re.search(r"\\(?![\\\"n])", value):
                fail(number, "bad escape")
            known[name] = value
            family = name
        else:
            match = SAMPLE.fullmatch(line)
            if not match:
                fail(number, "no sample")
            name, labels = match.group(1), re.findall(LABEL, match.group(2) or "")
            if name != family or name not in types:
                fail(number, "sample outside of its family")
            names = [label for label, _ in labels]
            if len(set(names)) != len(names) or any(n.startswith("__") for n in names):
                fail(number, "bad label")
            labels = {n: re.sub(r"\\[\\\"n]", lambda m: ESCAPES[m.group()], v) for n, v in labels}
            key = (name, frozenset((n, v) for n, v in labels.items() if v))
            if key in seen:
                fail(number, "series twice")
            seen.add(key)
            print(json.dumps({"name": name, "labels": labels, "value": float(match.group(7))}))
    if not ended or "\n\n" in text:
        sys.exit("an empty line, or no end")


main()
