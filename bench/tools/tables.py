"""REPORT.md and its plots, from what was measured."""
import dataclasses
import pathlib

import plot


@dataclasses.dataclass
class Found:
    """Everything that was measured, and on what."""
    machine: dict
    counts: dict = dataclasses.field(default_factory=dict)
    sites: dict = dataclasses.field(default_factory=dict)
    locked: dict = dataclasses.field(default_factory=dict)
    traffic: dict = dataclasses.field(default_factory=dict)
    memory: dict = dataclasses.field(default_factory=dict)
    tail: dict = dataclasses.field(default_factory=dict)
    compile: dict = dataclasses.field(default_factory=dict)
    peers: list = dataclasses.field(default_factory=list)
    suite: object = None
    suite_command: str = ""
    backtest: str = ""
    budgets_green: bool = True
    quick: bool = False
    seconds: float = 0


def table(head, rows, right=()):
    """A Markdown table; columns in `right` are aligned right."""
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines) + "\n"


def ns(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


# ---- the limits

@dataclasses.dataclass
class Limit:
    what: str
    baseline: str
    value: float
    bound: float
    at_least: bool = False
    unit: str = "x"
    numbers: str = ""

    @property
    def is_reached(self):
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self):
        show = (lambda v: f"{v:g}") if self.unit != "x" else (lambda v: f"{v:.2f}×")
        bound = f"{self.bound:g}×" if self.unit == "x" else f"{self.bound:g}"
        return [self.what, self.baseline, self.numbers, show(self.value),
                ("≥ " if self.at_least else "≤ ") + bound, "yes" if self.is_reached else "**no**"]


