#!/usr/bin/env python3
"""Proves that the explorer finds what goes wrong between threads: builds it over headers with mistakes in them, each at a place
that mutation/places.py names, and demands of each that the scenario that is there for it fails within seconds, says what it
should, and says it again when its choices are replayed. Without a mistake the same scenarios hold.

  prove.py <work folder> [PATTERN] [--sample N --seed TEXT]   mistakes whose name the pattern matches, or N drawn of those;
                                                              CXX names the compiler (g++)
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mutation"))
from mistakes import MISTAKES
from places import write_headers_with
from programs import build, program_named, run

SECONDS = 5
LIMIT = 600  # seconds for what should not take so long
UNEXPLAINED = "no order of the operations explains what the threads saw"


class Explorer:
    """The explorer over headers with these mistakes in them."""

    def __init__(self, mistakes, work):
        self.program = program_named("explore")
        self.numbers = write_headers_with([place for _, place, _, _ in mistakes], work)
        errors = build([self.program], work, os.cpu_count())
        if errors:
            sys.exit(errors)

    def run(self, number, *arguments):
        """Returns the exit status, the output, and the seconds of processor time."""
        with tempfile.TemporaryFile("w+") as out:
            status, seconds = run(self.program, number, LIMIT, arguments, out)
            out.seek(0)
            return status, out.read(), seconds

    def verdict_on(self, mistake):
        """Returns whether the mistake is found as it should be, and what to say of it."""
        name, place, scenario, should_say = mistake
        status, output, took = self.run(self.numbers[place], "--only", scenario)
        message, how, executions, choices = failure_in(output)
        replayed = self.run(self.numbers[place], "--replay", scenario, choices)[1] if choices else ""
        claims = {"MISSED": status == 1 and message, "NOT WHAT IT SHOULD SAY": should_say in message,
                  "SLOW": took < SECONDS, "NOT AGAIN": failure_in(replayed)[0] == message}
        wrong = [claim for claim, holds in claims.items() if not holds]
        text = f"{how} {executions}, {took:.1f} s: {message.splitlines()[0] if message else output[-300:]}"
        return not wrong, f"{wrong[0] if wrong else 'found'}: {name}\n    {text}"

    def holds_without(self, scenario):
        """Returns what is said if the scenario fails although there is no mistake."""
        few = ("--preemptions", "1", "--random", "500", "--priorities", "500")
        status, output, _ = self.run(-1, "--only", scenario, *few)
        return f"FAILED without a mistake: {scenario}\n{output}" if status != 0 else ""


def failure_in(output):
    """Returns the first message, how it was found, after how many executions, and the choices that show it again."""
    found = re.search(r"^FAILED .*\n  (.*(?:\n    .*)*)\n  found \((.*)\) after (\d+) executions.*\n  --replay \".*\" (\S+)$",
                      output, re.MULTILINE)
    return found.groups() if found else ("", "", "", "")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    mistakes = [mistake for mistake in MISTAKES if re.search(options.pattern, mistake[0])]
    if options.sample is not None:
        mistakes = random.Random(options.seed).sample(mistakes, min(options.sample, len(mistakes)))
    explorer = Explorer(mistakes, options.work.resolve())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = []
        for verdict in pool.map(explorer.verdict_on, mistakes):
            verdicts.append(verdict)
            print(verdict[1], flush=True)
        failures = [text for text in pool.map(explorer.holds_without, sorted({mistake[2] for mistake in mistakes})) if text]
    print("".join(failures), end="")
    found = sum(is_found for is_found, _ in verdicts)
    unexplained = sum(UNEXPLAINED in text for _, text in verdicts)
    print(f"{found} of {len(mistakes)} mistakes put into the shipping headers found, each in less than {SECONDS} s and again in "
          f"a replay, {unexplained} of them because no order explains what was seen; without any, {len(failures)} scenarios fail")
    sys.exit(0 if mistakes and found == len(mistakes) and not failures else 1)


main()
