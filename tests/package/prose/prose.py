#!/usr/bin/env python3
"""No page, and no comment of a header or an example, has one of the patterns of patterns.txt. Takes: our tree.

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
                         "examples": ["**/*.md", "**/*.[ch]pp"], ".github/packaging": ["*.md"]}.items():
        for kind in kinds:
            yield from sorted(path for path in (tree / place).glob(kind) if path.name != "DEEP.md")


def prose(path):
    """A page; of code, what stands behind the slashes of comments. Lines stay, so that a sentence may go on in the next one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".md":
        comments = (re.search(r"//[/!<]*(.*)", line) for line in text.splitlines())
        text = "\n".join(comment[1] if comment else "" for comment in comments)
    return re.sub(r"^[ \t]*$", "|", text, flags=re.MULTILINE)  # no sentence goes on behind an empty line


rows = [line.split("\t") for line in (here / "patterns.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
found = [f'{path}:{text.count(chr(10), 0, match.start()) + 1}: "{" ".join(match[0].split())}": write {better}'
         for path in texts() for text in [prose(path)]
         for pattern, better in rows for match in re.finditer(pattern.replace(" ", r"\s+"), text)]
if shutil.which("codespell"):
    checked = subprocess.run(["codespell", "--ignore-words", str(here / "words.txt"), *map(str, texts())], stdout=subprocess.PIPE, text=True)
    found += checked.stdout.splitlines()
print("\n".join(found))
sys.exit(1 if found else 0)