def limits(found):
    s = found.suite
    closed = "closed_success/"

    def cost(what, name, baseline, bound, threads=1, label=None):
        mine, base = s.ns(name, threads), (baseline(threads) if callable(baseline)
                                           else s.ns(baseline, threads))
        return Limit(what, label or f"`{baseline}`", mine / base, bound,
                     numbers=f"{ns(mine)} / {ns(base)} ns")

    def gain(what, name, rival, bound, threads):
        mine, other = s.ns(name, threads), s.ns(rival, threads)
        return Limit(f"{what}, {threads} thread{'s' * (threads > 1)}", f"`{rival}`", other / mine,
                     bound, at_least=True, numbers=f"{ns(other)} / {ns(mine)} ns")

    def scaling(what, name, bound):
        one, two = s[name, 1].rate, s[name, 2].rate
        return Limit(what, f"`{name}`, 1 thread", two / one, bound, at_least=True,
                     numbers=f"{two / 1e6:.0f} / {one / 1e6:.0f} M calls/s")

    def size(what, name, bound):
        return Limit(what, "–", found.memory[name]["bytes"], bound, unit="bytes",
                     numbers=f"{found.memory[name]['bytes']} bytes")

    def count(what, case, bound):
        over = found.counts[case]["over"]
        return Limit(what, "bare call, callgrind", over, bound, unit="", numbers=f"{over:g}")

    def slower(what, name, bound, threads=(2, 1), other=None):
        """`name` at the first number of threads against `other`, or itself, at the second."""
        other = other or name
        mine, base = s.ns(name, threads[0]), s.ns(other, threads[1])
        return Limit(what, f"`{other}`, {threads[1]} thread{'s' * (threads[1] > 1)}", mine / base, bound,
                     numbers=f"{ns(mine)} / {ns(base)} ns")

    def slowest(threads):
        mine, base = (found.tail[f"{window}, {threads}"]["p99.99"] for window in ("1024 x 64", "10 x 8"))
        return Limit(f"p99.99 of a failing call at 1024 × 64, {threads} thread{'s' * (threads > 1)}", "the same at 10 × 8",
                     mine / base, 5, numbers=f"{ns(mine)} / {ns(base)} ns")

    def locks(what, case, bound):
        return Limit(what, "–", found.locked[case], bound, unit="", numbers=f"{found.locked[case]:g}")

    # Carry over to another machine: instructions, locked instructions, bytes.
    rows = []
    if found.counts:
        rows += [count(f"instructions, {what}", case, bound) for what, case, bound in (
            ("consecutive", "consecutive", 8), ("last 100, clean", "last_100", 13),
            ("last 100, 1 % failures", "last_100_fail_1", 72),
            ("striped last 100, 1 % failures", "last_100_striped_fail_1", 55),
            ("time window, 8 stripes", "time_8_stripes", 44), ("`Counters`", "counters_on", 25),
            ("open reject", "open_reject", 75), ("half-open reject", "half_open_reject", 85),
            ("the hash of a key of 31 bytes", "hash_31", 40))]
    rows += [locks(f"locked instructions, clean success, {case}", case, 0) for case in (
        "consecutive", "last_100", "last_100_striped", "time_8_stripes", "slow_call", "slow_call_time", "cusum",
        "any_of_two", "any_of_two_counts")]
    rows += [locks("locked instructions, last 100 at 20 % failures", "last_100/fail_20", 1.25),
             locks("locked instructions, `Overdue`", "overdue", 2),
             locks("locked instructions, `Overdue`, all places taken", "overdue, full of older calls", 0)]
    # Ratios of rows that scale alike.
    rows += [
        cost("closed success, consecutive", closed + "consecutive", "bare_call", 1.25),
        cost("closed success, last 100, clean", closed + "last_100", "bare_call", 1.25),
        scaling("two threads against one, consecutive", closed + "consecutive", 1.8),
        scaling("two threads against one, last 100", closed + "last_100", 1.8),
        scaling("two threads against one, failure count", "failure_count_success", 1.8),
        scaling("two threads against one, time window, steady", closed + "time_8_stripes/steady", 1.7),
        scaling("two threads against one, time window, coarse", closed + "time_8_stripes/coarse", 1.7),
        cost("time window, 8 stripes, cached", closed + "time_8_stripes/cached", "bare_call", 2.6),
        cost("time window, 8 stripes, steady", closed + "time_8_stripes/steady", "now/steady", 1.3),
        cost("`Counters` against no listener", "counters_on", closed + "consecutive", 1.5),
        slower("last 100 at 1 %, two threads, striped against plain", closed + "last_100_striped/fail_1", 0.25,
               (2, 2), closed + "last_100/fail_1"),
        slower("striped last 100 at 1 %, two threads", closed + "last_100_striped/fail_1", 2),
        slower("slow calls, last 100, steady, two threads", closed + "slow_call/steady", 1.2),
        cost("slow calls, time window, steady", closed + "slow_call_time/steady", "twice_now/steady", 1.2),
        cost("slow calls, last 100, steady", closed + "slow_call/steady", "twice_now/steady", 1.2),
        gain("last 100, clean, against the mutex ring", closed + "last_100", "naive/mutex_ring_100", 4, 1),
        gain("last 100, clean, against the mutex ring", closed + "last_100", "naive/mutex_ring_100", 25, 2),
        gain("time window, steady, against a deque", closed + "time_8_stripes/steady", "naive/mutex_deque/steady", 6, 2),
    ]
    for threads in (1, 2):
        for kind in ("striped", "uncounted"):
            base = s.ns("now/steady", threads) + s.ns("bare_call", threads)
            mine = s.ns(f"open_reject/{kind}/steady", threads)
            rows.append(Limit(f"open reject, {kind}, steady, {threads} thread{'s' * (threads > 1)}",
                              "`now/steady` and `bare_call`", mine / base, 1.15, numbers=f"{ns(mine)} / {ns(base)} ns"))
    rows += [
        slower("open reject, striped, two threads", "open_reject/striped/steady", 1.15),
        slower("open reject, uncounted, two threads", "open_reject/uncounted/steady", 1.15),
        slower("a failing call at 1024 slices against 10", "growth/slices/1024/fail_20", 2, (1, 1),
               "growth/slices/10/fail_20"),
        slower("1024 stripes against 8, two threads", "growth/stripes/1024/fail_20", 2, (2, 2),
               "growth/stripes/8/fail_20"),
        slowest(1), slowest(2),
        cost("throwing call", "throwing_call", "throw_and_catch", 1.10),
    ]
    for hosts in (1, 1000):
        rows.append(cost(f"handle and call, of {hosts}", f"registry/{hosts}/handle_and_call",
                         f"registry/{hosts}/call_alone", 1.05))
    for threads, bound in ((1, 2), (2, 5)):
        rows.append(gain("found by key and called, of 1000", "registry/1000/look_up_and_call",
                         "registry/1000/locked_map_and_call", bound, threads))
    if found.compile:
        c = found.compile
        rows += [Limit("compile time, umbrella header", "`<atomic>` + `<chrono>`", c["umbrella"]["ms"] / c["base"]["ms"],
                       1.10, numbers=f"{c['umbrella']['ms']:.0f} / {c['base']['ms']:.0f} ms"),
                 Limit("compile time, one more policy, ms", "–", round(c["two used"]["ms"] - c["one used"]["ms"]), 70,
                       unit="", numbers=f"{c['two used']['ms']:.0f} − {c['one used']['ms']:.0f} ms"),
                 Limit("text, one more policy, bytes", "–", c["two used"]["bytes"] - c["one used"]["bytes"], 3072,
                       unit="", numbers=f"{c['two used']['bytes']} − {c['one used']['bytes']} bytes"),
                 Limit("debug build, closed call", "bare call, callgrind", c["debug"]["ratio"], 20,
                       numbers=f"{c['debug']['call']:.0f} / {c['debug']['bare']:.0f} instructions")]
    if "registry" in found.memory:
        each = found.memory["registry"]["resident"]
        rows.append(Limit("bytes a key beside its own, 1 000 000 keys", "–", each, 220, unit="bytes",
                          numbers=f"{each:g} bytes"))
    rows += [size("bytes, consecutive", "consecutive", 128), size("bytes, last 100", "last_100", 192),
             size("bytes, time window, 1 stripe of 10 slices", "time_1_stripe", 256)]
    return rows


