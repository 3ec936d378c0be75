#!/usr/bin/env python3
"""Count the instructions of each case over the bare call with callgrind, and hold them against the
budgets.

Usage: check.py <program> <budgets.txt> <compiler as in the table, such as gcc-12> [--json <file>]
       check.py <program> <budgets.txt> <compiler> --print    what was counted, no checks
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = 2000  # 20 laps of a 100-call window
TOLERANCE = 0.02


def count(program):
    """Instructions a call of each case, those of the functions that it calls included."""
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/callgrind.out"
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
                              "--compress-strings=no", "--compress-pos=no", program, str(CALLS)],
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit("callgrind failed:\n" + run.stdout + run.stderr)
        text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out],
                              check=True, capture_output=True, text=True).stdout
    found = {}
    for match in re.finditer(r"^ *([\d,]+) \([^)]*\)  .*?:case_(\w+)(?:\(int\))? ", text, re.M):
        found[match[2]] = int(match[1].replace(",", "")) / CALLS
    return found


def over_bare(found):
    over = {}
    for case, value in found.items():
        if case.startswith("bare"):
            continue
        bare = found["bare_one_in_five" if case.endswith("fail_20") else
                     "bare_one_in_hundred" if case.endswith("fail_1") else "bare"]
        over[case] = round(value - bare, 2)
    return over


def read_budgets(path, compiler):
    """{case: (budget of this compiler or None, limit or None)}"""
    rows = [line.split() for line in open(path) if line.strip() and not line.startswith("#")]
    columns = rows[0]
    budgets = {}
    for row in rows[1:]:
        value = dict(zip(columns, row))
        number = lambda text: None if text in (None, "-") else float(text)
        budgets[value["case"]] = (number(value.get(compiler)), number(value["limit"]))
    return budgets


def main():
    program, path, compiler = sys.argv[1:4]
    if not shutil.which("valgrind"):
        print("SKIPPED: there is no valgrind")
        return 0
    over = over_bare(count(program))
    if "--print" in sys.argv:
        for case, value in over.items():
            print(f"{case:28} {value}")
        return 0
    budgets = read_budgets(path, compiler)
    failed = []
    print(f"{'instructions over the bare call':32}{'counted':>9}{'budget':>9}{'limit':>7}")
    for case in budgets.keys() | over.keys():
        if case not in budgets or case not in over:
            failed.append(f"{case}: in the table or in the program, not in both")
    for case, (budget, limit) in budgets.items():
        value = over.get(case)
        if value is None:
            continue
        print(f"{case:32}{value:9.2f}{budget if budget is not None else '-':>9}"
              f"{limit if limit is not None else '-':>7}")
        if budget is not None and abs(value - budget) > TOLERANCE * budget:
            failed.append(f"{case}: {value} is more than 2 % off its budget {budget}"
                          + (" (better: lower the budget)" if value < budget else ""))
        if limit is not None and value > limit:
            failed.append(f"{case}: {value} is above its limit {limit:g}")
    if "--json" in sys.argv:
        with open(sys.argv[sys.argv.index("--json") + 1], "w") as file:
            json.dump({case: {"over": over[case], "budget": budgets[case][0],
                              "limit": budgets[case][1]} for case in budgets if case in over}, file)
    if not any(budget is not None for budget, _ in budgets.values()):
        print(f"no budgets for {compiler}: only the limits were checked")
    print("\n".join(failed))
    return 1 if failed else 0


sys.exit(main())
