#!/usr/bin/env python3
"""Breaks the headers on purpose, one place at a time, and sees whether a test fails.

Many mutants are built at once: each place becomes `(mutant::on(7) ? a <= b : a < b)`, and the environment says which one
is alive (places.py says what is changed, programs.py what is run). A mutant runs on the programs that come by its place,
until one fails.

  mutate.py --sample 800          as many, of each folder its share, drawn by the commit that is checked out; or --seed TEXT
  mutate.py --all                 every one; --resume goes on after a run that was cut off, or tries again what survived
  mutate.py --only core/ call/    those whose name contains one of these; --kind "loop once|earlier" those whose change matches
  mutate.py --list                name them, run nothing

Fewer than 97 % killed is an error. Survivors should stand in survivors.txt with a reason: any other one counts as a mistake
that no test finds. Where all are tried it is an error, too, and so is a reason for what is killed or no more there.
Needs clang++-19 (or CLANG) and a compiler (CXX, g++).
"""
import argparse
import collections
import concurrent.futures
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

from places import ROOT, culprits, find_places, write_headers
from programs import (HERE, all_programs, build, check_headers, is_killed_by, patient_programs, sanitized_programs,
                      take_bearings)

# How the reason of a survivor begins. What equals the original is no mistake, and not counted.
CLASSES = {"equal: ": "equal", "only a race shows it: ": "race", "not practical: ": "unpractical"}
LEAST = 97  # percent killed of all those that change something