# ---- the summary

MAIN = ("instructions, consecutive", "instructions, last 100, clean", "closed success, consecutive",
        "two threads against one, consecutive", "time window, 8 stripes, cached", "`Counters` against no listener",
        "striped last 100 at 1 %, two threads", "open reject, striped, two threads",
        "a failing call at 1024 slices against 10", "found by key and called, of 1000, 2 threads", "bytes, consecutive")
SUMMARY_LINES = 18  # below the heads of the table
# Why a limit may be missed, in short; remarks.md says more.
WHY = {
    "compile time, umbrella header": "the library's own lines cost more than that",
    "text, one more policy, bytes": "each policy has its own copy of the paths that record and trip",
    "compile time, one more policy, ms": "as for its bytes",
    "debug build, closed call": "functions of a few lines, each a call; inlining all costs a release",
    "handle and call, of 1": "a look at whose place it is, 6 to 10 instructions",
    "handle and call, of 1000": "a look at whose place it is, 6 to 10 instructions",
}


def why_missed(row):
    is_close = abs(row.value / row.bound - 1) < 0.05
    return WHY.get(row.what) or ("within 5 %: it may reach its limit in another run" if is_close else "not explained")


def summary(rows, machine):
    missed = [row for row in rows if not row.is_reached]
    main = [row for row in rows if row.is_reached and row.what in MAIN]
    shown = (missed + main)[:SUMMARY_LINES]
    cells = [[row.what, *row.row()[2:5], "reached" if row.is_reached else f"**missed:** {why_missed(row)}"] for row in shown]
    return (f"{len(rows) - len(missed)} of {len(rows)} limits reached on commit {machine['commit']}. Those that were missed, and "
            "the main ones:\n\n" + table(["what", "measured", "ratio or number", "limit", ""], cells, right=(2, 3)))


