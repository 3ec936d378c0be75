#!/usr/bin/env python3
"""Proves that the explorer finds what goes wrong between threads: makes mistakes in a copy of the headers, each behind a
compile switch (BREAKER_SEEDED=number), and demands that the scenario that is there for it fails within seconds, says
what it should, and says it again when its choices are replayed. Without a mistake the same scenarios hold.

  prove.py <work folder> [PATTERN] [--sample N --seed TEXT]   mistakes whose name the pattern matches, or N drawn of those;
                                                              CXX names the compiler (g++)
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys

from mistakes import MISTAKES

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = ROOT / "tests/proof/explore"
PARTS = ("states", "windows", "stays", "registry")
SECONDS = 5
UNEXPLAINED = "no order of the operations explains what the threads saw"


# ---- headers with every mistake in them, each behind its switch


def whole_lines(text, mistake):
    """Returns the range of the lines that the mistake changes, and what they become."""
    pattern = r"\s+".join(re.escape(word) for word in mistake.right.split())
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        sys.exit(f"{mistake.name}: {len(found)} times in {mistake.header}: {mistake.right}")
    first = text.rfind("\n", 0, found[0].start()) + 1
    last = text.find("\n", found[0].end()) + 1
    return first, last, text[first:found[0].start()] + mistake.wrong + text[found[0].end():last]


def with_switches(text, mistakes):
    """Returns `text` with all `mistakes` ({number: mistake}) behind switches. Those that change the same lines share them."""
    groups = []  # (first, last, {number: (first, last, lines)})
    for number, mistake in mistakes.items():
        first, last, lines = whole_lines(text, mistake)
        meet = [group for group in groups if group[0] < last and first < group[1]]
        groups = [group for group in groups if group not in meet]
        members = {number: (first, last, lines)}
        for group in meet:
            first, last = min(first, group[0]), max(last, group[1])
            members |= group[2]
        groups.append((first, last, members))
    for first, last, members in sorted(groups, reverse=True, key=lambda group: group[0]):
        switch = "#else\n" + text[first:last] + "#endif\n"
        for i, (number, (begins, ends, lines)) in enumerate(members.items()):
            switch = (f"#{'el' if i + 1 < len(members) else ''}if BREAKER_SEEDED == {number}\n"
                      f"{text[first:begins]}{lines}{text[ends:last]}") + switch
        text = text[:first] + switch + text[last:]
    return text


def write_headers(work):
    shutil.copytree(ROOT / "include", work / "include", dirs_exist_ok=True)
    numbered = dict(enumerate(MISTAKES, 1))
    for header in {mistake.header for mistake in MISTAKES}:
        here = {number: mistake for number, mistake in numbered.items() if mistake.header == header}
        (work / "include/breaker" / header).write_text(with_switches((ROOT / "include/breaker" / header).read_text(), here))


# ---- building and running


def compile_to(target, source, number, work):
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    flags = ["-std=c++20", "-O1", "-w", f"-I{work}/include", f"-I{ROOT}/tests", f"-DBREAKER_SEEDED={number}",
             '-DBREAKER_ATOMIC_HEADER="proof/explore/atomic.hpp"']
    subprocess.run([*compiler, *flags, "-c", str(source), "-o", str(target)], check=True)


def build_machine(work):
    """Builds what no mistake touches, and a stand-in for the parts that are left out."""
    (work / "left_out.cpp").write_text('#include "proof/explore/scenarios.hpp"\nnamespace explore {\n' + "".join(
        f"[[gnu::weak]] std::vector<NamedScenario> {part.removesuffix('s') if part != 'registry' else part}_scenarios() "
        "{ return {}; }\n" for part in PARTS) + "}\n")
    sources = [HERE / f"{name}.cpp" for name in ("runtime", "history", "scenarios", "headers")] + [work / "left_out.cpp"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda source: compile_to(work / f"{source.stem}.o", source, 0, work), sources))


def build(part, number, work):
    """Returns a program with the scenarios of this part, over headers with this mistake (0: none)."""
    program = work / f"{part}_{number}"
    compile_to(f"{program}.o", HERE / f"{part}.cpp", number, work)
    machine = [str(work / f"{name}.o") for name in ("runtime", "history", "scenarios", "headers", "left_out")]
    subprocess.run([*shlex.split(os.environ.get("CXX", "g++")), f"{program}.o", *machine, "-o", str(program)], check=True)
    os.remove(f"{program}.o")
    return program


def run(program, *arguments):
    """Returns the exit status, the output, and the seconds of processor time."""
    log = program.with_suffix(".log")
    with open(log, "w") as out:
        process = subprocess.Popen([program, *arguments], stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, log.read_text(), used.ru_utime + used.ru_stime


# ---- verdicts


def part_of(scenario):
    parts = [part for part in PARTS if f'{{"{scenario}"' in (HERE / f"{part}.cpp").read_text()]
    return parts[0] if parts else sys.exit(f"no scenario has this name: {scenario}")


def failure_in(output):
    """Returns the first message, how it was found, after how many executions, and the choices that show it again."""
    found = re.search(r"^FAILED .*\n  (.*(?:\n    .*)*)\n  found \((.*)\) after (\d+) executions.*\n  --replay \".*\" (\S+)$",
                      output, re.MULTILINE)
    return found.groups() if found else ("", "", "", "")


def verdict_on(mistake, work):
    """Returns whether the mistake is found as it should be, and what to say of it."""
    program = build(part_of(mistake.scenario), MISTAKES.index(mistake) + 1, work)
    status, output, took = run(program, "--only", mistake.scenario)
    message, how, executions, choices = failure_in(output)
    again, _, _, _ = failure_in(run(program, "--replay", mistake.scenario, choices)[1]) if choices else ("",) * 4
    os.remove(program)
    claims = {"MISSED": status == 1 and message, "NOT WHAT IT SHOULD SAY": mistake.message in message,
              "SLOW": took < SECONDS, "NOT AGAIN": again == message}
    wrong = [claim for claim, holds in claims.items() if not holds]
    text = f"{how} {executions}, {took:.1f} s: {message.splitlines()[0] if message else output[-300:]}"
    return not wrong, f"{wrong[0] if wrong else 'found'}: {mistake.name}\n    {text}"


def hold_without(part, mistakes, work):
    """Returns what fails although there is no mistake."""
    program = build(part, 0, work)
    names = sorted({mistake.scenario for mistake in mistakes if part_of(mistake.scenario) == part})
    few = ("--preemptions", "1", "--random", "500", "--priorities", "500")
    runs = {name: run(program, "--only", name, *few) for name in names}
    return [f"FAILED without a mistake: {name}\n{output}" for name, (status, output, _) in runs.items() if status != 0]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("pattern", nargs="?", default="")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    mistakes = [mistake for mistake in MISTAKES if re.search(options.pattern, mistake.name)]
    if options.sample is not None:
        mistakes = random.Random(options.seed).sample(mistakes, min(options.sample, len(mistakes)))
    write_headers(work)
    build_machine(work)
    parts = sorted({part_of(mistake.scenario) for mistake in mistakes})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = [pool.submit(hold_without, part, mistakes, work) for part in parts]
        verdicts = []
        for verdict in pool.map(lambda mistake: verdict_on(mistake, work), mistakes):
            verdicts.append(verdict)
            print(verdict[1], flush=True)
        failures = [text for part in clean for text in part.result()]
    print("".join(failures), end="")
    found = sum(is_found for is_found, _ in verdicts)
    unexplained = sum(UNEXPLAINED in text for _, text in verdicts)
    print(f"{found} of {len(mistakes)} mistakes put into the shipping headers found, each in less than {SECONDS} s and again in "
          f"a replay, {unexplained} of them because no order explains what was seen; without any, {len(failures)} scenarios fail")
    sys.exit(0 if mistakes and found == len(mistakes) and not failures else 1)


main()
