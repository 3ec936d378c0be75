"""The test programs, built over headers with mutants in them, and run with one mutant alive.

Which programs there are, of which sources, with which flags and libraries: all this says the build folder of the preset
"test", which is configured if it is not there.
"""
import collections
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import threading

from places import ROOT, judged_headers

HERE = pathlib.Path(__file__).resolve().parent
TESTS = ROOT / "tests"
BUILD = ROOT / "build/all"
CXX = os.environ.get("CXX", "g++").split()
FLAGS = ["-std=c++20", "-w", "-D_GLIBCXX_ASSERTIONS", "-fpch-preprocess", f"-I{TESTS}"]
# ccache sees through a precompiled header only if told to. In errors it is to leave the paths as they are.
SLOPPY = dict(os.environ, CCACHE_SLOPPINESS="pch_defines,time_macros,include_file_mtime,include_file_ctime", CCACHE_BASEDIR="")
MEMORY = 4 << 30  # bytes that a mutant may ask for

# Optimised, because they run for seconds otherwise; the rest is not, because it builds for minutes otherwise.
LONG = {"explore", "explore, two preemptions", "keys", "windows", "behaviour/memory", "behaviour/one_event_per_transition",
        "behaviour/probe_cap", "behaviour/thresholds", "concurrency/windows", "unit/registry/key_hash", "unit/core/open_wait",
        "unit/core/word", "unit/policy/cusum", "unit/policy/place", "unit/registry/registry", "unit/window/count_window",
        "unit/window/striped_count_window", "unit/window/time_window"}
# How a program that is no list of test cases is run, and named.
RUNS = {"model_test": ("model", ["--operations", "100000"]),
        "windows_test": ("windows", ["--operations", "20000"]),
        "keys_test": ("keys", ["--operations", "20000"]),
        "any_rule_test": ("any_rule", ["2000"]),
        "sentences_test": ("sentences", ["5000"]),
        "explore_headers": ("explore", ["--random", "300", "--priorities", "300", "--preemptions", "1"])}
UNDEFINED = ["-fsanitize=undefined,float-cast-overflow", "-fno-sanitize-recover=all"]


class Program:
    """A test program, and how it is run."""

    def __init__(self, name, configured, sources, arguments, catch=False):
        self.name, self.configured, self.sources, self.arguments, self.catch = name, configured, sources, arguments, catch
        self.sanitizers = []
        self.is_patient = False  # takes a minute
        self.level = "-O1" if name in LONG else "-O0"
        self.reached = None  # numbers of the mutants whose places it comes by, known once it has run
        self.seconds = 0.0  # of processor time, when nothing is wrong

    def flags(self, source):
        return [self.level, *self.sanitizers, *flags_of(source, self.configured)]

    def object(self, source, folder):
        end = self.level + (".sanitized" if self.sanitizers else "")
        return folder / "objects" / f"{str(source.relative_to(TESTS)).replace('/', '_')}{end}.o"


def all_programs():
    """Returns every program: of tests in Catch2, each source is one."""
    found = []
    for kind, configured, sources in configured_programs():
        if kind == "cases":
            tests = [source for source in sources if source.stem.endswith("_test")]
            found += [Program(name_of(source), configured, [source], ["--abort"], catch=True) for source in tests]
        elif configured.name in RUNS:
            name, arguments = RUNS[configured.name]
            found.append(Program(name, configured, sources, arguments))
    return found


def name_of(source):
    return str(source.relative_to(TESTS).with_suffix("")).removesuffix("_test")


def program_named(name):
    return next(program for program in all_programs() if program.name == name)


def sanitized_programs():
    """Returns those whose arithmetic a sanitizer watches: where this machine's answer to what is undefined is the right one."""
    names = ("adapters/retry_after", "config", "core/open_wait", "metrics/prometheus", "policy/overdue")
    programs = [program_named(f"unit/{name}") for name in names]
    for program in programs:
        program.name += ", sanitized"
        program.level, program.sanitizers = "-O0", UNDEFINED
    return programs


def patient_programs():
    """Returns the explorer, with the time that it needs for what hardly ever goes wrong."""
    patient = program_named("explore")
    patient.name += ", two preemptions"
    patient.arguments = ["--random", "4000", "--priorities", "4000", "--preemptions", "2"]
    patient.is_patient = True
    return [patient]


# ---- what CMake knows