# ---- the tables

def cost_table(s, names, baseline_of):
    rows = []
    for name in names:
        base = baseline_of(name)
        one = s[name, 1]
        rows.append([f"`{name}`", ns(one.least), ns(one.median), f"`{base}`",
                     f"{one.least / s.ns(base):.2f}×", *[ns(s.ns(name, t)) for t in (2, 4, 8)],
                     f"{s[name, 2].rate / one.rate:.2f}×"])
    return table(["row", "1 thread, least", "median", "baseline", "against it", "2 threads", "4", "8",
                  "calls/s, 2 against 1"], rows, right=range(1, 9))


def baseline_of(name):
    """What a row is held against."""
    clock = next((c for c in ("steady", "coarse", "cached") if c in name.split("/")), None)
    if name.startswith("throwing_call"):
        return "throw_and_catch"
    if "reject" in name:
        return f"now_and_fetch_add/{clock}" if clock else "bare_call"
    if clock == "cached":
        return "fetch_add"
    if clock or "any_clock" in name:
        twice = "slow_call" in name or "any_of_two/" in name
        return ("twice_now/" if twice else "now/") + (clock or "steady")
    if "/fail_" in name:
        return "bare_call/" + name.rsplit("/", 1)[1]
    return "bare_call"


SHARES = {"0 %": "", "0.1 %": "/fail_0.1", "1 %": "/fail_1", "5 %": "/fail_5", "20 %": "/fail_20"}


def shares_table(s):
    """Each policy at growing shares of failures, by one thread and by two."""
    names = ["bare_call", *(name for name in s.names("closed_success/") if "/fail_" not in name)]
    rows = [[f"`{name.removeprefix('closed_success/')}`",
             *[ns(s.ns(name + share, threads)) for threads in (1, 2) for share in SHARES.values()]] for name in names]
    return table(["ns a call"] + [f"{share}, {who}" for who in ("1 thread", "2 threads") for share in SHARES], rows,
                 right=range(1, 11))


def locked_table(found):
    """Locked instructions of a call at growing shares of failures."""
    names = [name for name in found.locked if "/" not in name]
    rows = [[name, *[f"{found.locked[name + share]:g}" if name + share in found.locked else "–"
                     for share in SHARES.values()]] for name in names]
    return table(["locked instructions a call", *SHARES], rows, right=range(1, 6))


def traffic_table(found):
    """Calls on 1 to 16 cores, replayed."""
    cores = (1, 2, 4, 8, 16)
    rows = [[name, *[f"{at['rate']:.0f}" for at in row], f"{row[-1]['transfers']:.2f}"]
            for name, row in found.traffic["cases"].items() if not name.endswith(("fail_0.1", "fail_5"))]
    return table(["million calls a second in total", *cores, "lines moved a call, 16 cores"], rows, right=range(1, 7))


