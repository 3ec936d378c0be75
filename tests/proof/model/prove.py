#!/usr/bin/env python3
"""Proves that the model test finds mistakes: makes them in a copy of the headers, one at a time, most of them made by some
breaker before, and demands that model_test fails within seconds and prints a short trace that shows it.

  prove.py <work folder> [TEXT]   mistakes whose name contains TEXT; CXX names the compiler (g++)
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECONDS = 10
STEPS = 20  # of the shortest trace: to push a call out of the smaller windows takes up to thirteen more
MISTAKES = {  # name: (header, what stands there, what is put in its place)
    "a verdict of an earlier generation counts": (
        "core/word.hpp", "if (id_of(word) != event.id || state_of(word) != State::half_open ||",
        "if (state_of(word) != State::half_open ||"),
    "an ignored probe keeps its slot": ("core/word.hpp", "  return {released, true};", "  return {word, true};"),
    "a lost probe blocks for ever": ("core/word.hpp", "if (is_lease_over(word, now, rules))", "if (now != now)"),
    "one good probe too many is asked for": ("core/word.hpp", "if (good >= rules.close_after)", "if (good > rules.close_after)"),
    "the clock set back, the wait never ends": (
        "core/word.hpp", "return milliseconds_left(word, now) - 1 > static_cast<std::uint64_t>(longest);",
        "return milliseconds_left(word, now) == 0 || (milliseconds_left(word, now) >> 34 != 0 && longest != 0);"),
    "the longest wait ends at once": (
        "core/word.hpp", "return milliseconds_left(word, now) - 1 > static_cast<std::uint64_t>(longest);",
        "return milliseconds_left(word, now) - 1 >= static_cast<std::uint64_t>(longest);"),
    "the wait does not grow": ("core/word.hpp", "StepBits::get(word) + 1 : last_step", "StepBits::get(word) : last_step"),
    "an answer may ask for any wait": (
        "core/word.hpp", "event.wait < rules.retry_after_max ? event.wait : rules.retry_after_max", "event.wait"),
    "a slow success may ask for a wait": ("core/shell.hpp", "if (verdict != Verdict::failure) retry_after = 0;", ""),
    "trip() ends forced open": (
        "core/word.hpp", "state_of(word) != State::closed && state_of(word) != State::half_open) return",
        "state_of(word) == State::open) return"),
    "a success does not end the row": (
        "policy/consecutive_failures.hpp", "if (verdict == Verdict::success) return 0;", ""),
    "the share must be passed, not reached": (
        "base/ratio.hpp", "static_cast<std::uint32_t>(whole_) >=", "static_cast<std::uint32_t>(whole_) >"),
    "evidence survives a reset": ("window/count_window.hpp", "return stay.generation() & TagBits::max;",
                                  "return stay.generation() & 0;"),
    "what leaves the window still counts": ("window/count_window.hpp", ">> offset) & 1;", ">> offset) & 0;"),
    "the window is one slice too long": ("window/time_window.hpp", "& TagBits::max) >= Slices) continue;",
                                         "& TagBits::max) > Slices) continue;"),
    "a window goes negative": (
        "window/time_window.hpp", "if (((tag - TagBits::get(current)) & TagBits::max) >= Slices) continue;",
        "if (((tag - TagBits::get(current)) & TagBits::max) >= Slices) {"
        " if (((TagBits::get(current) - tag) & TagBits::max) < 3 * Slices) sum.marked -= Marked::get(current); continue; }"),
    "all_of trips when one part would": ("policy/any_of.hpp", "first.at_threshold && rest.at_threshold",
                                         "first.at_threshold || rest.at_threshold"),
    "a dropped permit is always ignored": ("call/permit.hpp", "settle(if_dropped_);", "settle(Verdict::ignored);"),
    "a refusal is not counted": ("core/shell.hpp", "totals_.refused.fetch_add(1, relaxed);", "totals_.refused.load(relaxed);"),
}


def verdict_on(name, work):
    """Returns whether the mistake is found, and what to say of it."""
    header, right, wrong = MISTAKES[name]
    folder = work / str(list(MISTAKES).index(name))
    shutil.copytree(ROOT / "include", folder / "include", dirs_exist_ok=True)
    source = (ROOT / "include/breaker" / header).read_text()
    if source.count(right) != 1:
        return False, f"ERROR {name}: {source.count(right)} times in {header}: {right}"
    (folder / "include/breaker" / header).write_text(source.replace(right, wrong))
    build = shlex.split(os.environ.get("CXX", "g++")) + ["-std=c++20", "-O1", "-w", f"-I{folder}/include", f"-I{ROOT}/tests"]
    parts = [str(ROOT / "tests/proof/model" / part) for part in ("model_test.cpp", "check.cpp", "circuits.cpp", "trace.cpp")]
    subprocess.run([*build, *parts, "-o", str(folder / "model_test")], check=True)
    began = time.monotonic()
    done = subprocess.run([folder / "model_test"], capture_output=True, text=True)
    took = time.monotonic() - began
    steps = len(re.findall(r"^  \d+\. ", done.stdout.partition("The shortest trace, again with --trace")[2], re.MULTILINE))
    found = done.returncode == 1 and 0 < steps <= STEPS and took < SECONDS
    return found, f"{'found ' if found else 'MISSED'} {took:5.1f} s, {steps:2d} steps: {name}"


def main():
    work = pathlib.Path(sys.argv[1]).resolve()
    names = [name for name in MISTAKES if " ".join(sys.argv[2:]) in name]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda name: verdict_on(name, work), names))
    print("\n".join(text for _, text in verdicts))
    print(f"{sum(found for found, _ in verdicts)} of {len(names)} mistakes found, each in less than {SECONDS} s, by {STEPS} steps or fewer")
    sys.exit(0 if all(found for found, _ in verdicts) else 1)


main()
