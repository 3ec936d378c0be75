"""The samples of a run of the suite, and how they are read."""
import json
import re
import statistics

LEAST_OVERLAP = 0.97


class Row:
    """All samples of one row."""

    def __init__(self):
        self.times, self.rates, self.overlaps = [], [], []

    def good(self, values):
        """Those of samples whose threads overlapped; all, if too few did."""
        kept = [v for v, overlap in zip(values, self.overlaps) if overlap >= LEAST_OVERLAP]
        return kept if len(kept) >= 3 else values

    @property
    def is_sound(self):
        return sum(overlap >= LEAST_OVERLAP for overlap in self.overlaps) >= 3

    @property
    def least(self):
        return min(self.good(self.times))

    @property
    def median(self):
        return statistics.median(self.good(self.times))

    @property
    def rate(self):
        return statistics.median(self.good(self.rates))


class Suite:
    """Rows by name and number of threads."""

    def __init__(self, path):
        self.rows = {}
        for run in json.load(open(path))["benchmarks"]:
            if run["run_type"] != "iteration":
                continue
            name = re.sub(r"/iterations:1.*", "", run["name"])
            threads = 1
            if match := re.search(r"/threads:(\d+)$", name):
                name, threads = name[:match.start()], int(match[1])
            row = self.rows.setdefault((name, threads), Row())
            row.times.append(run["real_time"])
            row.rates.append(run["calls_per_s"])
            row.overlaps.append(run["overlap"])

    def __getitem__(self, key):
        name, threads = key if isinstance(key, tuple) else (key, 1)
        return self.rows[name, threads]

    def ns(self, name, threads=1):
        """Nanoseconds a call: noise only adds to one thread's, so the least; a lack of overlap makes
        several threads' too small, so the median."""
        row = self[name, threads]
        return row.least if threads == 1 else row.median

    def names(self, prefix=""):
        found = [name for name, threads in self.rows if threads == 1 and name.startswith(prefix)]
        clocks = {"steady": "0", "coarse": "1", "cached": "2"}  # the dearest first
        return sorted(found, key=lambda name: [clocks.get(part, part) for part in name.split("/")])

    def unsound(self):
        return sorted(f"{name} ({threads})" for (name, threads), row in self.rows.items()
                      if not row.is_sound)