@functools.cache
def configured_programs():
    """Returns kind, path and sources of each program."""
    listed = BUILD / "tests/programs.txt"
    if not listed.exists():
        subprocess.run(["cmake", "--preset", "all"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    lines = [line.split(" ", 2) for line in listed.read_text().splitlines()]
    return [(kind, pathlib.Path(path), [pathlib.Path(one) for one in sources.split(";")]) for kind, path, sources in lines]


@functools.cache
def compile_commands():
    """Returns the commands by source: several, if it is in several programs."""
    commands = collections.defaultdict(list)
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        commands[entry["file"]].append(entry["command"])
    return commands


def flags_of(source, configured):
    """Returns the standard and the definitions that a source is compiled with, in this program if it is in several."""
    command = max(compile_commands()[str(source)], key=lambda command: f"/{configured.name}.dir/" in command)
    return [word for word in shlex.split(command) if word.startswith(("-std=", "-D"))]


@functools.cache
def libraries_of(configured):
    """Returns the libraries of others that a program is linked with."""
    commands = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", str(configured.relative_to(BUILD))],
                              stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return [word for word in shlex.split(commands[-1]) if re.match(r"-l|/.*\.(a|so)(\.[\d.]+)?$", word)]


# ---- building

made = set()  # objects that this run has compiled


def compiler():
    return (["ccache"] if shutil.which("ccache") else []) + CXX


def compile_one(source, target, flags, folder):
    command = compiler() + FLAGS + [f"-I{folder}/include"] + flags + ["-c", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, env=SLOPPY)
    return done.returncode, done.stderr


def check_headers(folder):
    """Returns what a compiler says against the headers in `folder`; nothing if they are in order."""
    flags = ["-O0", "-include", str(HERE / "mutant.hpp"), "-fsyntax-only", "-fmax-errors=0"]
    for header in judged_headers():  # that file has what circuits are made of
        flags += ["-include", str(header.relative_to(ROOT / "include"))]
    code, errors = compile_one(TESTS / "support/everything.cpp", "/dev/null", flags, folder)
    return errors if code != 0 else ""


def prefix_work(programs, folder):
    """Catch2 2 is one large header, built once. Returns what must be compiled before the rest."""
    work = []
    for level in sorted({program.level for program in programs if program.catch}):
        prefix = folder / f"catch{level}.hpp"
        prefix.write_text(f'#include "{HERE}/mutant.hpp"\n#include "support/catch.hpp"\n')
        work.append((prefix, f"{prefix}.gch", [level, "-x", "c++-header"], folder))
    return work


def work_of(programs, folder):
    """Returns what must be compiled, what takes longest first."""
    main = [(TESTS / "support/main.cpp", folder / "main.o", ["-O0"], folder)] if any(one.catch for one in programs) else []
    work = {one[1]: one for program in programs for one in sources_of(program, folder)}
    return main + sorted(work.values(), key=lambda one: -one[0].stat().st_size)


def sources_of(program, folder):
    prefix = folder / f"catch{program.level}.hpp" if program.catch else HERE / "mutant.hpp"
    return [(source, program.object(source, folder), ["-include", str(prefix), *program.flags(source)], folder)
            for source in program.sources]


def build(programs, folder, jobs):
    """Builds them. Returns what the compiler says against them, nothing if all is well."""
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for work in (prefix_work(programs, folder), work_of(programs, folder)):
            work = [one for one in work if one[1] not in made]
            errors = "".join(errors for code, errors in pool.map(lambda one: compile_one(*one), work) if code != 0)
            if errors:
                return errors
            made.update(one[1] for one in work)
        list(pool.map(lambda program: link(program, folder), programs))
    return ""


def link(program, folder):
    program.binary = folder / "bin" / re.sub("[^a-z_]+", "_", program.name)
    program.binary.parent.mkdir(exist_ok=True)
    inputs = [str(program.object(source, folder)) for source in program.sources]
    inputs += [str(folder / "main.o")] if program.catch else []
    command = [*CXX, *program.sanitizers[:1], *inputs, *libraries_of(program.configured), "-pthread", "-o", str(program.binary)]
    subprocess.run(command, check=True)


# ---- running


def run(program, number, cpu_seconds, arguments=None, output=subprocess.DEVNULL, reached=""):
    """Runs it with mutant `number` alive. Returns its exit status, and the processor time that it took.

    A mutant that turns for ever is stopped by the processor time that it uses, which a busy machine does not change; one
    that waits for ever, by the clock.
    """
    environment = dict(os.environ, BREAKER_MUTANT=str(number), BREAKER_REACHED=str(reached))
    process = subprocess.Popen([str(program.binary), *(program.arguments if arguments is None else arguments)],
                               env=environment, stdout=output, stderr=output, cwd=program.binary.parent)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    timer = threading.Timer(10 * cpu_seconds, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def take_bearings(programs, folder, jobs):
    """Each program must pass when no mutant is alive: which places does it come by, and how long does it take?"""

    def take(program):
        reached = folder / (program.binary.name + ".reached")
        reached.unlink(missing_ok=True)
        status, program.seconds = run(program, -1, 600, reached=reached)
        if status != 0:
            return program.name
        program.reached = {int(line) for line in reached.read_text().split()}

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        failed = [name for name in pool.map(take, programs) if name]
    if failed:
        sys.exit(f"fails without a mutant: {', '.join(failed)}")


def is_killed_by(program, number):
    status, _ = run(program, number, round(3 * program.seconds) + 3)
    return status != 0