def growth_sections(s):
    groups = {
        "window": ("Calls in a `last_calls<N>()` window", (32, 100, 1000, 10_000, 100_000)),
        "slices": ("Slices of a time window, 8 stripes, coarse clock", (2, 10, 60, 256, 1024)),
        "stripes": ("Stripes of a time window, 10 slices, coarse clock", (1, 2, 8, 64, 256, 1024)),
    }
    text = []
    for key, (title, sizes) in groups.items():
        rows = []
        for kind in ("clean", "fail_20"):
            values = [s.ns(f"growth/{key}/{n}/{kind}") for n in sizes]
            base = "bare_call" if kind == "clean" else "bare_call/fail_20"
            rows.append([kind.replace("fail_20", "20 % failures"), *map(ns, values),
                         f"{values[-1] / values[0]:.2f}×", f"`{base}` {ns(s.ns(base))}"])
        text.append(f"**{title}** (ns a call)\n\n" + table(
            ["", *sizes, "last against first", "baseline"], rows, right=range(1, len(sizes) + 2)))
    alive = (1, 100, 1000, 10_000, 100_000)
    breaker = [s.ns(f"growth/alive/{n}/breaker") for n in alive]
    word = [s.ns(f"growth/alive/{n}/word") for n in alive]
    text.append("**Breakers alive**, one of them called at random, against a bare call that loads one word of as "
                "much memory (ns a call)\n\n" + table(
                    ["", *alive],
                    [["breaker", *map(ns, breaker)], ["word", *map(ns, word)],
                     ["ratio", *[f"{a / b:.2f}×" for a, b in zip(breaker, word)]]], right=range(1, 6)))
    threads = (1, 2, 4, 8)
    rows = []
    for name in ("closed_success/consecutive", "closed_success/last_100", "closed_success/last_100/fail_20",
                 "closed_success/time_1_stripe/coarse", "closed_success/time_8_stripes/coarse",
                 "naive/mutex_ring_100", "naive/mutex_deque/coarse", "bare_call"):
        rows.append([f"`{name}`", *[f"{s[name, t].rate / 1e6:.0f}" for t in threads]])
    text.append("**Threads** that share one breaker (million calls a second in total)\n\n" + table(
        ["row", *threads], rows, right=range(1, 5)))
    return "\n".join(text)


def tail_table(found):
    """How slow the slowest failing calls are."""
    names = {"1": "1 thread", "2": "2 threads", "first in its slice": "each the first in its slice"}
    rows = []
    for name, times in found.tail.items():
        window, how = name.replace("x", "×").split(", ")
        rows.append([window, names[how], *[ns(value) for value in times.values()]])
    return table(["slices × stripes", "", "p50", "p99", "p99.9", "p99.99"], rows, right=range(2, 6))


def peers_table(found):
    s = found.suite
    own = {"name": "breaker, consecutive", "language": "C++", "version": "", "rows": {
        "bare_success": s.ns("bare_call"), "closed_success": s.ns("closed_success/consecutive"),
        "open_reject": s.ns("open_reject/steady"), "bare_failure": s.ns("bare_call"),
        "failing_call": s.ns("failing_call/consecutive")}}
    naive = {"name": "tutorial breaker", "language": "C++", "version": "", "rows": {
        "bare_success": s.ns("bare_call"), "closed_success": s.ns("naive/tutorial"),
        "open_reject": s.ns("naive/tutorial/open_reject"), "bare_failure": s.ns("bare_call"),
        "failing_call": s.ns("naive/tutorial/failing_call")}}
    throwing = {"name": "breaker, the call throws", "language": "C++", "version": "", "rows": {
        "bare_success": s.ns("bare_call"), "closed_success": s.ns("closed_success/consecutive"),
        "open_reject": s.ns("open_reject/steady"), "bare_failure": s.ns("throw_and_catch"),
        "failing_call": s.ns("throwing_call")}}
    rows = []
    for peer in [own, throwing, naive, *found.peers]:
        r = peer["rows"]
        rows.append([f"{peer['name']} {peer['version']}".strip(), peer["language"], ns(r["bare_success"]),
                     ns(r["closed_success"]), ns(r["closed_success"] - r["bare_success"]),
                     ns(r["open_reject"]), ns(r["bare_failure"]), ns(r["failing_call"]),
                     ns(r["failing_call"] - r["bare_failure"])])
    return table(["breaker", "language", "bare call", "closed success", "added", "open reject",
                  "bare failure", "failing call", "added"], rows, right=range(2, 9))


def counts_table(found):
    return table(["case", "instructions over the bare call", "budget", "limit"],
                 [[f"`{case}`", f"{v['over']:g}", "–" if v["budget"] is None else f"{v['budget']:g}",
                   "–" if v["limit"] is None else f"{v['limit']:g}"]
                  for case, v in found.counts.items()], right=(1, 2, 3))


