#!/usr/bin/env python3
"""No page, and no comment of a header, has one of the patterns of patterns.txt. Takes: our tree.

Spelling is checked too, where codespell is installed.
"""
import pathlib
import re
import shutil
import subprocess
import sys

here, tree = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])


def texts():
    """All that a user or a maintainer reads; not what programs have printed into a page."""
    for place, kinds in {".": ["*.md", ".github/*.md", "tests/*.md", "bench/README.md"], "include": ["**/*.md", "**/*.hpp"],
                         "examples": ["**/*.md", "*.cpp"]}.items():
        for kind in kinds:
            yield from sorted(path for path in (tree / place).glob(kind) if path.name != "DEEP.md")


def prose(path):
    """Each line of a page; of code, what stands behind the slashes of a comment."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if path.suffix == ".md":
            yield number, line
        elif comment := re.search(r"//.*", line):
            yield number, comment[0]


rows = [line.split("\t") for line in (here / "patterns.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
found = [f'{path}:{number}: "{match[0]}": write {better}'
         for path in texts() for number, line in prose(path) for pattern, better in rows if (match := re.search(pattern, line))]
if shutil.which("codespell"):
    checked = subprocess.run(["codespell", "--ignore-words", str(here / "words.txt"), *map(str, texts())], stdout=subprocess.PIPE, text=True)
    found += checked.stdout.splitlines()
print("\n".join(found))
sys.exit(1 if found else 0)
