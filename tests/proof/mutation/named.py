#!/usr/bin/env python3
"""Names each place that a proof names and that the headers no longer have: the model's mistakes, the explorer's, the survivors.
A name that went stale would stop the proof, which runs seldom. Needs clang++-19 (or CLANG)."""
import runpy
import shutil
import sys

from mutate import known_survivors
from places import CLANG, ROOT, find_places

PROOFS = ROOT / "tests/proof"


def named():
    """Returns the names, by the file that names them."""
    model, explore = PROOFS / "model/prove.py", PROOFS / "explore/mistakes.py"
    return {model: runpy.run_path(model)["MISTAKES"].values(),
            explore: [place for _, place, _, _ in runpy.run_path(explore)["MISTAKES"]],
            PROOFS / "mutation/survivors.txt": known_survivors()}


def main():
    if not shutil.which(CLANG):
        print(f"SKIPPED: there is no {CLANG}")
        return 0
    places = {place.name for place in find_places(races=True)}
    names = named()
    stale = [f"{file.relative_to(ROOT)}: no such place: {name}" for file, of_file in names.items() for name in of_file if name not in places]
    print("\n".join(stale) or ", ".join(f"{len(of_file)} in {file.name}" for file, of_file in names.items()))
    return 1 if stale or not all(names.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