def memory_table(found):
    return table(["policy", "bytes each", "resident bytes each, of 100 000", "100 000 in MB"],
                 [[f"`{name}`", v["bytes"], f"{v['resident']:.0f}", f"{v['resident'] / 10:.1f}"]
                  for name, v in found.memory.items() if not name.startswith("registry")], right=(1, 2, 3))


# ---- the plots

def draw(found, folder):
    folder.mkdir(exist_ok=True)
    for earlier in folder.glob("*.svg"):
        earlier.unlink()
    s = found.suite
    note = f"{found.machine['processor']}, {found.machine['compiler']}"
    picked = [("bare call", "bare_call", 6), ("consecutive", "closed_success/consecutive", 0),
              ("last 100", "closed_success/last_100", 0),
              ("failure count", "failure_count_success", 0),
              ("counters on", "counters_on", 0),
              ("time, 8 stripes, cached clock", "closed_success/time_8_stripes/cached", 2),
              ("time, 8 stripes, coarse clock", "closed_success/time_8_stripes/coarse", 2),
              ("time, 8 stripes, steady clock", "closed_success/time_8_stripes/steady", 2),
              ("slow calls, coarse clock", "closed_success/slow_call_time/coarse", 2),
              ("slow calls, steady clock", "closed_success/slow_call_time/steady", 2),
              ("tutorial breaker (mutex)", "naive/tutorial", 1),
              ("mutex ring of 100", "naive/mutex_ring_100", 1),
              ("mutex + deque, coarse clock", "naive/mutex_deque/coarse", 1),
              ("mutex + deque, steady clock", "naive/mutex_deque/steady", 1)]
    plot.bars(folder / "cost.svg", "A closed, successful call, one thread",
              "ns a call, the call itself included (logarithmic)",
              [(label, s.ns(name), colour) for label, name, colour in picked], note)
    threads = (1, 2, 4, 8)
    plot.lines(folder / "scaling.svg", "Threads that share one breaker", "threads",
               "million calls a second in total (logarithmic)", threads,
               {label: [s[name, t].rate / 1e6 for t in threads] for label, name in (
                   ("bare call", "bare_call"), ("consecutive", "closed_success/consecutive"),
                   ("last 100", "closed_success/last_100"),
                   ("last 100, 20 % failures", "closed_success/last_100/fail_20"),
                   ("time, 8 stripes, coarse", "closed_success/time_8_stripes/coarse"),
                   ("time, 1 stripe, coarse", "closed_success/time_1_stripe/coarse"),
                   ("mutex ring of 100", "naive/mutex_ring_100"),
                   ("mutex + deque, coarse", "naive/mutex_deque/coarse"))}, note)
    for threads in (1, 2, 4, 8):
        plot.lines(folder / f"failures_{threads}.svg",
                   f"A call at growing shares of failures, {threads} thread{'s' * (threads > 1)}",
                   "share of failing calls", "ns a call (logarithmic)", list(SHARES),
                   {label: [s.ns(name + share, threads) for share in SHARES.values()] for label, name in (
                       ("bare call", "bare_call"), ("consecutive", "closed_success/consecutive"),
                       ("last 100", "closed_success/last_100"),
                       ("last 100, 8 stripes", "closed_success/last_100_striped"),
                       ("time, 8 stripes, cached", "closed_success/time_8_stripes/cached"),
                       ("time, 8 stripes, coarse", "closed_success/time_8_stripes/coarse"),
                       ("slow calls, last 100, cached", "closed_success/slow_call/cached"),
                       ("any of two, cached", "closed_success/any_of_two/cached"))}, note)
    if found.traffic:
        plot.lines(folder / "cores.svg", "Cores that share one breaker, replayed", "cores",
                   "million calls a second in total (logarithmic)", (1, 2, 4, 8, 16),
                   {name: [at["rate"] for at in found.traffic["cases"][name]] for name in (
                       "consecutive", "last_100", "last_100/fail_1", "last_100_striped/fail_1", "time_1_stripe",
                       "time_8_stripes", "time_16_stripes", "refused")},
                   f"locked {found.traffic['locked']:g} ns, a line from another core {found.traffic['transfer']:g} ns")


