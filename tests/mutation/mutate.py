#!/usr/bin/env python3
"""Breaks the headers on purpose, one place at a time, and sees whether a test fails.

All mutants are built at once: each place becomes `(mutant::on(7) ? a <= b : a < b)`, and the environment says which one
is alive. The places come from clang's syntax tree. What is evaluated by the compiler alone (template arguments, static
asserts, constants) is left out: there the tests are static_asserts, which a changed header fails to compile.

  mutate.py --all                 every mutant
  mutate.py --sample 40 --seed 1  so many of them, always the same for a seed
  mutate.py --only word.hpp       those of a header
  mutate.py --list                name them, run nothing

Survivors must stand in survivors.txt with a reason; any other one is an error. Needs clang++-19 (or CLANG) and a
compiler (CXX, g++).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CLANG = os.environ.get("CLANG", "clang++-19")
CXX = os.environ.get("CXX", "g++").split()
FLAGS = ["-std=c++20", "-O1", "-w"]

# Not judged: what costs time at worst, and what a test's own clock and log do.
LEFT_OUT = {"version.hpp"}

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "/", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "|=": "&=",
}
ENUMS = [
    ["closed", "open", "half_open", "forced_open", "disabled"],
    ["success", "failure", "ignored"],
    ["counted", "stale", "repeated", "unaccounted", "refused"],
    ["none", "policy", "wait_over", "probes_succeeded", "probes_failed", "probe_lost", "tripped"],
    ["calling", "judging", "settled"],
    ["enforce", "shadow"],
]
# What the compiler evaluates, or what is no code.
SKIPPED = {"StaticAssertDecl", "ConceptDecl", "RequiresExpr", "TemplateArgument", "ConstantExpr", "EnumDecl",
           "CXXDeductionGuideDecl", "TypeAliasDecl", "UsingDecl", "AlignedAttr"}
STATEMENTS = {"CallExpr", "CXXMemberCallExpr", "CompoundAssignOperator", "ExprWithCleanups", "UnaryOperator",
              "BinaryOperator", "CXXOperatorCallExpr"}


class Place:
    """A stretch of a header that is written another way when its mutant is alive."""

    def __init__(self, file, begin, end, kind, change, write):
        self.file, self.begin, self.end, self.kind, self.change, self.write = file, begin, end, kind, change, write
        self.number = -1
        self.name = ""


# ---- finding places in clang's syntax tree


def syntax_trees(header):
    """Yields the top-level declarations of a header and what it includes."""
    done = subprocess.run(
        [CLANG, "-std=c++20", f"-I{ROOT}/include", "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", "-Xclang",
         "-ast-dump-filter=breaker", "-x", "c++", header], capture_output=True, text=True, check=True)
    decoder, at = json.JSONDecoder(), 0
    text = done.stdout
    while at < len(text):
        while at < len(text) and text[at].isspace():
            at += 1
        if at < len(text):
            tree, at = decoder.raw_decode(text, at)
            yield tree


class Finder:
    def __init__(self, header):
        self.header = str(header)
        self.text = header.read_bytes()
        self.file = ""
        self.places = {}

    def find(self):
        for tree in syntax_trees(self.header):
            self.visit(tree, [], False)
        return list(self.places.values())

    def locate(self, location):
        """A file is named in the dump only where it changes."""
        if "offset" not in location:
            inner = location.get("spellingLoc"), location.get("expansionLoc")
            for one in inner:
                if one:
                    self.locate(one)
            return None  # of a macro
        self.file = location.get("file", self.file)
        return (self.file, location["offset"], location.get("tokLen", 0))

    def visit(self, node, parents, constant):
        if not isinstance(node, dict) or not node:
            return
        if "loc" in node:
            self.locate(node["loc"])
        begin = self.locate(node["range"]["begin"]) if "range" in node else None
        end = self.locate(node["range"]["end"]) if "range" in node else None
        node["at"] = None
        if begin and end and begin[0] == end[0] == self.header:
            node["at"] = (begin[1], end[1] + end[2])
        kind = node.get("kind", "")
        constant = constant or kind in SKIPPED or kind.endswith("Attr") or bool(node.get("constexpr")) and kind == "VarDecl"
        constant = constant or bool(node.get("immediate"))
        inner = node.get("inner", [])
        for i, child in enumerate(inner):
            fixed = constant or kind == "CaseStmt" and i == 0 or kind == "IfStmt" and node.get("isConstexpr") and i == 0
            self.visit(child, parents + [node], fixed)
        if node["at"] and not constant:
            self.judge(node, parents)

    def source(self, at):
        return self.text[at[0]:at[1]].decode()

    def add(self, at, kind, change, write):
        self.places.setdefault((at, kind, change), Place(self.header, at[0], at[1], kind, change, write))

    def judge(self, node, parents):
        kind, at, inner = node["kind"], node["at"], node.get("inner", [])
        text = self.source(at)
        parent = parents[-1] if parents else {}
        if kind in ("BinaryOperator", "CompoundAssignOperator") and node.get("opcode") in OPERATORS:
            left, right = inner[0].get("at"), inner[1].get("at")
            operator = node["opcode"]
            if left and right and self.text[left[1]:right[0]].decode().strip() == operator:
                other = OPERATORS[operator]
                changed = f"({self.source(left)} {other} {self.source(right)})"
                self.add(at, "expression", f"{operator} becomes {other}", changed)
        elif kind == "UnaryOperator" and node.get("opcode") == "!":
            self.add(at, "expression", "! is dropped", f"static_cast<bool>({text[1:]})")
        elif kind == "UnaryOperator" and node.get("opcode") in ("++", "--"):
            other = text.replace("++", "--") if "++" in text else text.replace("--", "++")
            self.add(at, "expression", f"{node['opcode']} is turned round", f"({other})")
        elif kind == "IntegerLiteral" and parent.get("kind") != "InitListExpr":
            self.add(at, "expression", f"{text} becomes {text} + 1", f"({text} + 1)")
        elif kind == "CXXBoolLiteralExpr":
            self.add(at, "expression", f"{text} is negated", f"(!{text})")
        elif kind == "DeclRefExpr" and node.get("referencedDecl", {}).get("kind") == "EnumConstantDecl" and "::" in text:
            scope, name = text.rsplit("::", 1)
            for names in ENUMS:
                if name in names and self.fits(node, names):
                    other = names[(names.index(name) + 1) % len(names)]
                    self.add(at, "expression", f"{name} becomes {other}", f"{scope}::{other}")
        elif kind == "ConditionalOperator" and inner[0].get("at"):
            condition = inner[0]["at"]
            self.add(condition, "condition", "the two are swapped", f"!({self.source(condition)})")
        elif kind == "IfStmt" and not node.get("isConstexpr") and not node.get("hasVar"):
            condition = inner[1 if node.get("hasInit") else 0].get("at")
            if condition:
                self.add(condition, "condition", "always", "true")
                self.add(condition, "condition", "never", "false")
        elif kind == "ReturnStmt" and inner and inner[0].get("at") and self.returns_bool(parents):
            if inner[0]["kind"] != "CXXBoolLiteralExpr":
                value = inner[0]["at"]
                self.add(value, "condition", "answers the opposite", f"!({self.source(value)})")
        if parent.get("kind") == "CompoundStmt" and kind in STATEMENTS:
            end = at[1]
            while end < len(self.text) and self.text[end:end + 1].isspace():
                end += 1
            if self.text[end:end + 1] == b";":
                self.add((at[0], end + 1), "statement", "is dropped", "")

    @staticmethod
    def fits(node, names):
        type_name = node.get("type", {}).get("qualType", "").split("::")[-1]
        owner = {"State": 0, "EventKind": -1, "Verdict": 1, "Settled": 2, "Reason": 3, "Stage": 4, "Mode": 5}
        return owner.get(type_name, -1) == ENUMS.index(names)

    @staticmethod
    def returns_bool(parents):
        for parent in reversed(parents):
            if parent.get("kind") in ("FunctionDecl", "CXXMethodDecl", "CXXConversionDecl"):
                return parent.get("type", {}).get("qualType", "").startswith("bool")
        return False


def find_places():
    found = []
    headers = sorted(path for path in (ROOT / "include/breaker").rglob("*.hpp") if path.name not in LEFT_OUT)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for places in pool.map(lambda header: Finder(header).find(), headers):
            found += sorted(places, key=lambda place: (place.begin, -place.end, place.kind, place.change))
    seen = collections.Counter()
    for number, place in enumerate(found):
        place.number = number
        header = pathlib.Path(place.file).relative_to(ROOT / "include/breaker")
        text = pathlib.Path(place.file).read_bytes()
        line = text[text.rfind(b"\n", 0, place.begin) + 1:]
        line = line[:line.find(b"\n")].decode().strip()
        name = f"{header} | {line} | {place.change}"
        seen[name] += 1
        place.name = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return found


# ---- writing the headers with all their mutants


def mutated(text, places):
    """Returns `text` with `places`, which nest but never overlap by halves, written so that each may come alive."""

    def render(begin, end, inside):
        out, at = b"", begin
        while inside:
            first = inside[0]
            group = [place for place in inside if (place.begin, place.end) == (first.begin, first.end)]
            below = [place for place in inside if place.begin >= first.begin and place.end <= first.end and place not in group]
            inside = [place for place in inside if place.begin >= first.end]
            out += text[at:first.begin] + wrap(group, render(first.begin, first.end, below))
            at = first.end
        return out + text[at:end]

    def wrap(group, body):
        for place in group:
            if place.kind == "statement":
                body = b"{ if (!::mutant::on(%d)) { %s } }" % (place.number, body)
            elif place.kind == "condition":
                body = b"(::mutant::on(%d) ? static_cast<bool>(%s) : static_cast<bool>(%s))" % (
                    place.number, place.write.encode(), body)
            else:
                body = b"(::mutant::on(%d) ? %s : (%s))" % (place.number, place.write.encode(), body)
        return body

    # Of places that begin together, the longer one is outside; a condition is outside the expression it is.
    order = {"statement": 0, "condition": 1, "expression": 2}
    return render(0, len(text), sorted(places, key=lambda p: (p.begin, -p.end, -order[p.kind])))


def write_headers(places, folder):
    by_file = collections.defaultdict(list)
    for place in places:
        by_file[place.file].append(place)
    for header in (ROOT / "include/breaker").rglob("*.hpp"):
        target = folder / "include" / header.relative_to(ROOT / "include")
        content = mutated(header.read_bytes(), by_file[str(header)])
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)


# ---- building and running the tests


class Program:
    """A test program, and how it is run: quick ones that find much come first."""

    def __init__(self, name, sources, arguments=(), catch=False, flags=()):
        self.name, self.arguments, self.flags = name, list(arguments), list(flags)
        self.sources = [ROOT / "tests" / source for source in sources]
        if catch:
            self.sources.append(ROOT / "tests/support/main.cpp")
            self.arguments.append("--abort")
        self.reached, self.seconds = set(), 0.0


def programs():
    tests = ROOT / "tests"
    model = [f"model/{name}.cpp" for name in ("check", "circuits", "trace")]
    explore = ["explore/runtime.cpp", "explore/scenarios.cpp"]
    over_fibers = ['-DBREAKER_ATOMIC_HEADER="explore/atomic.hpp"', "-O2"]
    needs_package = ("result_absl_test.cpp", "result_std_expected_test.cpp", "result_tl_expected_test.cpp", "result_outcome_test.cpp")
    unit = [str(path.relative_to(tests)) for path in sorted((tests / "unit").rglob("*_test.cpp")) if path.name not in needs_package]
    alone = ("no_allocation_test.cpp", "before_main_and_signals_test.cpp")
    behaviour = [f"behaviour/{path.name}" for path in sorted((tests / "behaviour").glob("*_test.cpp")) if path.name not in alone]
    concurrency = [f"concurrency/{path.name}" for path in sorted((tests / "concurrency").glob("*_test.cpp"))]
    version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    return [
        Program("model", model + ["model/model_test.cpp"], ["--operations", "300000"]),
        Program("unit", unit, catch=True, flags=[f'-DBREAKER_PROJECT_VERSION="{version}"']),
        Program("behaviour", behaviour, catch=True),
        Program("windows", ["model/windows_test.cpp"], ["--operations", "20000"]),
        Program("contract", [str(path.relative_to(tests)) for path in (tests / "contract").glob("*_test.cpp")], catch=True),
        Program("no_allocation", [f"behaviour/{alone[0]}"], catch=True),
        Program("before_main", [f"behaviour/{alone[1]}"], catch=True),
        Program("explore", explore + ["explore/headers.cpp"],
                ["--random", "300", "--priorities", "300", "--preemptions", "1"], flags=over_fibers),
        Program("concurrency", concurrency, catch=True),
    ]


def catch_flags():
    """Catch2 3 needs its library, 2 does not."""
    if pathlib.Path("/usr/include/catch2/catch_all.hpp").exists():
        return ["-lCatch2Main", "-lCatch2"]
    return []


def compile_one(arguments):
    source, target, flags, folder = arguments
    launcher = ["ccache"] if shutil.which("ccache") else []
    command = launcher + CXX + FLAGS + flags + ["-include", str(HERE / "mutant.hpp"), f"-I{folder}/include", f"-I{ROOT}/tests",
                                                "-c", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stderr


def drop_what_does_not_compile(places, folder):
    """Mutants that no compiler takes are no mutants. Returns those that are left."""
    while True:
        write_headers(places, folder)
        code, errors = compile_one((ROOT / "tests/support/everything.cpp", "/dev/null", ["-fsyntax-only", "-fmax-errors=0"], folder))
        if code == 0:
            return places
        bad = set()
        for name, line in re.findall(r"^(\S+?/include/breaker/\S+?\.hpp):(\d+):\d+: (?:error|  )", errors, re.M):
            header = ROOT / "include" / pathlib.Path(name).relative_to(folder / "include")
            bad.add((str(header), int(line)))
        if not bad:
            sys.exit(errors)
        lines = {}
        for place in places:
            text = lines.setdefault(place.file, pathlib.Path(place.file).read_bytes())
            place.line = text.count(b"\n", 0, place.begin) + 1
            place.last = text.count(b"\n", 0, place.end) + 1
        left = [place for place in places if not any(file == place.file and place.line <= line <= place.last for file, line in bad)]
        if len(left) == len(places):
            sys.exit(errors)
        places = left


def build(all_programs, folder, jobs):
    work, objects = [], {}
    for program in all_programs:
        program.binary = folder / program.name
        program.objects = []
        for source in program.sources:
            target = folder / "objects" / (("fibers_" if "fibers" in str(program.flags) or "ATOMIC" in str(program.flags) else "") +
                                           str(source.relative_to(ROOT / "tests")).replace("/", "_") + ".o")
            target.parent.mkdir(parents=True, exist_ok=True)
            if target not in objects:
                objects[target] = True
                work.append((source, target, program.flags, folder))
            program.objects.append(str(target))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for item, (code, errors) in zip(work, pool.map(compile_one, work)):
            if code != 0:
                sys.exit(f"{item[0]}: {errors}")
    for program in all_programs:
        libraries = catch_flags() if any(source.name == "main.cpp" for source in program.sources) else []
        subprocess.run(CXX + program.objects + ["-pthread", "-o", str(program.binary)] + libraries, check=True)


def run(program, number, timeout, reached=None):
    environment = dict(os.environ, BREAKER_MUTANT=str(number))
    if reached:
        environment["BREAKER_REACHED"] = str(reached)
    try:
        done = subprocess.run([str(program.binary)] + program.arguments, env=environment, timeout=timeout,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=program.binary.parent)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False


def take_bearings(all_programs, folder):
    """Each program must pass when no mutant is alive; which places does it come by, and how long does it take?"""
    for program in all_programs:
        reached = folder / f"{program.name}.reached"
        reached.unlink(missing_ok=True)
        began = time.monotonic()
        if not run(program, -1, 300, reached):
            sys.exit(f"{program.name} fails without a mutant")
        program.seconds = time.monotonic() - began
        program.reached = {int(line) for line in reached.read_text().split()}


def killer(place, all_programs):
    """Returns the first program that fails, or None."""
    for program in all_programs:
        if place.number in program.reached and not run(program, place.number, 10 * program.seconds + 10):
            return program.name
    return None


# ---- the report


def known_survivors():
    known = {}
    for line in (HERE / "survivors.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, reason = line.rsplit(" || ", 1)
            known[name.strip()] = reason.strip()
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--sample", type=int, default=40, help="so many (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default 1)")
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--list", action="store_true", help="name them, run nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/mutation", help="where to build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--skip", default="", help="programs to leave out, by commas")
    options = parser.parse_args()
    folder = options.folder.resolve()
    began = time.monotonic()

    places = find_places()
    if options.list:
        print("\n".join(f"{place.number}: {place.name}" for place in places))
        return 0
    found = len(places)
    places = drop_what_does_not_compile(places, folder)
    all_programs = [program for program in programs() if program.name not in options.skip.split(",")]
    build(all_programs, folder, options.jobs)
    take_bearings(all_programs, folder)
    print(f"{found} places, {len(places)} mutants that compile; built after {time.monotonic() - began:.0f} s")
    for program in all_programs:
        print(f"  {program.name}: comes by {len(program.reached)} in {program.seconds:.1f} s")

    reached = set().union(*(program.reached for program in all_programs))
    chosen = [place for place in places if options.only in place.name and place.number in reached]
    unreached = [place for place in places if options.only in place.name and place.number not in reached]
    if not options.all and not options.only:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
        unreached = []
    known = known_survivors()
    kills, survivors = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for place, by in zip(chosen, pool.map(lambda place: killer(place, all_programs), chosen)):
            if by:
                kills[by] += 1
            else:
                survivors.append(place)
                print(f"survived: {place.name}{' [explained]' if place.name in known else ''}", flush=True)
    for place in unreached:
        survivors.append(place)
        print(f"never run: {place.name}{' [explained]' if place.name in known else ''}")
    killed = sum(kills.values())
    total = killed + len(survivors)
    unexplained = [place for place in survivors if place.name not in known]
    print(f"{killed} of {total} mutants killed ({100 * killed / max(total, 1):.1f} %) in {time.monotonic() - began:.0f} s: " +
          ", ".join(f"{name} {count}" for name, count in kills.most_common()))
    print(f"{len(survivors)} survived, {len(unexplained)} of them without an explanation in survivors.txt")
    if options.all:
        names = {place.name for place in survivors}
        for name in known:
            if name not in names:
                print(f"no longer survives, take it out of survivors.txt: {name}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