def known_survivors():
    """Returns the reasons, by name."""
    lines = (HERE / "survivors.txt").read_text().splitlines()
    pairs = [line.rsplit(" || ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {name.strip(): reason.strip() for name, reason in pairs}


def head():
    return subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()


# ---- what compiles


def without_errors(places, folder):
    """Mutants that no compiler takes are no mutants. Writes headers with those that are left, and returns them."""
    while True:
        write_headers(places, folder)
        errors = check_headers(folder)
        if not errors:
            return places
        places = without(places, errors, folder)


def without(places, errors, folder):
    bad = culprits(errors, folder)
    if not bad:
        sys.exit(errors)
    return [place for place in places if place.number not in bad]


def folder_of(place):
    return place.header.rpartition("/")[0] or "breaker"


def shuffled(places, seed):
    """Returns them in an order drawn by the seed, whose every beginning has of each folder its share."""
    chance, ranks, by_folder = random.Random(seed), {}, collections.defaultdict(list)
    for place in sorted(places, key=lambda place: place.name):
        by_folder[folder_of(place)].append(place)
    for those in by_folder.values():
        chance.shuffle(those)
        ranks |= {place.name: (i + chance.random()) / len(those) for i, place in enumerate(those)}
    return sorted(places, key=lambda place: ranks[place.name])


def drawn(places, count, seed, folder):
    """Returns `count` of those that compile, and how many of those that were drawn do not."""
    order = shuffled(places, seed)
    taken, tried = [], 0
    while tried < len(order) and len(taken) < count:
        more = order[tried:tried + count - len(taken)]
        taken = without_errors(taken + more, folder)
        tried += len(more)
    return taken, tried - len(taken)


# ---- who kills whom


class Hunt:
    """Runs mutants on programs, those first that are likely to fail soon. What is known to equal the original is spared the
    patient ones: a minute each."""

    def __init__(self, results):
        self.results, self.lock = results, threading.Lock()
        self.equal = {name for name, reason in known_survivors().items() if class_of(reason) == "equal"}
        self.tried, self.killed = collections.Counter(), collections.Counter()

    def order(self, place, programs):
        def promise(program):
            key = (program.name, place.header)
            is_its_own = program.name == "unit/" + place.header.removesuffix(".hpp")
            return (self.killed[key] + 1 + is_its_own) / (self.tried[key] + 4) / (program.seconds + 0.02)

        able = [program for program in programs if place.number in program.reached]
        return sorted((one for one in able if not (one.is_patient and place.name in self.equal)), key=promise, reverse=True)

    def run(self, place, programs):
        """Returns the name of the program that fails; "" if none does; None if none comes by."""
        answer = None
        for program in self.order(place, programs):
            is_killed = is_killed_by(program, place.number)
            with self.lock:
                self.tried[program.name, place.header] += 1
                self.killed[program.name, place.header] += is_killed
            answer = program.name if is_killed else ""
            if is_killed:
                break
        with self.lock:
            self.results.note(place, answer)
        return answer


class Results:
    """What became of the mutants: a line each, written at once, so that a run that is cut off can go on."""

    def __init__(self, path, resume, total):
        self.path, self.killers, self.total, self.began = path, {}, total, time.monotonic()
        if resume and path.exists():
            pairs = (line.rsplit(" || ", 1) for line in path.read_text().splitlines())
            self.killers = {name: killer for name, killer in pairs if killer != "-"}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name} || {killer}\n" for name, killer in self.killers.items()))
        self.done = 0

    def note(self, place, killer):
        with self.path.open("a") as file:
            file.write(f"{place.name} || {killer or '-'}\n")
        if killer:
            self.killers[place.name] = killer
        self.done += 1
        if self.done % 50 == 0:
            print(f"{self.done} of {self.total} after {time.monotonic() - self.began:.0f} s", flush=True)


def hunt(places, stages, known, results, folder, options):
    """Runs the mutants on one stage of programs after the other, each of which is told what survives so far without a reason,
    and judges it. Returns those that survive, and of all those whose place nothing comes by."""
    survivors, left, unreached = [], places, {place.number for place in places}
    found = Hunt(results)
    for stage in stages:
        programs = stage(left) if left else []
        if not programs:
            continue
        errors = build(programs, folder, options.jobs)
        if errors:
            sys.exit(errors)
        take_bearings(programs, folder, options.jobs)
        print(f"{len(programs)} programs are ready after {time.monotonic() - results.began:.0f} s", flush=True)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            answers = list(pool.map(lambda place: found.run(place, programs), left))
        unreached -= {place.number for place, killer in zip(left, answers) if killer is not None}
        left = [place for place, killer in zip(left, answers) if not killer]
        survivors += [place for place in left if place.name in known]
        left = [place for place in left if place.name not in known]
    return survivors + left, unreached


# ---- which programs a sample needs


def sample_stages():
    """Few mutants don't need every program built. Returns stages: of the programs that killed in a header when all mutants
    were judged, the best, the next two, the next four, all of them; and then the rest."""
    left = {program.name: program for program in all_programs()}
    by_header = likely_killers()

    def taken(names):
        return [left.pop(name) for name in sorted(names)]

    def likely(count):
        def stage(places):
            headers = {place.header for place in places}
            able = [[name for name in by_header.get(header, []) if name in left] for header in headers]
            return taken({name for names in able for name in names[:count]})

        return stage

    return [likely(1), likely(2), likely(4), likely(None), lambda places: taken(list(left))]


def late_stages():
    """Returns stages of what takes too long for all, and is tried on what survives the rest."""
    return [lambda places: sanitized_programs(), lambda places: patient_programs()]


def likely_killers():
    """Returns the names of programs by header, the best first."""
    lines = (HERE / "killers.txt").read_text().splitlines()
    return {header: names.split() for header, names in (line.split(": ") for line in lines if line and line[0] != "#")}


def write_likely_killers(places, results):
    counts = collections.defaultdict(collections.Counter)
    for place in places:
        if place.name in results.killers:
            counts[place.header][results.killers[place.name]] += 1
    found = likely_killers() | {header: [name for name, _ in by.most_common()] for header, by in counts.items()}
    text = "# Which programs killed mutants of a header, the best first: what is built first. Written by --learn.\n"
    (HERE / "killers.txt").write_text(text + "".join(f"{header}: {' '.join(found[header])}\n" for header in sorted(found)))


# ---- the report


class Count:
    """What became of some mutants."""

    def __init__(self, places, survivors, known):
        mine = {place.name for place in places}
        self.reasons = collections.Counter(class_of(known.get(place.name)) for place in survivors if place.name in mine)
        self.total, self.differ = len(places), len(places) - self.reasons["equal"]
        self.killed = self.total - self.reasons.total()
        self.is_enough = 100 * self.killed >= LEAST * self.differ

    def of_those_that_differ(self):
        return f"{percent(self.killed, self.differ):.1f} % of the {self.differ} that change something"


def report(places, broken, results, survivors, unreached, known, began, of, is_all):
    for place in survivors:
        how = "never run" if place.number in unreached else "survives"
        print(f"{how}: {place.name}{' [' + known[place.name] + ']' if place.name in known else ''}")
    stale = sorted(known.keys() - {place.name for place in survivors}) if is_all else []
    for name in stale:
        print(f"does not survive, take it out of survivors.txt: {name}")
    by = collections.Counter(results.killers[place.name] for place in places if place.name in results.killers)
    print("killed by: " + ", ".join(f"{name} {count}" for name, count in by.most_common()))
    for folder in sorted({folder_of(place) for place in places}):
        part = Count([place for place in places if folder_of(place) == folder], survivors, known)
        print(f"in {folder}: {part.killed} of {part.total} killed, {part.of_those_that_differ()}")
    all_of = Count(places, survivors, known)
    reasons, is_sample = all_of.reasons, len(places) < of
    low, high = interval(all_of.killed, all_of.differ)
    print(f"{all_of.killed} of {all_of.total} mutants{f' drawn from {of}' if is_sample else ''} killed, "
          f"{percent(all_of.killed, all_of.total):.1f} % ({all_of.of_those_that_differ()}"
          f"{f': 95 % interval {low:.1f} to {high:.1f} %' if is_sample else ''}), {broken} more do not compile; "
          f"{len(survivors)} survive: {reasons['equal']} equal the original, {reasons['race']} are shown by a race only, "
          f"{reasons['unpractical']} by nothing practical, {reasons['unexplained']} are unexplained; {len(stale)} reasons are "
          f"stale; {time.monotonic() - began:.0f} s{'' if all_of.is_enough else f': less than {LEAST} %'}")
    return 0 if all_of.is_enough and (is_sample or not reasons["unexplained"]) and not stale else 1


def percent(some, of):
    return 100 * some / of if of else 100


def interval(some, of):
    """Returns where 95 of 100 such samples have the true share, in percent (Wilson's interval)."""
    if of == 0:
        return 0, 100
    share, z = some / of, 1.96
    middle, reach = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return tuple(100 * end / (1 + z * z / of) for end in (middle - reach, middle + reach))


def class_of(reason):
    if reason is None:
        return "unexplained"
    classes = [name for beginning, name in CLASSES.items() if reason.startswith(beginning)]
    return classes[0] if classes else sys.exit(f"survivors.txt: this reason begins like none: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--sample", type=int, default=0, help="how many are drawn (of all, 8)")
    parser.add_argument("--seed", default="", help="of the sample (default: the commit)")
    parser.add_argument("--only", nargs="+", default=[""], help="those whose name contains one of these")
    parser.add_argument("--kind", default="", help="those whose change matches this pattern")
    parser.add_argument("--resume", action="store_true", help="not those that an earlier run in the same folder killed")
    parser.add_argument("--learn", action="store_true", help="write killers.txt, which makes samples cheap")
    parser.add_argument("--list", action="store_true", help="name them, run nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/mutation", help="where to build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    folder = options.folder.resolve()
    began = time.monotonic()

    places = [place for place in find_places()
              if any(some in place.name for some in options.only) and re.search(options.kind, place.change)]
    if options.list:
        print("\n".join(f"{place.number}: {place.name}" for place in places))
        return 0
    of, is_some = len(places), options.only != [""] or bool(options.kind)
    is_sample = bool(options.sample) or not options.all and not is_some
    if is_sample:
        seed = options.seed or head()
        places, broken = drawn(places, options.sample or 8, seed, folder)
        print(f"{len(places)} mutants, --seed {seed}", flush=True)
    else:
        places = without_errors(places, folder)
        of, broken = len(places), of - len(places)
        print(f"{of} mutants; {broken} more do not compile", flush=True)
    kind = "sample" if is_sample else "only" if is_some else "all"
    stages = [lambda places: all_programs()] if kind == "all" else sample_stages()
    results = Results(folder / f"{kind}.txt", options.resume, len(places))
    left = [place for place in places if place.name not in results.killers]
    known = known_survivors() if is_sample else {}
    survivors, unreached = hunt(left, stages + late_stages(), known, results, folder, options)
    if options.learn:
        write_likely_killers(places, results)
    return report(places, broken, results, survivors, unreached, known_survivors(), began, of, kind == "all")


if __name__ == "__main__":
    sys.exit(main())
