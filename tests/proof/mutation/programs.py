"""The test programs, built over headers with mutants in them, and run with one mutant alive."""
import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import threading

from places import ROOT, judged_headers

HERE = pathlib.Path(__file__).resolve().parent
TESTS = ROOT / "tests"
CXX = os.environ.get("CXX", "g++").split()
FLAGS = ["-std=c++20", "-w", "-D_GLIBCXX_ASSERTIONS", "-fpch-preprocess", f"-I{TESTS}"]
# ccache sees through a precompiled header only if told to. In errors it is to leave the paths as they are.
SLOPPY = dict(os.environ, CCACHE_SLOPPINESS="pch_defines,time_macros,include_file_mtime,include_file_ctime", CCACHE_BASEDIR="")
MEMORY = 4 << 30  # bytes that a mutant may ask for

# Optimised, because they run for seconds otherwise; the rest is not, because it builds for minutes otherwise.
LONG = {"explore", "explore, two preemptions", "windows", "behaviour/memory", "behaviour/one_event_per_transition",
        "behaviour/probe_cap", "behaviour/thresholds", "concurrency/windows", "unit/registry/key_hash", "unit/core/open_wait",
        "unit/core/word", "unit/registry/registry", "unit/window/count_window", "unit/window/time_window"}
# Results of other libraries: each needs its header, one of them libraries too.
NEEDS = {"result_absl_test": "absl/status/statusor.h", "result_std_expected_test": "none: it needs C++23",
         "result_tl_expected_test": "tl/expected.hpp", "result_outcome_test": "boost/outcome.hpp"}
PACKAGE = {"result_absl_test": "absl_statusor"}


UNDEFINED = ["-fsanitize=undefined,float-cast-overflow", "-fno-sanitize-recover=all"]


class Program:
    """A test program, and how it is run."""

    def __init__(self, name, sources, arguments=(), flags=(), catch=False):
        self.name, self.arguments, self.catch = name, list(arguments), catch
        self.sanitizers = UNDEFINED[:1] if UNDEFINED[0] in flags else []
        self.is_patient = False  # takes a minute
        self.level = "-O1" if name in LONG else "-O0"
        self.flags = [self.level] + list(flags)
        self.sources = [TESTS / source for source in sources]
        self.reached = None  # numbers of the mutants whose places it comes by, known once it has run
        self.seconds = 0.0  # of processor time, when nothing is wrong

    def objects(self, folder):
        end = ".sanitized.o" if self.sanitizers else ".o"
        return [folder / "objects" / (str(source.relative_to(TESTS)).replace("/", "_") + end) for source in self.sources]


def all_programs():
    """Returns every program: of tests in Catch2, each source is one."""
    version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    found = [
        Program("model", [f"proof/model/{name}.cpp" for name in ("check", "circuits", "trace", "model_test")],
                ["--operations", "100000"]),
        Program("windows", ["proof/model/windows_test.cpp"], ["--operations", "20000"]),
        explorer("explore", ["--random", "300", "--priorities", "300", "--preemptions", "1"]),
    ]
    for part in ("unit", "behaviour", "contract", "concurrency"):
        for source in sorted((TESTS / part).rglob("*_test.cpp")):
            if has_what_it_needs(source):
                name = str(source.relative_to(TESTS).with_suffix("")).removesuffix("_test")
                flags = [f'-DBREAKER_PROJECT_VERSION="{version}"'] if source.stem == "version_test" else []
                found.append(Program(name, [source], ["--abort"], flags, catch=True))
    return found


def explorer(name, arguments):
    parts = ("history", "runtime", "scenarios", "states", "windows", "stays", "registry", "headers")
    sources = [f"proof/explore/{name}.cpp" for name in parts]
    return Program(name, sources, arguments, flags=['-DBREAKER_ATOMIC_HEADER="proof/explore/atomic.hpp"'])


def sanitized_programs():
    """Returns those whose arithmetic a sanitizer watches: where this machine's answer to what is undefined is the right one."""
    names = ("adapters/retry_after", "config", "core/open_wait", "metrics/prometheus")
    return [Program(f"unit/{name}, sanitized", [f"unit/{name}_test.cpp"], ["--abort"], UNDEFINED, catch=True) for name in names]


def patient_programs():
    """Returns the explorer, with the time that it needs for what hardly ever goes wrong."""
    patient = explorer("explore, two preemptions", ["--random", "4000", "--priorities", "4000", "--preemptions", "2"])
    patient.is_patient = True
    return [patient]


def has_what_it_needs(source):
    return pathlib.Path("/usr/include", NEEDS.get(source.stem, "")).exists()


def libraries_of(program):
    package = PACKAGE.get(program.sources[0].stem)
    if not package:
        return []
    return subprocess.run(["pkg-config", "--libs", package], stdout=subprocess.PIPE, text=True, check=True).stdout.split()


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
    work = [one for program in programs for one in sources_of(program, folder)]
    return main + sorted(work, key=lambda one: -one[0].stat().st_size)


def sources_of(program, folder):
    prefix = folder / f"catch{program.level}.hpp" if program.catch else HERE / "mutant.hpp"
    flags = ["-include", str(prefix)] + program.flags
    return [(source, target, flags, folder) for source, target in zip(program.sources, program.objects(folder))]


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
    inputs = [str(target) for target in program.objects(folder)]
    if program.catch:
        is_catch3 = pathlib.Path("/usr/include/catch2/catch_all.hpp").exists()
        inputs += [str(folder / "main.o")] + (["-lCatch2Main", "-lCatch2"] if is_catch3 else [])
    command = CXX + program.sanitizers + inputs + libraries_of(program) + ["-pthread", "-o", str(program.binary)]
    subprocess.run(command, check=True)


# ---- running


def run(program, number, cpu_seconds, reached=None):
    """Runs it with mutant `number` alive. Returns whether it passes, and the processor time that it took.

    A mutant that turns for ever is stopped by the processor time that it uses, which a busy machine does not change; one
    that waits for ever, by the clock.
    """
    environment = dict(os.environ, BREAKER_MUTANT=str(number))
    if reached:
        environment["BREAKER_REACHED"] = str(reached)
    process = subprocess.Popen([str(program.binary)] + program.arguments, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, cwd=program.binary.parent)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    timer = threading.Timer(10 * cpu_seconds, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode == 0, usage.ru_utime + usage.ru_stime


def take_bearings(programs, folder, jobs):
    """Each program must pass when no mutant is alive: which places does it come by, and how long does it take?"""

    def take(program):
        reached = folder / (program.binary.name + ".reached")
        reached.unlink(missing_ok=True)
        passes, program.seconds = run(program, -1, 600, reached)
        if not passes:
            return program.name
        program.reached = {int(line) for line in reached.read_text().split()}

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        failed = [name for name in pool.map(take, programs) if name]
    if failed:
        sys.exit(f"fails without a mutant: {', '.join(failed)}")


def is_killed_by(program, number):
    passes, _ = run(program, number, round(3 * program.seconds) + 3)
    return not passes
