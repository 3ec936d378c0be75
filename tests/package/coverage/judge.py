#!/usr/bin/env python3
"""Judges what llvm-cov exports: names each line, branch and condition that no test reaches, prints the figures and where the
branches are that are never taken last, and fails below 100 % of the lines, 98 % of the branches and 100 % of the conditions
(MC/DC) of the transition function.

A place of a template counts as reached if any instantiation reaches it. A branch whose both ways are never taken, in code
that runs, is a constant (a template parameter, say): it is none. Left out, and named, are the adapters that are glue to a
library, which have programs of their own, and what the compiler alone evaluates (consteval); any other header of which no program uses a function is an error.
"""
import collections
import json
import os
import pathlib
import re
import sys

LINES, BRANCHES, CONDITIONS = 100, 98, 100
DECIDES = "core/word.hpp"  # the transition function
SHARED = {"adapters/http.hpp", "adapters/postgres.hpp", "adapters/retry_after.hpp"}  # of the adapters: needs no library
# Have no function that runs; nor has what hands on another.
BARE = {"base/member_name.hpp", "base/shareable.hpp", "base/version.hpp", "call/roles.hpp", "fleet/lua.hpp",
        "metrics/series.hpp", "policy/protocol.hpp", "registry/parts.hpp"}


CODE, _, SKIPPED = range(3)  # kinds of regions
ALWAYS_FALSE = re.compile(r"(\w+(->|\.))?wrong\(")  # notes where a sentence is wrong: "is_right || wrong(at, what)"
ENUMERATOR = re.compile(r"\s*case [\w:]+:$")  # the last one, with "default:" in the next line, which nothing else comes to
NO_CODE = re.compile(r"//|#|(else )?if constexpr|else$")


def line_counts(regions, text):
    """How often each line of a function ran: of the region around its first word and of those that begin there, the one
    that ran most. Lines without code are none. Of a function that a program does not use, the first line is known."""
    regions = sorted(regions, key=lambda region: (region[:2], [-end for end in region[2:4]]))
    last = max(region[2] for region in regions) if len(regions) > 1 or regions[0][4] > 0 else regions[0][0]
    counts = {}
    for line in range(regions[0][0], last + 1):
        code = text[line - 1].strip(" {}();,")
        if not code or NO_CODE.match(code):
            continue
        at = [line, text[line - 1].index(code) + 1]
        around = [region for region in regions if region[:2] <= at < region[2:4]]
        begun = [region[4] for region in regions if region[0] == line and region[7] == CODE]
        if around and around[-1][7] == SKIPPED and text[around[-1][0] - 1].lstrip().startswith("#"):
            continue  # for another machine
        counts[line] = max(begun + [around[-1][4] if around else 0])
    return counts


class Header:
    """What the programs reach in one header, all instantiations of a template together."""

    def __init__(self, path):
        self.text = path.read_text().splitlines()
        self.lines = collections.Counter()  # how often it ran, by line
        self.branches = collections.defaultdict(lambda: [0, 0])  # how often true and false, by position
        self.constants = set()  # branches that were evaluated by the compiler
        self.conditions = {}  # of a decision of several conditions: which of them were seen to decide, by position

    def add(self, function, file):
        regions = [region for region in function["regions"] if region[5] == file]
        if "consteval " in self.text[regions[0][0] - 1]:
            return
        lines = line_counts(regions, self.text)
        for line, count in lines.items():
            self.lines[line] += count
        entered = {tuple(region[:2]): region[4] for region in regions if region[7] == CODE}
        for *position, yes, no, of_file, _, _ in function["branches"]:
            line, column = position[:2]
            if of_file != file or self.text[line - 1].endswith("= default;"):
                continue  # a defaulted comparison is the compiler's
            if ALWAYS_FALSE.match(self.text[line - 1], column - 1) or self.is_beside_the_last(line, column):
                continue
            at = tuple(position)
            self.branches[at][0] += yes
            self.branches[at][1] += no
            if yes + no == 0 and entered.get(at[:2], lines.get(at[0], 0)) > 0:
                self.constants.add(at)
        for *position, of_file, _, covered in function["mcdc_records"]:
            if of_file != file:
                continue
            before = self.conditions.get(tuple(position), [False] * len(covered))
            self.conditions[tuple(position)] = [a or b for a, b in zip(before, covered)]

    def is_beside_the_last(self, line, column):
        return self.text[line - 1].startswith("default:", column - 1) and ENUMERATOR.match(self.text[line - 2])

    def real_branches(self):
        return {at: ways for at, ways in self.branches.items() if any(ways) or at not in self.constants}

    def missing(self):
        """Yields line, column and what is missing there."""
        for line, count in self.lines.items():
            if count == 0:
                yield line, 1, "not run"
        for (line, column, *_), ways in self.real_branches().items():
            for way, count in zip(("true", "false"), ways):
                if count == 0:
                    yield line, column, f"never {way}"
        for (line, column, *_), covered in self.conditions.items():
            for i, decides in enumerate(covered, 1):
                if not decides:
                    yield line, column, f"condition {i} was not seen to decide"


def read(include, exports):
    headers = {}
    for export in exports:
        for function in json.loads(pathlib.Path(export).read_text())["data"][0]["functions"]:
            for file, path in enumerate(function["filenames"]):
                name = os.path.relpath(path, include)
                if not name.startswith("..") and not is_glue(name):
                    headers.setdefault(name, Header(include / name)).add(function, file)
    return headers


def is_glue(name):
    return name.startswith("adapters/") and name not in SHARED


def figure(what, hits, least):
    """Returns the text of a share, and whether it is enough."""
    share = 100 * sum(hits) / len(hits)
    return f"{share:.2f} % of {len(hits)} {what}", share >= least


def main():
    include = pathlib.Path(sys.argv[1]).resolve()
    headers = read(include, [name + ".json" for name in sys.argv[2:]])
    names = {path.relative_to(include).as_posix() for path in include.rglob("*.hpp") if "IWYU pragma: export" not in path.read_text()}
    print("left out, glue to a library:", *sorted(name for name in names if is_glue(name)))
    print("without a function:", *sorted(BARE))
    unused = sorted(name for name in names - headers.keys() - BARE if not is_glue(name))
    for name in unused:
        print(f"{name}: no program uses a function of it")
    missing = [(name, *place) for name, header in sorted(headers.items()) for place in sorted(header.missing())]
    for name, line, column, what in missing:
        print(f"{name}:{line}:{column}: {what}: {headers[name].text[line - 1].strip()}")
    branches = {name: [count > 0 for ways in header.real_branches().values() for count in ways]
                for name, header in headers.items()}
    decides = headers[DECIDES]
    figures = [
        figure("lines", [count > 0 for header in headers.values() for count in header.lines.values()], LINES),
        figure("branches", sum(branches.values(), []), BRANCHES),
        figure(f"conditions and branches of {DECIDES} (MC/DC)",
               branches[DECIDES] + sum(decides.conditions.values(), []), CONDITIONS)]
    never = ", ".join(f"{name}:{line} {what}" for name, line, _, what in missing if what.startswith("never"))
    print(", ".join(text for text, _ in figures) + f" of {len(headers)} headers; branches: {never or 'all taken'}")
    return 0 if all(enough for _, enough in figures) and not unused else 1


if __name__ == "__main__":
    sys.exit(main())