# ---- the report

def write(found, folder):
    """Write REPORT.md and plots into `folder`. **Returns** how many limits were missed."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(found, folder / "plots")
    s = found.suite
    rows = limits(found)
    missed = [row for row in rows if not row.is_reached]
    m = found.machine
    remarks = pathlib.Path(__file__).resolve().parent / "remarks.md"
    text = [f"""# What a call costs

Written by [`bench/report`](README.md); every number stands beside its baseline, taken in the same run. Absolute
nanoseconds are this machine's. What carries over to another are the ratios, the instruction counts and the sizes.

{summary(rows, m)}
| | |
|---|---|
| processor | {m['processor']}; clock source {m['clock']} |
| system | {m['system']} |
| compiler | {m['compiler']}, `-O2` |
| commit | {m['commit']} |
| load average | {m['load']} |
| commands | `bench/report{' --quick' if found.quick else ''}`, which runs `{found.suite_command}`, \
`counts/check.py` (callgrind), `codegen/check.py` (objdump), `codegen/sites.py` (size), `breaker_bench_memory`, `peers/run` |
| took | {found.seconds:.0f} s |

**How to read it.** One thread: the least of the samples (noise only adds). Several threads: the median of those
samples whose threads ran side by side at least {97} % of the time, CPU against wall; ns are wall time per call as one thread sees it, so
a perfect breaker shows the same number at 1 and 2 threads. With more threads than processors they take turns.
A ratio is the row against its baseline.
"""]
    if found.quick:
        text.append("**A quick run: to look, not to quote.**\n")
    text.append(f"## Limits: {len(rows) - len(missed)} of {len(rows)} reached\n")
    text.append(table(["what", "against", "measured", "ratio or number", "limit", "reached"],
                      [row.row() for row in rows], right=(3, 4)))
    text.append("Shared-memory writes of a clean success: 0, asserted on the machine code of every release build "
                "(`codegen/check.py`).\n")
    if remarks.exists():
        text.append(remarks.read_text())
    text.append("## Plots\n\n![cost per policy](plots/cost.svg)\n\n![scaling with threads](plots/scaling.svg)\n\n"
                + "\n\n".join(f"![cost against failure share, threads: {n}](plots/failures_{n}.svg)" for n in (1, 2, 4, 8))
                + "\n")
    text.append("## Baselines (ns a call)\n")
    base = [n for n in s.names() if n.split("/")[0] in (
        "bare_call", "bare_call_and_load", "mutex_lock", "fetch_add", "now", "twice_now", "now_and_fetch_add",
        "throw_and_catch")]
    text.append(cost_table(s, base, lambda name: "bare_call"))
    text.append("## At growing shares of failures\n")
    text.append(shares_table(s))
    text.append("## Locked instructions\n\nCounted at each atomic, by `breaker_bench_traffic locked`; a test holds them to "
                "`traffic/locked.txt`. `last_calls<N>()` writes while a failure is among its calls; one stripe of a time "
                "window is locked by each call; `Overdue` takes a place and gives it back.\n")
    text.append(locked_table(found))
    text.append(f"""## Up to 16 cores

