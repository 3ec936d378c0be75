#!/usr/bin/env python3
"""Proves that the model test finds mistakes: builds it over headers with mistakes in them, each at a place that
mutation/places.py names, most of them made by some breaker before, and demands of each that model_test fails within seconds
and prints a short trace that shows it.

  prove.py <work folder> [TEXT]   mistakes whose name contains TEXT; CXX names the compiler (g++)
"""
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mutation"))
from places import write_headers_with
from programs import build, program_named, run

SECONDS = 10
LIMIT = 60  # seconds for what should not take so long
STEPS = 20  # of the shortest trace: to push a call out of the smaller windows takes up to thirteen more
MISTAKES = {  # name: the place that makes it
    "a verdict of an earlier generation counts": "core/word.hpp settle_probe || loses its left side #2",
    "an ignored probe keeps its slot": "core/word.hpp settle_probe another variable #12",
    "a lost probe blocks for ever": "core/word.hpp arrive if never #3",
    "one good probe too many is asked for": "core/word.hpp settle_probe >= becomes >",
    "the clock set back, the wait is longer than any": "core/word.hpp is_wait_over ?: always",
    "the longest wait ends at once": "core/word.hpp is_wait_over > becomes >=",
    "the wait does not grow": "core/word.hpp settle_probe 1 becomes 1 - 1 #4",
    "an answer may ask for any wait": "core/word.hpp open_by_rule ?: always",
    "a slow success may ask for a wait": "core/core.hpp Core::settle_slowly if never",
    "trip() ends forced open": "core/word.hpp trip_by_hand half_open becomes forced_open",
    "a success does not end the row": "policy/consecutive_failures.hpp ConsecutiveFailures::after if never",
    "the share must be passed, not reached": "base/ratio.hpp Ratio::reached_by >= becomes >",
    "evidence survives a reset": "policy/synchronized.hpp Synchronized::record if never #2",
    "what leaves the window still counts": "window/count_window.hpp CountWindow::with 1 becomes 1 - 1 #2",
    "the window is one slice too long": "window/time_window.hpp TimeWindow::sum_of >= becomes >",
    "no slice ever leaves the window": "window/time_window.hpp TimeWindow::sum_of if never",
    "all_of trips when one part would": "policy/any_of.hpp Combined::merge && becomes ||",
    "a dropped permit is always ignored": "call/permit.hpp Permit::if_dropped = is dropped",
    "a refusal is not counted": "core/core.hpp Core::refused call is dropped",
}


def verdict_on(name, program, number):
    """Returns whether the mistake is found, and what to say of it."""
    with tempfile.TemporaryFile("w+") as out:
        status, took = run(program, number, LIMIT, [], out)
        out.seek(0)
        trace = out.read().partition("The shortest trace, again with --trace")[2]
    steps = len(re.findall(r"^  \d+\. ", trace, re.MULTILINE))
    found = status == 1 and 0 < steps <= STEPS and took < SECONDS
    return found, f"{'found ' if found else 'MISSED'} {took:5.1f} s, {steps:2d} steps: {name}"


def main():
    work = pathlib.Path(sys.argv[1]).resolve()
    names = [name for name in MISTAKES if " ".join(sys.argv[2:]) in name]
    program = program_named("model")
    program.level = "-O1"
    numbers = write_headers_with([MISTAKES[name] for name in names], work)
    errors = build([program], work, os.cpu_count())
    if errors:
        sys.exit(errors)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda name: verdict_on(name, program, numbers[MISTAKES[name]]), names))
    print("\n".join(text for _, text in verdicts))
    print(f"{sum(found for found, _ in verdicts)} of {len(names)} mistakes found, each in less than {SECONDS} s, by {STEPS} steps or fewer")
    sys.exit(0 if names and all(found for found, _ in verdicts) else 1)


main()