No larger machine was at hand, so this is a replay: `breaker_bench_traffic cores`. The shipping headers run over atomics
that write down each access to the circuit; the accesses of each core are then replayed in order of time over caches that
hold a line as MESI does: a line has one writer or some readers, and moves from core to core one at a time. Costs: a bare
call 1 ns, an access to a line at hand 0.3 ns, a locked instruction {found.traffic['locked']:g} ns, a line from another core
{found.traffic['transfer']:g} ns. Not in it: clocks, the time that instructions take, and exchanges that are tried again, so real
machines are slower where lines are fought over. Read the shape, not the height: what stays flat does not scale.
""")
    text.append(traffic_table(found))
    text.append("![cores](plots/cores.svg)\n")
    text.append("## Closed circuit (ns a call)\n")
    text.append(cost_table(s, [n for n in s.names() if n.startswith("closed_success/") or n in (
        "failure_count_success", "cusum_success", "counters_on")], baseline_of))
    text.append("## Refused, two-step, failing and throwing calls (ns a call)\n")
    text.append(cost_table(s, [n for n in s.names() if "reject" in n and not n.startswith("naive")
                               or n.startswith(("permit/", "failing_call", "throwing_call"))], baseline_of))
    text.append("## What services have instead (ns a call)\n\nWritten for this suite as well as their kind allows: "
                "`tutorial` locks before and after the call; the rings and deques admit by one atomic load and lock "
                "once, to record.\n")
    text.append(cost_table(s, s.names("naive/"), baseline_of))
    if found.peers:
        text.append("## Other breakers that a registry carries (ns a call)\n")
        text.append(peers_table(found))
        text.append("One thread, warmed up, each used as its documentation shows. They run in other languages, so the "
                    "numbers say what a caller there pays, and **not** that a language or a design is faster: compare "
                    "`added` with the bare call of the same line. The JavaScript ones are awaited; a failing call there and in Python throws. "
                    "opossum keeps latency percentiles by default, which a failing call adds up.\n")
    text.append("## A circuit for each key\n")
    text.append("1 host, and 1000 drawn at random; the locked map is a `shared_mutex` before an `unordered_map`. A million "
                f"keys in a registry take {found.memory['registry']['resident']:.0f} resident bytes each beside their own.\n")
    text.append(cost_table(s, [n for n in s.names() if n.startswith("registry/")],
                           lambda name: name.rsplit("/", 1)[0] + "/call_alone"))
    if found.backtest:
        text.append("## The backtest\n\nThe recorded log, made long, replayed with 20 candidates by one thread: "
                    "`examples/apps/backtest/tests/measure`. Seconds are of processor time.\n\n```text\n"
                    f"{found.backtest.rstrip()}\n```\n")
    text.append("## Growth\n")
    text.append(growth_sections(s))
    text.append("**The slowest failing calls** (ns a call, two readings of the clock included). 20 % of the calls fail, on the "
                "coarse clock; `breaker_bench_tail` times each alone, both windows in turns. A call that begins a slice "
                "may have to sum the window: of 1024 slices about one in 129 does.\n")
    text.append(tail_table(found))
    if found.counts:
        text.append("## Instructions\n\nCounted by callgrind, with a clock that is a load, the operation in another "
                    "file. Repeatable to the digit; the test allows 2 %.\n")
        text.append(counts_table(found))
    text.append("## Sizes\n")
    text.append(memory_table(found))
    if found.sites:
        text.append(table(["one more call site, or two circuits", "text bytes over a bare call, or all", "limit"],
                          [[f"`{k}`", f"{v['bytes']:.0f}", f"{v['limit']:.0f}"]
                           for k, v in found.sites.items()], right=(1, 2)))
    if found.compile:
        c = found.compile
        names = {"base": "`<atomic>` + `<chrono>`", "umbrella": "`<breaker/breaker.hpp>`",
                 "one used": "… and one circuit called", "two used": "… and a second, of another policy"}
        text.append(table(["translation unit, `-O2`", "processor time, ms", "against the first", "text bytes"],
                          [[name, f"{c[key]['ms']:.0f}", f"{c[key]['ms'] / c['base']['ms']:.2f}×", c[key]["bytes"]]
                           for key, name in names.items()], right=(1, 2, 3)))
    if unsound := s.unsound():
        text.append("## Not to be trusted\n\nRows (and threads) of which fewer than three samples ran side by side as they should; their "
                    "numbers are of all samples: " + ", ".join(f"`{name}`" for name in unsound) + ".\n")
    (folder / "REPORT.md").write_text("\n".join(text))
    return len(missed)
